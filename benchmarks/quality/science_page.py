"""Writes the tables of docs/science.md from the results that two benchmarks kept.

    python -m benchmarks.quality.science_page

`benchmarks.quality` does the same after its study, and draws the pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from itertools import compress
from pathlib import Path
from textwrap import wrap

import numpy as np

from benchmarks import ablation_page
from benchmarks.quality.results import LEAST_GAIN, NOISE, Results, read
from rebalance import defaults
from rebalance.comparison import read_study
from rebalance.comparison.study import Method

ROOT = Path(__file__).parents[1]
STUDY = ROOT / "benchmarks" / "studies" / "quality.toml"
PAGE = ROOT / "docs" / "science.md"
START, END = "<!-- measured by benchmarks.quality -->", "<!-- measured until here -->"
STUDY_START, STUDY_END = "```toml file=quality.toml\n", "```\n"
LEVELS = tuple(NOISE.values())
TARGET, ALMOST = 0.95, 0.85
FORMER = {
    "rotational-cc + balanced": "default before",
    "no whitening, shift 8 % + ward": "first default",
}
"""What the default replaced."""
PLAIN = (
    "euclidean + average",
    "rotational-profile + average",
    "unaligned + average",
    "principal-components + k-means",
    "identity",
)
"""Baselines: nothing of ours is in them."""
SHOWN = (
    "rotational-cc + default",
    "rotational-cc + balanced",
    "rotational-cc + average",
    "rotational-cc + ward",
    "rotational-cc + spectral",
    "rotational-cc + k-medoids",
    "rotational-cc + k-means",
    "no whitening + default",
    "shift 8 % + default",
    "shift 8 % + ward",
    "no whitening, shift 8 % + ward",
    "frc + default",
    "blend + default",
    "simple-hybrid + k-medoids",
    *PLAIN,
)
"""Methods in the tables, by the labels of the study; all are in the results."""
FEW = (
    "rotational-cc + default",
    "rotational-cc + balanced",
    "rotational-cc + average",
    "rotational-cc + ward",
    "rotational-cc + spectral",
    "rotational-cc + k-medoids",
    "frc + default",
    *PLAIN[-2:],
)
"""The same for the smaller tables."""


@cache
def default_method() -> str:
    """The label of what `rebalance run` does when nobody says otherwise.

    Methods whose options the study does not give. Its plugins need not be installed to write
    the page.
    """
    study = read_study(STUDY)

    def named(name: str, methods: Iterable[Method]) -> str:
        return next(m.label or m.name for m in methods if m.name == name and not m.options)

    metric = named(defaults.METRIC, study.metric)
    return f"{metric} + {named(defaults.CLUSTERING, study.clustering)}"


def title_of(method: str) -> str:
    """How a table calls a method."""
    if method == "identity":
        return "each class by itself"
    if method == default_method():
        return f"**{method}**"
    return f"{method} ({FORMER[method]})" if method in FORMER else method


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


def mean_of(results: Results, score: str) -> str:
    """Mean ± standard deviation over data sets; of shares `Results.share`. Empty without any."""
    if score == "share":
        mean, spread = results.share()
        return "" if np.isnan(mean) else number(mean) + _spread(spread)
    values = results.of_sets(score)
    if not values:
        return ""
    return number(float(np.mean(values))) + _spread(
        float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    )


def _spread(value: float) -> str:
    return "" if np.isnan(value) else f" ± {value:.2f}"


def number(value: float) -> str:
    """With two digits, and no minus before nothing."""
    return f"{value:.2f}".replace("-0.00", "0.00")


def relion(results: Results) -> list[str]:
    """Shares on RELION's own classification, at each number of superclasses."""
    found = results.only(data="relion31_70s")
    numbers = sorted({row.k for row in found.rows})

    def cells(method: str) -> list[str]:
        of = found.only(method=method)
        shares = [mean_of(of.only(k=k), "share") for k in numbers]
        return [*shares, *(mean_of(of, score) for score in ("share", "rho"))]

    return table([*(f"K = {k}" for k in numbers), "mean", "rho"], SHOWN, cells)


def by_noise(results: Results, score: str, *, views: str, averages: int) -> list[str]:
    """A score by the noise of the averages."""
    found = results.only(views=views, averages=averages)

    def cells(method: str) -> list[str]:
        of = found.only(method=method)
        return [mean_of(of.only(noise=level), score) for level in LEVELS]

    return table(LEVELS, SHOWN, cells)


def few_and_many(results: Results, levels: tuple[str, ...] = LEVELS[1:3]) -> list[str]:
    """Shares with 30 and with 300 averages."""
    columns = [(n, views, level) for n in (30, 300) for views in ("discrete", "preferred")
               for level in levels]  # fmt: skip

    def cells(method: str) -> list[str]:
        of = results.only(method=method)
        return [mean_of(of.only(averages=n, views=v, noise=x), "share") for n, v, x in columns]

    return table([f"{n} {views}, {level}" for n, views, level in columns], FEW, cells)


def agreement(results: Results) -> list[str]:
    """Adjusted Rand index with discrete views, at their number."""
    columns = [(100, level) for level in LEVELS] + [(30, "clean"), (30, "moderate"),
               (300, "clean"), (300, "moderate")]  # fmt: skip
    found = results.only(views="discrete")

    def cells(method: str) -> list[str]:
        of = found.only(method=method)
        return [mean_of(of.only(averages=n, noise=level), "ari") for n, level in columns]

    methods = [method for method in SHOWN if method != "identity"]
    return table([f"{n}, {level}" for n, level in columns], methods, cells)


