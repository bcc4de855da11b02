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
from benchmarks.quality.methods import FEW, SHOWN, STUDY, title_of
from benchmarks.quality.results import LEAST_GAIN, NOISE
from benchmarks.quality.summary import (
    ALMOST,
    TARGET,
    UP_TO_MODERATE,
    Mean,
    Summary,
    kind_at,
    kind_of,
    read,
)

PAGE = ROOT / "docs" / "science.md"
START, END = "<!-- measured by benchmarks.quality -->", "<!-- measured until here -->"
STUDY_START, STUDY_END = "```toml file=quality.toml\n", "```\n"
LEVELS = tuple(NOISE.values())
RELION, STRUCTURES = "relion31_70s", "slicem_ribosomes"


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


def relion(summary: Summary) -> list[str]:
    """Shares on RELION's own classification, at each number of superclasses."""
    numbers = [k for k in range(2, 100) if summary.mean(SHOWN[0], "share", kind_at(RELION, k))]

    def cells(method: str) -> list[str]:
        shares = [summary.mean(method, "share", kind_at(RELION, k)) for k in numbers]
        means = [summary.mean(method, score, RELION) for score in ("share", "rho")]
        return [in_cell(mean) for mean in (*shares, *means)]

    return table([*(f"K = {k}" for k in numbers), "mean", "rho"], SHOWN, cells)


def by_noise(summary: Summary, score: str, *, views: str, averages: int) -> list[str]:
    """A score by the noise of the averages."""
    kinds = [kind_of(views, averages, level) for level in LEVELS]
    return table(LEVELS, SHOWN, lambda m: [in_cell(summary.mean(m, score, k)) for k in kinds])


def few_and_many(summary: Summary, levels: tuple[str, ...] = LEVELS[1:3]) -> list[str]:
    """Shares with 30 and with 300 averages."""
    columns = {
        f"{n} {views}, {level}": kind_of(views, n, level)
        for n in (30, 300)
        for views in ("discrete", "preferred")
        for level in levels
    }
    return table(
        columns, FEW, lambda m: [in_cell(summary.mean(m, "share", k)) for k in columns.values()]
    )


def agreement(summary: Summary) -> list[str]:
    """Adjusted Rand index with discrete views, at their number."""
    columns = [(100, level) for level in LEVELS] + [(30, "clean"), (30, "moderate"),
               (300, "clean"), (300, "moderate")]  # fmt: skip
    kinds = [kind_of("discrete", n, level) for n, level in columns]
    return table(
        [f"{n}, {level}" for n, level in columns],
        [method for method in SHOWN if method != "identity"],
        lambda m: [in_cell(summary.mean(m, "ari", kind)) for kind in kinds],
    )


def correlation(summary: Summary) -> list[str]:
    """Rank correlation of affinity and angle, by metric."""
    columns = [(views, level) for views in ("discrete", "preferred") for level in LEVELS]
    # One method for each metric: the clustering makes no difference.
    metrics = {method.partition(" + ")[0]: method for method in reversed([*summary.methods])}
    metrics.pop("identity", None)

    def cells(metric: str) -> list[str]:
        means = [summary.mean(metrics[metric], "rho", kind_of(v, 100, x)) for v, x in columns]
        return ["" if mean is None else number(mean[0]) for mean in means]

    lines = table([f"{v}, {level}" for v, level in columns], reversed(metrics), cells)
    return [lines[0].replace("method", "metric"), *lines[1:]]


def structures(summary: Summary) -> list[str]:
    """Agreement with published groups of a mixture of structures, the best first."""
    means = {
        method: mean[0]
        for method in summary.methods
        if method != "identity" and (mean := summary.mean(method, "ari", STRUCTURES))
    }
    return table(["ARI"], sorted(means, key=lambda m: -means[m]), lambda m: [f"{means[m]:.2f}"])


def against_the_target(summary: Summary) -> list[str]:
    """The default on each kind of set up to moderate noise, and the best of the others there."""
    rows = summary.against_others
    words = (
        f"Of {sum(row.sets for row in rows)} sets up to {UP_TO_MODERATE[-1]} noise the default "
        f"reaches a share of {TARGET} on {sum(row.reach_target for row in rows)}, and of "
        f"{ALMOST} on {sum(row.reach_almost for row in rows)}; on "
        f"{sum(row.share < row.share_of_baseline for row in rows)} of the {len(rows)} rows below "
        "its mean is behind that of the best baseline."
    )
    return [
        *wrap(words, 110),
        "",
        "| data | noise | sets | default | lowest | best baseline | | best of all others | |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- | ---: | --- |",
        *(
            f"| {row.data} | {row.noise} | {row.sets} | {row.share:.2f} | {row.lowest:.2f} | "
            f"{row.share_of_baseline:.2f} | {title_of(row.baseline)} | "
            f"{row.share_of_other:.2f} | {title_of(row.other)} |"
            for row in rows
        ),
    ]


def measured(summary: Summary) -> str:
    """All tables of the study."""
    copies = ", ".join(f"{n} of {number}" for number, n in summary.copies.items())
    intro = (
        f"{summary.n_results:,} results on {summary.n_sets} data sets. Methods are metric + "
        "clustering, in bold what `rebalance run` does; all, more than are shown, are in "
        "`benchmarks/results/quality.json`. A share is all that is gained over dropping at random "
        "÷ all that the oracle gains, over data sets and K, so that sets with little to gain weigh "
        "little; ± is its standard error over data sets. Of other scores it is the standard "
        "deviation, and the mean over K and data sets. These are three molecules and copies of "
        f"each, by number of averages: {copies}."
    )
    parts: list[list[str]] = [
        wrap(intro, 110),
        ["`relion31_70s`, share of the oracle's gain, and rho:"],
        relion(summary),
        ["Share on views that are discrete, 100 averages:"],
        by_noise(summary, "share", views="discrete", averages=100),
        ["Share on views anywhere, two of them preferred, 100 averages:"],
        by_noise(summary, "share", views="preferred", averages=100),
        ["Share with 30 averages, and with 300:"],
        few_and_many(summary),
        ["Adjusted Rand index with the discrete views, at their number, by number of averages and",
         "noise:"],
        agreement(summary),
        ["Spearman's rank correlation of affinity with view angle below 40°, 100 averages, mean",
         "over data sets:"],
        correlation(summary),
        ["Part of the particles that is kept at $f = 0.5$, discrete views, 100 averages:"],
        by_noise(summary, "kept", views="discrete", averages=100),
        ["`slicem_ribosomes`, 100 real averages of a mixture of structures: ARI with the groups",
         "that its authors published, which a program of theirs found:"],
        structures(summary),
        ["### Set by set", "",
         "Shares of the default up to moderate noise, with those of the best of the baselines",
         "(nothing of ours is in them) and of the best of all other methods, both chosen on the",
         "data that they are shown for. *Sets* and *lowest* leave out copies in which the oracle",
         f"gains less than {LEAST_GAIN} in uniformity."],
        against_the_target(summary),
    ]  # fmt: skip
    return "\n\n".join([START, *("\n".join(lines) for lines in parts), END])


def put(page: str, start: str, end: str, text: str) -> str:
    """The page with another text from one mark to the next of another kind, marks included."""
    before, rest = page.split(start)
    _, after = rest.split(end, 1)
    return before + text + after


def main() -> None:
    """Put the study and the tables into the page."""
    page = PAGE.read_text(encoding="utf-8")
    study = STUDY.read_text(encoding="utf-8")
    page = put(page, STUDY_START, STUDY_END, f"{STUDY_START}{study}{STUDY_END}")
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
