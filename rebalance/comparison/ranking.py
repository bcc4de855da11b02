"""Ranks of methods, with the interval in which the mean would lie on other data of the kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rebalance.model import DoubleArray

CONFIDENCE = 0.95
RESAMPLES = 2_000


class MethodScore(NamedTuple):
    """A score of a method on a data set.

    Parameters
    ----------
    data_set : hashable
        What is drawn anew in a repetition: a simulation of one seed, or a set of files.
    setting : hashable
        Number of superclasses: within it methods are ranked against each other.
    method : str
    value : float
    """

    data_set: Hashable
    setting: Hashable
    method: str
    value: float


@dataclass(frozen=True, eq=False)
class RankedMethod:
    """How a method did over all data sets.

    Parameters
    ----------
    method : str
    mean, low, high : float
        Of the score, with its confidence interval; NaN ends with fewer than two data sets.
    rank, rank_low, rank_high : float
        The same of the rank, 1 the best.
    values : float64 (D,)
        Mean score on each data set.
    """

    method: str
    mean: float
    low: float
    high: float
    rank: float
    rank_low: float
    rank_high: float
    values: DoubleArray


@dataclass(frozen=True, eq=False)
class Ranking:
    """Methods by mean rank, the best first.

    Parameters
    ----------
    methods : tuple of RankedMethod
    data_sets : tuple
        On which every method has a value.
    n_left_out : int
        Comparisons (data set and setting) that lack a value of some method, not of all.
    without : tuple of str
        Methods that have no value anywhere, and no rank.
    p_value : float
        Of Friedman's test that no method differs from the others; NaN with fewer than three
        methods or data sets.
    """

    methods: tuple[RankedMethod, ...]
    data_sets: tuple[Hashable, ...]
    n_left_out: int
    without: tuple[str, ...]
    p_value: float


def rank_methods(found: Iterable[MethodScore], better: int = 1) -> Ranking:
    """Rank methods within each data set and setting, and average over data sets.

    Only where every method has a finite value is there a fair comparison. Values of one data set
    (several seeds of the clustering, several settings) are averaged first, so that the interval is
    over data sets alone: a bootstrap, which draws data sets anew.

    Parameters
    ----------
    found : iterable of MethodScore
    better : {1, −1}
        Whether high or low is good.

    References
    ----------
    .. [1] J. Demšar, "Statistical comparisons of classifiers over multiple data sets", J. Mach.
       Learn. Res. 7 (2006) 1.
    """
    from scipy.stats import rankdata

    comparisons: dict[tuple[Hashable, Hashable], dict[str, list[float]]] = {}
    has_value: dict[str, bool] = {}
    for one in found:
        comparison = comparisons.setdefault((one.data_set, one.setting), {})
        comparison.setdefault(one.method, []).append(one.value)
        has_value[one.method] = has_value.get(one.method, False) or bool(np.isfinite(one.value))
    methods = [method for method, has in has_value.items() if has]
    without = tuple(method for method, has in has_value.items() if not has)
    if not methods:
        return Ranking((), (), 0, without, float("nan"))
    values: dict[Hashable, list[DoubleArray]] = defaultdict(list)
    ranks: dict[Hashable, list[DoubleArray]] = defaultdict(list)
    left_out = 0
    for (data_set, _), comparison in comparisons.items():
        value = np.array(
            [np.mean(comparison[method]) if method in comparison else np.nan for method in methods]
        )
        if not np.isfinite(value).all():
            left_out += bool(np.isfinite(value).any())
            continue
        values[data_set].append(value)
        # Rounding errors must not break ties.
        ranks[data_set].append(rankdata(-better * np.round(value, 12)))
    if not values:
        return Ranking((), (), left_out, without, float("nan"))
    value = np.array([np.mean(of_set, axis=0) for of_set in values.values()])
    rank = np.array([np.mean(of_set, axis=0) for of_set in ranks.values()])
    ranked = [
        RankedMethod(
            method,
            float(value[:, at].mean()),
            *interval(value[:, at]),
            float(rank[:, at].mean()),
            *interval(rank[:, at]),
            value[:, at],
        )
        for at, method in enumerate(methods)
    ]
    ranked.sort(key=lambda one: (one.rank, -better * one.mean))
    return Ranking(tuple(ranked), tuple(values), left_out, without, _friedman(value))


def interval(values: DoubleArray) -> tuple[float, float]:
    """The 95 % confidence interval of a mean, by the percentile bootstrap.

    Parameters
    ----------
    values : float64 (D,)

    Returns
    -------
    low, high : float
        NaN for fewer than two values; the value itself if all are the same.
    """
    from scipy.stats import bootstrap

    if len(values) < 2:
        return float("nan"), float("nan")
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    found = bootstrap(
        (values,),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return float(found.low), float(found.high)


def _friedman(value: DoubleArray) -> float:
    from scipy.stats import friedmanchisquare

    n_sets, n_methods = value.shape
    if n_sets < 3 or n_methods < 3 or (np.ptp(value, axis=1) == 0).all():
        return float("nan")
    return float(friedmanchisquare(*value.T).pvalue)
