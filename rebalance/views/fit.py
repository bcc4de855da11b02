"""How well each average fits the common structure, and which averages are misfits."""

from __future__ import annotations

import numpy as np

from rebalance.model import BoolArray, DoubleArray, FloatArray
from rebalance.views.expectation import PoseSearch

N_FOLDS = 8
"""Parts of the averages that are left out of the map in turn, to be held against it."""

PERPLEXITY = 8.0

FEWEST = 10
"""Averages below which none is called a misfit."""
APART = 3.5
"""Distance of two kinds of averages, in their spreads."""
FAR = 5.5
"""How far below most others a misfit lies, in their spread."""
FEW, APART_OF_FEW, FAR_OF_FEW = 50, 4.5, 8.0
"""Fewer averages than that are judged with more caution."""
LEAST_SPREAD, LEAST_OF_ONE_KIND = 0.01, 0.06
"""In Fisher's z; averages more alike than that are not told apart."""
_MOST = 0.999


def held_out_fit(
    search: PoseSearch, volume: FloatArray, weight: FloatArray, rng: np.random.Generator
) -> DoubleArray:
    """Best correlation of each average with a map to which it did not contribute.

    Parameters
    ----------
    search : PoseSearch
    volume : float32 (side, side, side)
        Of all of them; poses are those on it.
    weight : float32 (N,)
        0 for averages that contribute to no map.
    rng : numpy.random.Generator

    Returns
    -------
    float64 (N,)
    """
    n = len(weight)
    fold = rng.permutation(n) % N_FOLDS
    parts = [
        search.expect(volume, PERPLEXITY, weight, np.flatnonzero(fold == k))
        for k in range(min(N_FOLDS, n))
    ]
    slices = sum(part.slices for part in parts)
    weights = sum(part.weights for part in parts)
    fit = np.zeros(n)
    for k, part in enumerate(parts):
        without = search.volume(slices - part.slices, weights - part.weights)
        rows = np.flatnonzero(fold == k)
        fit[rows] = search.expect(without, PERPLEXITY, weight, rows).best
    return fit


def find_misfits(fit: DoubleArray, left_out: BoolArray) -> BoolArray:
    """Averages that fit so badly that they show something else than the others.

    In Fisher's z, averages are parted in two where the variance between the parts is largest (Otsu
    1979, doi:10.1109/TSMC.1979.4310076). Where the two lie far apart (Ashman's D, Ashman et al.
    1994, doi:10.1086/117248), the lower one is of misfits. Else most are of one kind, and those far
    below their densest half are. Where the cut is, those decide that the map was made of: others
    fit it less well for that alone.

    Parameters
    ----------
    fit : float64 (N,)
        Correlations.
    left_out : bool (N,)
        Those that the map was not made of.

    Returns
    -------
    bool (N,)
    """
    z = np.arctanh(np.clip(fit, -_MOST, _MOST))
    order = np.sort(z[~left_out])
    if len(order) < FEWEST:
        return left_out
    # Of few averages a rare view has no other beside it to be held against.
    apart, far = (APART_OF_FEW, FAR_OF_FEW) if len(order) < FEW else (APART, FAR)
    n_below = _otsu(order)
    below, above = order[:n_below], order[n_below:]
    spread = np.sqrt((below.var() + above.var()) / 2 + LEAST_SPREAD**2)
    if above.mean() - below.mean() >= apart * spread:
        return np.asarray(z < above[0])
    half = (len(order) + 1) // 2
    width = order[half - 1 :] - order[: len(order) - half + 1]
    start = int(width.argmin())
    middle = (order[start] + order[start + half - 1]) / 2
    # Misfits are below: the spread is that of the upper side.
    upper = order[order >= middle] - middle
    spread = max(float(np.sqrt((upper**2).mean())), LEAST_OF_ONE_KIND)
    return np.asarray(z < middle - far * spread)


def _otsu(order: DoubleArray) -> int:
    """How many of rising values lie below the cut that parts them best."""
    n = len(order)
    below = np.arange(1, n)
    total = np.cumsum(order)
    difference = total[:-1] / below - (total[-1] - total[:-1]) / (n - below)
    return int((below * (n - below) * difference**2).argmax()) + 1
