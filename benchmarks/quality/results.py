"""The full results of `benchmarks.quality`: a row for each data set, method and number K.

`benchmarks/results/full/quality.csv` is what is left of a study's ``scores.csv``; `summary` is made
from it.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.paths import FULL_RESULTS
from rebalance.model import DoubleArray

if TYPE_CHECKING:
    from rebalance.comparison import Comparison
    from rebalance.comparison.data_sets import DataSet

TABLE = FULL_RESULTS / "quality.csv"
NOISE = {1.0: "clean", 0.25: "moderate", 0.05: "noisy", 0.01: "bad"}
"""Names of the signal-to-noise ratios of a particle."""
LEAST_GAIN = 0.02
"""Where the oracle gains less uniformity than that, a data set has no share of its own."""

_SCORES = ("share", "share_sd", "gain", "gain_of_oracle", "kept", "ari", "rho")


@dataclass(frozen=True)
class Row:
    """Scores of one method at one number of superclasses; NaN for what a data set has no score of.

    Parameters
    ----------
    data : str
        Molecule, or name of the classification.
    views : ``discrete``, ``preferred``, or ``files``
    averages : int or None
    snr : float or None
        Of a particle.
    seed : int or None
        Of the simulation.
    method : str
        As the study calls it.
    k : int
        Superclasses asked for.
    is_true_number : bool
        Whether k is that of the true groups.
    share, share_sd : float
        Of the oracle's gain, mean and standard deviation over selections.
    gain, gain_of_oracle : float
        In uniformity of views over random dropping.
    kept : float
        Part of the particles that is kept at f = 0.5.
    ari, rho : float
        Adjusted Rand index with the true groups; rank correlation of affinity and angle below 40°.
    """

    data: str
    views: str
    averages: int | None
    snr: float | None
    seed: int | None
    method: str
    k: int
    is_true_number: bool
    share: float
    share_sd: float
    gain: float
    gain_of_oracle: float
    kept: float
    ari: float
    rho: float

    @property
    def noise(self) -> str:
        """By its name; that of RELION's classification is moderate."""
        return "moderate" if self.snr is None else NOISE[self.snr]

    @property
    def of_set(self) -> tuple[str, str, int | None, float | None, int | None]:
        """What is drawn anew in a repetition."""
        return self.data, self.views, self.averages, self.snr, self.seed


class Results:
    """Rows, and means of them.

    Parameters
    ----------
    rows : iterable of Row
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = tuple(rows)

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """In the order of the study."""
        return tuple(dict.fromkeys(row.method for row in self.rows))

    def only(self, **wanted: Any) -> Results:
        """Rows of these values, e.g. ``views="discrete", averages=100``."""
        return Results(
            row
            for row in self.rows
            if all(getattr(row, name) == value for name, value in wanted.items())
        )

    def of_sets(self, score: str) -> list[float]:
        """A score of each data set, its mean over K; of the sets that have any."""
        by_set: dict[Any, list[float]] = defaultdict(list)
        for row in self.rows:
            value = getattr(row, score)
            if np.isfinite(value) and (score != "ari" or row.is_true_number):
                by_set[row.of_set].append(value)
        return [float(np.mean(values)) for values in by_set.values()]

    def gains(self) -> DoubleArray:
        """Gain and the oracle's gain of each data set, means over K; float64 (sets, 2)."""
        by_set: dict[Any, list[tuple[float, float]]] = defaultdict(list)
        for row in self.rows:
            if np.isfinite(row.gain) and np.isfinite(row.gain_of_oracle):
                by_set[row.of_set].append((row.gain, row.gain_of_oracle))
        return np.array([np.mean(pairs, axis=0) for pairs in by_set.values()]).reshape(-1, 2)

    def share(self) -> tuple[float, float]:
        """All gains ÷ all gains of the oracle, and its standard error over data sets (jackknife).

        So a set in which there is next to nothing to gain, and a share of its own would be chance,
        weighs little. NaN for no sets; the error for one.
        """
        gains = self.gains()
        total, n = gains.sum(axis=0), len(gains)
        if n == 0:
            return float("nan"), float("nan")
        without = (total - gains)[:, 0] / (total - gains)[:, 1] if n > 1 else np.array([np.nan])
        return float(total[0] / total[1]), float(np.sqrt((n - 1) * without.var()))

    def shares_of_sets(self) -> list[float]:
        """The share of each data set in which the oracle gains `LEAST_GAIN` at least."""
        return [float(gain / best) for gain, best in self.gains() if best >= LEAST_GAIN]


