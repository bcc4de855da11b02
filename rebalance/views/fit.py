"""How well each average fits the common structure, and which fit so badly that they show another."""

from __future__ import annotations

import numpy as np

from rebalance.model import BoolArray, DoubleArray, FloatArray
from rebalance.views.expectation import PoseSearch

N_FOLDS = 8
"""Parts of the averages that are left out of the map in turn, to be held against it."""

PERPLEXITY = 8.0


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


def find_misfits(fit: DoubleArray) -> BoolArray:
    """PLACEHOLDER"""
    return np.zeros(len(fit), dtype=np.bool_)
