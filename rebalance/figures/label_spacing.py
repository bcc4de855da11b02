"""Numbers beside thin bands: moved apart so that none hides another."""

from __future__ import annotations

import numpy as np

from rebalance.model import DoubleArray, IntArray


def spread(
    wanted: DoubleArray,
    weight: DoubleArray,
    apart: float,
    low: float,
    high: float,
    *,
    furthest: float = float("inf"),
) -> tuple[IntArray, DoubleArray]:
    """Places near the wanted ones, at least so far apart, between two ends.

    Parameters
    ----------
    wanted : float64 (n,)
        Rising.
    weight : float64 (n,)
        Where there is no room for all, the heaviest are kept.
    apart : float
        Smallest distance of neighbours.
    low, high : float
        No place lies outside.
    furthest : float
        Where a place would be further than this from the wanted one, those that are in the way of
        heavier ones are left out instead, and the rest stay near.

    Returns
    -------
    kept : int64 (m,)
        Indices that have a place, rising.
    place : float64 (m,)
        The places of least squared distance from the wanted ones (pool adjacent violators).
    """
    room = int((high - low) / apart + 1e-9) + 1
    kept = np.sort(np.argsort(-weight, kind="stable")[:room])
    # With the least distance taken off, "apart enough" becomes "not falling".
    steps = apart * np.arange(len(kept))
    pools: list[tuple[float, int]] = []
    for target in wanted[kept] - steps:
        mean, count = float(target), 1
        while pools and pools[-1][0] > mean:
            earlier, members = pools.pop()
            mean = (earlier * members + mean * count) / (members + count)
            count += members
        pools.append((mean, count))
    level = np.repeat([mean for mean, _ in pools], [count for _, count in pools])
    top = high - (steps[-1] if len(steps) else 0.0)
    place = np.clip(level, low, max(low, top)) + steps
    if len(kept) < 2 or np.abs(place - wanted[kept]).max() <= furthest:
        return kept, place
    clear = _clear_of_heavier(wanted, weight, apart)
    return clear, wanted[clear]


def _clear_of_heavier(wanted: DoubleArray, weight: DoubleArray, apart: float) -> IntArray:
    taken: list[int] = []
    for which in np.argsort(-weight, kind="stable"):
        if all(abs(wanted[which] - wanted[other]) >= apart for other in taken):
            taken.append(int(which))
    return np.sort(np.array(taken, dtype=np.int64))