def condensed(comparison: Comparison, data: Sequence[DataSet]) -> Results:
    """The rows of a study that was run.

    Parameters
    ----------
    comparison : Comparison
    data : sequence of DataSet
        Its data sets.
    """
    instance_of = {one.label: one for one in data}
    scores: dict[tuple[Any, ...], dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for row in comparison.rows:
        if "error" in row:
            continue
        of = row["data"], row["data_seed"], row["method"], row["n_superclasses_asked"]
        scores[of][row["score"]] = row | {"n": row["n_superclasses"]}
    true_numbers = {
        of[:2]: number for of, found in scores.items() if (number := _true_number(of, found))
    }
    return Results(
        _row(instance_of[of[0]], of, found, true_numbers.get(of[:2]))
        for of, found in scores.items()
    )


def _value(found: Mapping[str, Mapping[str, Any]], score: str, what: str = "value") -> float:
    number = found.get(score, {}).get(what)
    return float("nan") if number is None else float(number)


def _true_number(of: tuple[Any, ...], found: Mapping[str, Mapping[str, Any]]) -> int | None:
    """That of the true groups, from a cell that was asked for it and made as many."""
    made = next(iter(found.values()))["n"]
    return int(made) if of[3] == "truth" and of[2] != "identity" else None


def _row(
    instance: DataSet,
    of: tuple[Any, ...],
    found: Mapping[str, Mapping[str, Any]],
    true_number: int | None,
) -> Row:
    options = instance.options
    asked = of[3]
    name = (instance.data.name or instance.label).split(",")[0]
    return Row(
        data=name,
        views=("preferred" if options["continuous"] else "discrete") if options else "files",
        averages=options.get("n_averages"),
        snr=options.get("snr"),
        seed=of[1],
        method=of[2],
        k=int(true_number or 0) if asked == "truth" else int(asked),
        is_true_number=asked == "truth",
        share=_value(found, "share_of_oracle_gain"),
        share_sd=_value(found, "share_of_oracle_gain", "sd"),
        gain=_value(found, "gain"),
        gain_of_oracle=_value(found, "gain_of_oracle"),
        kept=_value(found, "uniformity", "kept_low")
        / _value(found, "uniformity_before", "kept_low"),
        ari=_value(found, "ari"),
        rho=_value(found, "affinity_vs_angle_below_40"),
    )


def write(results: Results, path: Path = TABLE) -> None:
    """As a CSV table."""
    names = [field.name for field in fields(Row)]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(names)
        table.writerows([_cell(getattr(row, name)) for name in names] for row in results.rows)


def _cell(value: Any) -> Any:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, bool):
        return int(value)
    return f"{value:.3g}" if isinstance(value, float) else value


def read(path: Path = TABLE) -> Results:
    """What `write` wrote."""
    with path.open(encoding="utf-8", newline="") as stream:
        return Results(_parsed(row) for row in csv.DictReader(stream))


def _parsed(row: Mapping[str, str]) -> Row:
    def number(name: str) -> float:
        return float(row[name] or "nan")

    return Row(
        data=row["data"],
        views=row["views"],
        averages=int(row["averages"]) if row["averages"] else None,
        snr=float(row["snr"]) if row["snr"] else None,
        seed=int(row["seed"]) if row["seed"] else None,
        method=row["method"],
        k=int(row["k"]),
        is_true_number=row["is_true_number"] == "1",
        **{name: number(name) for name in _SCORES},
    )