def correlation(results: Results) -> list[str]:
    """Rank correlation of affinity and angle, by metric."""
    columns = [(views, level) for views in ("discrete", "preferred") for level in LEVELS]
    found = results.only(averages=100)
    # One method for each metric: the clustering makes no difference.
    metrics = {method.partition(" + ")[0]: method for method in reversed(results.methods)}
    metrics.pop("identity", None)

    def cells(method: str) -> list[str]:
        of = found.only(method=metrics[method])
        values = [of.only(views=v, noise=x).of_sets("rho") for v, x in columns]
        return [number(float(np.mean(value))) if value else "" for value in values]

    lines = table([f"{v}, {level}" for v, level in columns], reversed(metrics), cells)
    return [lines[0].replace("method", "metric"), *lines[1:]]


def structures(results: Results) -> list[str]:
    """Agreement with published groups of a mixture of structures, the best first."""
    found = results.only(data="slicem_ribosomes")
    value = {row.method: row.ari for row in found.rows if row.method != "identity"}
    return table(["ARI"], sorted(value, key=lambda m: -value[m]), lambda m: [f"{value[m]:.2f}"])


def best(results: Results, methods: Iterable[str]) -> tuple[str, float]:
    """The method of highest mean share, and that share."""
    found = {method: results.only(method=method).share()[0] for method in methods}
    mean = {method: share for method, share in found.items() if np.isfinite(share)}
    method = max(mean, key=lambda one: mean[one])
    return method, mean[method]


def against_the_target(results: Results) -> list[str]:
    """The default on each kind of set up to moderate noise, and the best of the others there."""
    default = default_method()
    others = [method for method in results.methods if method != default]
    kinds = list(dict.fromkeys((r.data, r.views, r.averages) for r in results.rows))
    lines = [
        "| data | noise | sets | default | lowest | best baseline | | best of all others | |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- | ---: | --- |",
    ]
    values: list[float] = []
    behind = n_kinds = 0
    for data, views, averages in kinds:
        for level in LEVELS[:2]:
            of = results.only(data=data, views=views, averages=averages, noise=level)
            ours, mean = (
                of.only(method=default).shares_of_sets(),
                of.only(method=default).share()[0],
            )
            if not ours:
                continue
            plain, other = best(of, PLAIN), best(of, others)
            words = data if averages is None else f"{data}, {views}, {averages}"
            lines.append(
                f"| {words} | {level} | {len(ours)} | {mean:.2f} | {min(ours):.2f} | "
                f"{plain[1]:.2f} | {title_of(plain[0])} | {other[1]:.2f} | {title_of(other[0])} |"
            )
            values += ours
            n_kinds += 1
            behind += mean < plain[1]
    met = sum(value >= TARGET for value in values)
    words = (
        f"Of {len(values)} sets up to moderate noise the default reaches a share of {TARGET} on "
        f"{met}, and of {ALMOST} on {sum(value >= ALMOST for value in values)}; on {behind} of the "
        f"{n_kinds} rows below its mean is behind that of the best baseline."
    )
    return [*wrap(words, 110), "", *lines]


def measured(results: Results) -> str:
    """All tables of the study."""
    sets = {row.of_set for row in results.rows}
    noise = {(r.averages, r.seed) for r in results.rows if r.averages}
    copies = ", ".join(
        f"{sum(n == number for n, _ in noise)} of {number}"
        for number in sorted({n for n, _ in noise})
    )
    intro = (
        f"{len(results.rows):,} results on {len(sets)} data sets. Methods are metric + clustering, "
        "in bold what `rebalance run` does; all, more than are shown, are in "
        "`benchmarks/results/quality.csv`. A share is all that is gained over dropping at random ÷ "
        "all that the oracle gains, over data sets and K, so that sets with little to gain weigh "
        "little; ± is its standard error over data sets. Of other scores it is the standard "
        "deviation, and the mean over K and data sets. These are three molecules and copies of "
        f"each, by number of averages: {copies}."
    )
    parts: list[list[str]] = [
        wrap(intro, 110),
        ["`relion31_70s`, share of the oracle's gain, and rho:"],
        relion(results),
        ["Share on views that are discrete, 100 averages:"],
        by_noise(results, "share", views="discrete", averages=100),
        ["Share on views anywhere, two of them preferred, 100 averages:"],
        by_noise(results, "share", views="preferred", averages=100),
        ["Share with 30 averages, and with 300:"],
        few_and_many(results),
        ["Adjusted Rand index with the discrete views, at their number, by number of averages and",
         "noise:"],
        agreement(results),
        ["Spearman's rank correlation of affinity with view angle below 40°, 100 averages, mean",
         "over data sets:"],
        correlation(results),
        ["Part of the particles that is kept at $f = 0.5$, discrete views, 100 averages:"],
        by_noise(results, "kept", views="discrete", averages=100),
        ["`slicem_ribosomes`, 100 real averages of a mixture of structures: ARI with the groups",
         "that its authors published, which a program of theirs found:"],
        structures(results),
        ["### Set by set", "",
         "Shares of the default up to moderate noise, with those of the best of the baselines",
         "(nothing of ours is in them) and of the best of all other methods, both chosen on the",
         "data that they are shown for. *Sets* and *lowest* leave out copies in which the oracle",
         f"gains less than {LEAST_GAIN} in uniformity."],
        against_the_target(results),
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
    rows = ablation_page.kept(ablation_page.ABLATION)
    page = put(
        page,
        ablation_page.ABLATION_START,
        ablation_page.ABLATION_END,
        ablation_page.ablation(rows),
    )
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
