"""When an average is suspected: two independent reasons, in words that name what was found.

A rare view is alone, and has few particles, and is noisy for that. So being alone is never enough;
an average of few particles is not suspected for being alone and noisy; and an average that any
other is like is suspected only if its picture shows a film that ends in it. The thresholds were
chosen on simulations whose seeds `benchmarks.junk` doesn't use.

Isolated averages, less alone than those, have a reason in coarse power, whatever their number of
particles: a rare view has none; and in energy at the edge unless they are of few. On 21 simulated
sets (five kinds of junk among 53 views, some rare), of seeds that chose nothing, that made 150 of
231 junk averages suspected instead of 84, and none of 1,113 views. Isolation alone finds 203, and
243 views, 119 of these among the 233 rarest.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rebalance.model import BoolArray, DoubleArray, IntArray

FEWEST = 10
"""Below this number of averages, medians say too little to suspect one."""
ALONE = 0.65
"""An average is alone if its highest affinity is below this share of the others' median."""
ISOLATED, NEAREST = 0.8, 4
"""One is isolated if its mean affinity to so many nearest is below this share of what the most
alike (the 90th percentile) have."""
FAR = 2.5
"""Robust z-score from which a measure of the picture is a reason."""
FEW = 1.0
"""Robust z-score of a low particle count from which an average may be a rare view."""
_NO_RESOLUTION = 900.0
"""Å; programs write 999 or inf where they found none."""
_COMMON = 0.25
"""Share of averages without a resolution from which lacking one says nothing."""

_LEAST_SPREAD = {"coarse": 0.03, "noise": 0.08, "edge": 0.08, "few": 0.1}
"""In decades; averages more alike than this are not told apart by it."""


def find_reasons(
    measures: Mapping[str, DoubleArray],
    n_particles: IntArray | None,
    resolution: DoubleArray | None,
) -> tuple[dict[str, DoubleArray], list[tuple[str, ...]]]:
    """Robust z-scores of n averages, and the reasons to suspect each; empty for those that aren't.

    Parameters
    ----------
    measures : mapping
        ``mean_frequency``, ``fine_share``, ``edge_energy``, ``highest_affinity``,
        ``nearest_affinity``: float64 (n,).
    n_particles : int64 (n,), optional
    resolution : float64 (n,), optional
        Å.

    Returns
    -------
    dict
        ``coarse``, ``noise``, ``edge``, ``few``: float64 (n,), (x − median) ÷ (1.4826 · MAD) of
        the decimal logarithm (Iglewicz & Hoaglin 1993, How to Detect and Handle Outliers),
        positive where it speaks against the average; NaN where not known.
    list of tuple of str
    """
    scores = {
        "coarse": -robust_z(_log(measures["mean_frequency"]), _LEAST_SPREAD["coarse"]),
        "noise": robust_z(_log(measures["fine_share"]), _LEAST_SPREAD["noise"]),
        "edge": robust_z(_log(measures["edge_energy"]), _LEAST_SPREAD["edge"]),
    }
    n = len(scores["edge"])
    scores["few"] = np.full(n, np.nan)
    if n_particles is not None:
        scores["few"] = -robust_z(_log(n_particles.astype(np.float64)), _LEAST_SPREAD["few"])
    if n < FEWEST:
        return scores, [()] * n
    far = {name: scores[name] >= FAR for name in ("coarse", "noise", "edge")}
    # Without particle counts a noisy average may be one of few particles.
    far["noise"] &= np.isfinite(scores["few"])
    unresolved = _unresolved(resolution, n)
    highest = measures["highest_affinity"]
    usual = float(np.median(highest))
    alone = highest < ALONE * usual
    rare = np.nan_to_num(scores["few"]) >= FEW
    own = far["coarse"] | far["noise"] | far["edge"] | unresolved
    isolated = is_isolated(measures["nearest_affinity"])
    suspected = (alone & own & ~rare) | (far["edge"] & far["coarse"])
    suspected |= isolated & (far["coarse"] | (far["edge"] & ~rare))
    times = 10 ** (_log(measures["edge_energy"]) - np.median(_log(measures["edge_energy"])))
    reasons: list[tuple[str, ...]] = []
    for i in range(n):
        said = {
            f"{times[i]:.3g} times the usual energy at the edge of the mask": far["edge"][i],
            "its power is in coarse rings, as of a film or a blur": far["coarse"][i],
            "its power is in fine rings, as of noise": far["noise"][i],
            "no resolution, where others have one": unresolved[i],
            "no other average is like it: "
            f"highest affinity {highest[i]:.2f}, of the others {usual:.2f}": alone[i],
            about_isolation(measures["nearest_affinity"], i): isolated[i] and not alone[i],
        }
        reasons.append(tuple(words for words, holds in said.items() if holds and suspected[i]))
    return scores, reasons


def is_isolated(nearest: DoubleArray) -> BoolArray:
    """bool (n,): far from all others, from the mean affinity to the nearest, float64 (n,)."""
    if len(nearest) < FEWEST:
        return np.zeros(len(nearest), dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        return np.asarray(nearest < ISOLATED * _most_alike(nearest), dtype=np.bool_)


def about_isolation(nearest: DoubleArray, i: int) -> str:
    """What is said of an isolated average."""
    return (
        f"it is far from all others: mean affinity to the nearest {nearest[i]:.2f}, of the most "
        f"alike {_most_alike(nearest):.2f}"
    )


def _most_alike(nearest: DoubleArray) -> float:
    return float(np.quantile(nearest, 0.9))


def robust_z(values: DoubleArray, least_spread: float) -> DoubleArray:
    """(x − median) ÷ (1.4826 · MAD), the spread at least ``least_spread``.

    Parameters
    ----------
    values : float64 (n,)
    least_spread : float > 0
    """
    if not len(values):
        return values
    middle = np.median(values)
    spread = 1.4826 * np.median(np.abs(values - middle))
    return np.asarray((values - middle) / max(float(spread), least_spread), dtype=np.float64)


def _unresolved(resolution: DoubleArray | None, n: int) -> BoolArray:
    if resolution is None:
        return np.zeros(n, dtype=np.bool_)
    # NaN and 0 are no resolution that a program found, but none that it failed to find either.
    none = resolution >= _NO_RESOLUTION
    return none & (none.mean() < _COMMON)


def _log(values: DoubleArray) -> DoubleArray:
    return np.log10(np.maximum(values, 1e-12))
