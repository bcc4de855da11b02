"""Writes the tables of docs/science.md from the summaries of the study and of the ablation.

    python -m benchmarks.quality.science_page

`benchmarks.quality` does the same after its study, and draws the pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import compress
from textwrap import wrap

from benchmarks.paths import ROOT
from benchmarks.quality.ablation import tables as ablation_tables
from benchmarks.quality.methods import SHOWN, STRUCTURES_SHOWN, default_method, title_of
from benchmarks.quality.results import LEAST_GAIN, NOISE
from benchmarks.quality.summary import (
    ALMOST,
    TARGET,
    Mean,
    Summary,
    kind_of,
    read,
)

PAGE = ROOT / "docs" / "science.md"
START, END = "<!-- measured by benchmarks.quality -->", "<!-- measured until here -->"
LEVELS = tuple(NOISE.values())
VIEWS = ("discrete", "preferred")
RELION, STRUCTURES = "relion31_70s", "slicem_ribosomes"
SCORES_SHOWN = ("share", "ari", "rho", "kept")


def table(
    head: Iterable[str], methods: Iterable[str], cells: Callable[[str], list[str]]
) -> list[str]:
    """Lines of Markdown: a row for each method, a column for each head, where it has any cell."""
    rows = {method: cells(method) for method in methods}
    rows = {method: row for method, row in rows.items() if any(row)}
    used = [any(column) for column in zip(*rows.values(), strict=True)]
    lines = [_line(["method", *compress(head, used)]), "| --- |" + " ---: |" * sum(used)]
    return [*lines, *(_line([title_of(m), *compress(row, used)]) for m, row in rows.items())]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def in_cell(mean: Mean | None) -> str:
    """``0.87 ± 0.05``; empty without any."""
    if mean is None:
        return ""
    value, spread = mean
    return number(value) + ("" if spread is None else f" ± {spread:.2f}")


def number(value: float) -> str:
    """With two digits, and no minus before nothing."""
    return f"{value:.2f}".replace("-0.00", "0.00")


def by_method(summary: Summary) -> list[str]:
    """Shares of each method on RELION's classification and on 100 averages, by noise."""
    columns = {"`relion31_70s`": RELION} | {
        f"{views}, {level}": kind_of(views, 100, level) for views in VIEWS for level in LEVELS[:3]
    }
    return table(
        columns, SHOWN, lambda m: [in_cell(summary.mean(m, "share", k)) for k in columns.values()]
    )


def of_the_default(summary: Summary) -> list[str]:
    """All scores of the default, by number of averages and noise."""
    head = ["averages", "share", "agreement (ARI)", "ρ below 40°", "particles kept"]
    lines = [_line(head), "| --- |" + " ---: |" * (len(head) - 1)]
    for views in VIEWS:
        for averages in summary.copies:
            for level in LEVELS:
                kind = kind_of(views, averages, level)
                scores = [summary.mean(default_method(), s, kind) for s in SCORES_SHOWN]
                if any(scores):
                    cells = [_mean_alone(mean) for mean in scores]
                    lines.append(_line([f"{averages} {views}, {level}", *cells]))
    return lines


def _mean_alone(mean: Mean | None) -> str:
    return "" if mean is None else number(mean[0])


def structures(summary: Summary) -> list[str]:
    """Agreement with published groups of a mixture of structures."""

    def cells(method: str) -> list[str]:
        return [in_cell(summary.mean(method, "ari", STRUCTURES))]

    return table(["agreement (ARI)"], STRUCTURES_SHOWN, cells)


def against_baselines(summary: Summary) -> list[str]:
    """How often the default reaches the target, and where a baseline is better."""
    rows = summary.against_others
    behind = [row for row in rows if row.share < row.share_of_baseline]
    words = (
        f"Of {sum(row.sets for row in rows)} clean and moderately noisy data sets, the default "
        f"reaches a share of {TARGET} on {sum(row.reach_target for row in rows)}, and of "
        f"{ALMOST} on {sum(row.reach_almost for row in rows)}. (Data sets in which the oracle "
        f"gains less than {LEAST_GAIN} in uniformity are not counted.) Of {len(rows)} kinds of "
        f"data, a baseline is better than the default on {len(behind)}:"
    )
    return [
        *wrap(words, 100),
        "",
        "| data | noise | default | best baseline | |",
        "| --- | --- | ---: | ---: | --- |",
        *(
            f"| {row.data} | {row.noise} | {row.share:.2f} | {row.share_of_baseline:.2f} | "
            f"{title_of(row.baseline)} |"
            for row in behind
        ),
    ]


def measured(summary: Summary) -> str:
    """All tables of the study."""
    copies = ", ".join(f"{n} of {number} averages" for number, n in summary.copies.items())
    intro = (
        f"The study has {summary.n_results:,} results on {summary.n_sets} data sets "
        f"(copies of each kind: {copies}). All scores of all methods are in "
        "`benchmarks/results/quality.json`. A share is the sum of gains over data sets and numbers "
        "of superclasses, divided by the same sum for the oracle; ± is its standard error over "
        "data sets. A method is written as metric + clustering. The bold one is what "
        "`rebalance run` does if views are not found. The last two methods are baselines."
    )
    parts: list[list[str]] = [
        wrap(intro, 100),
        ["Share of the oracle's gain, 100 averages:"],
        by_method(summary),
        wrap(
            "All scores of the default, as means over data sets. *Bad* averages are included, and "
            "the last column is the part of the particles kept at a rebalance factor of 0.5:",
            100,
        ),
        of_the_default(summary),
        against_baselines(summary),
        wrap(
            "`slicem_ribosomes` has 100 real averages of a mixture of structures, so that the "
            "groups are structures, not views. The agreement is with the groups that its authors "
            "published:",
            100,
        ),
        structures(summary),
    ]
    return "\n\n".join([START, *("\n".join(lines) for lines in parts), END])


def put(page: str, start: str, end: str, text: str) -> str:
    """The page with another text from one mark to the next of another kind, marks included."""
    before, rest = page.split(start)
    _, after = rest.split(end, 1)
    return before + text + after


def main() -> None:
    """Put the tables into the page."""
    page = PAGE.read_text(encoding="utf-8")
    page = put(page, START, END, measured(read()))
    page = put(
        page,
        ablation_tables.START,
        ablation_tables.END,
        ablation_tables.measured(ablation_tables.read()),
    )
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
