"""The results of a study by method and kind of data: means, and how far they may be trusted.

`benchmarks/results/quality.json` is a line for each method, and for each kind of data a line with
the default beside the best of the others. The tables and the picture of shares of docs/science.md
are made from it alone.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.paths import RESULTS, write_json
from benchmarks.quality.methods import BASELINES, default_method
from benchmarks.quality.results import NOISE, Results, Row

SUMMARY = RESULTS / "quality.json"
SCORES = ("share", "kept", "ari", "rho")
TARGET, ALMOST = 0.95, 0.85
"""Shares of the oracle's gain."""
UP_TO_MODERATE = tuple(NOISE.values())[:2]
_DIGITS = 6

Mean = tuple[float, float | None]
"""Of a score over data sets, and its spread: of shares the standard error, of others the standard
deviation; None for a single set."""


@dataclass(frozen=True)
class AgainstOthers:
    """The default on one kind of data, beside the best of other methods there.

    Parameters
    ----------
    data : str
        Name of the classification; molecule, views and number of averages of a simulation.
    noise : str
    sets : int
        Copies in which there is something to gain.
    share, lowest : float
        Of the default: over all copies, and of the worst one.
    reach_target, reach_almost : int
        Copies with a share of `TARGET` and `ALMOST`.
    baseline, other : str
        Best of the baselines, best of all other methods.
    share_of_baseline, share_of_other : float
    """

    data: str
    noise: str
    sets: int
    share: float
    lowest: float
    reach_target: int
    reach_almost: int
    baseline: str
    share_of_baseline: float
    other: str
    share_of_other: float


@dataclass(frozen=True)
class Summary:
    """What a page says of a study.

    Parameters
    ----------
    n_results, n_sets : int
        Rows of the full results, and data sets.
    copies : mapping of number of averages to int
        Simulations of each kind.
    methods : mapping of method to score to kind of data to Mean
    against_others : tuple of AgainstOthers
    """

    n_results: int
    n_sets: int
    copies: Mapping[int, int]
    methods: Mapping[str, Mapping[str, Mapping[str, Mean]]]
    against_others: tuple[AgainstOthers, ...]

    def mean(self, method: str, score: str, kind: str) -> Mean | None:
        """A score of a method on a kind of data (`kind_of`), None where there is none."""
        return self.methods.get(method, {}).get(score, {}).get(kind)


def kind_of(views: str, averages: int, noise: str) -> str:
    """Simulations that differ in the molecule and the seed alone: ``discrete, 100, clean``."""
    return f"{views}, {averages}, {noise}"


def kind_at(data: str, k: int) -> str:
    """A classification at one number of superclasses alone: ``relion31_70s, K = 8``."""
    return f"{data}, K = {k}"


def mean_of(results: Results, score: str) -> Mean | None:
    """Mean and spread over data sets; of shares `Results.share`. None without any."""
    if score == "share":
        mean, spread = results.share()
    else:
        values = results.of_sets(score)
        mean = float(np.mean(values)) if values else float("nan")
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    if math.isnan(mean):
        return None
    return round(mean, _DIGITS), None if math.isnan(spread) else round(spread, _DIGITS)


def summarise(results: Results) -> Summary:
    """Means of the full results."""
    sets = {row.of_set for row in results.rows}
    drawn = {(row.averages, row.seed) for row in results.rows if row.averages}
    averages = [number for number, _ in drawn]
    by_method: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in results.rows:
        for kind in _kinds(row):
            by_method[row.method][kind].append(row)
    methods = {
        method: {
            score: {
                kind: mean
                for kind, rows in kinds.items()
                if (mean := mean_of(Results(rows), score)) is not None
            }
            for score in SCORES
        }
        for method, kinds in by_method.items()
    }
    return Summary(
        n_results=len(results.rows),
        n_sets=len(sets),
        copies={number: averages.count(number) for number in sorted(set(averages))},
        methods=methods,
        against_others=tuple(_against_others(results)),
    )


def _kinds(row: Row) -> list[str]:
    if row.averages is not None:
        return [kind_of(row.views, row.averages, row.noise)]
    return [row.data, kind_at(row.data, row.k)]


def _against_others(results: Results) -> Iterable[AgainstOthers]:
    default = default_method()
    others = [method for method in results.methods if method != default]
    for data, views, averages in dict.fromkeys((r.data, r.views, r.averages) for r in results.rows):
        for noise in UP_TO_MODERATE:
            of = results.only(data=data, views=views, averages=averages, noise=noise)
            ours = of.only(method=default)
            shares = ours.shares_of_sets()
            if not shares:
                continue
            baseline, of_baseline = _best(of, BASELINES)
            other, of_other = _best(of, others)
            yield AgainstOthers(
                data=data if averages is None else f"{data}, {views}, {averages}",
                noise=noise,
                sets=len(shares),
                share=round(ours.share()[0], _DIGITS),
                lowest=round(min(shares), _DIGITS),
                reach_target=sum(share >= TARGET for share in shares),
                reach_almost=sum(share >= ALMOST for share in shares),
                baseline=baseline,
                share_of_baseline=round(of_baseline, _DIGITS),
                other=other,
                share_of_other=round(of_other, _DIGITS),
            )


def _best(results: Results, methods: Iterable[str]) -> tuple[str, float]:
    """The method of highest mean share, and that share."""
    found = {method: results.only(method=method).share()[0] for method in methods}
    mean = {method: share for method, share in found.items() if np.isfinite(share)}
    method = max(mean, key=lambda one: mean[one])
    return method, mean[method]


def write(summary: Summary, path: Path = SUMMARY) -> None:
    """As JSON, a line for each method and for each kind of data."""
    write_json(
        {
            "n_results": summary.n_results,
            "n_sets": summary.n_sets,
            "copies": summary.copies,
            "methods": summary.methods,
            "against_others": [asdict(one) for one in summary.against_others],
        },
        path,
    )


def read(path: Path = SUMMARY) -> Summary:
    """What `write` wrote."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return Summary(
        n_results=content["n_results"],
        n_sets=content["n_sets"],
        copies={int(number): n for number, n in content["copies"].items()},
        methods={
            method: {
                score: {kind: (mean, spread) for kind, (mean, spread) in kinds.items()}
                for score, kinds in scores.items()
            }
            for method, scores in content["methods"].items()
        },
        against_others=tuple(AgainstOthers(**one) for one in content["against_others"]),
    )
