"""Whether superclasses stay the same when averages are left out and the affinity is noisy."""

from __future__ import annotations

import numpy as np

from rebalance.model import FloatArray, IntArray

KEPT_SHARE = 0.8
"""Share of the averages in a resample."""


def affinity_noise(affinity: FloatArray) -> float:
    r"""Standard deviation of the noise of an affinity, from the affinity itself.

    Two averages that are most alike should be equally like any third; how far they are not is
    noise, and a little difference of view. So σ = median over i of 1.4826 MAD_j(a_ij − a_i'j) / √2,
    i' being the average most like i, MAD the median absolute deviation: an upper bound.

    Parameters
    ----------
    affinity : float (n, n)

    Returns
    -------
    float
        0 for fewer than four averages.
    """
    n = len(affinity)
    if n < 4:
        return 0.0
    others = affinity.astype(np.float64)
    np.fill_diagonal(others, -np.inf)
    nearest = others.argmax(axis=1)
    difference = affinity.astype(np.float64) - affinity[nearest]
    difference[np.arange(n), np.arange(n)] = np.nan
    difference[np.arange(n), nearest] = np.nan
    middle = np.nanmedian(difference, axis=1, keepdims=True)
    spread = 1.4826 * np.nanmedian(np.abs(difference - middle), axis=1)
    return float(np.median(spread) / np.sqrt(2.0))


def resample(
    affinity: FloatArray, noise: float, rng: np.random.Generator
) -> tuple[IntArray, FloatArray]:
    """Four fifths of the averages, and their affinity with its own noise once more.

    Parameters
    ----------
    affinity : float32 (n, n)
    noise : float
        Standard deviation.
    rng : Generator

    Returns
    -------
    kept : int64 (m,)
        Indices, in order.
    affinity : float32 (m, m)
    """
    n = len(affinity)
    kept = np.sort(rng.permutation(n)[: max(2, round(KEPT_SHARE * n))])
    added = np.triu(rng.normal(0.0, noise, (len(kept), len(kept))), 1)
    noisy = np.clip(affinity[np.ix_(kept, kept)] + added + added.T, 0.0, 1.0)
    np.fill_diagonal(noisy, 1.0)
    return kept, noisy.astype(np.float32)
