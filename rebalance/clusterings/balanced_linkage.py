"""Average linkage that leans towards groups of like size: the tree of the default clustering."""

from __future__ import annotations

import numpy as np

from rebalance.model import DoubleArray


def balanced_linkage(distance: DoubleArray, size_weight: float) -> DoubleArray:
    r"""Merge the two groups with the least d̄(u, v) · h(u, v)^w until one is left.

    d̄ is the mean of all distances between two groups (UPGMA) and h = 2 |u| |v| / (|u| + |v|) the
    harmonic mean of their sizes: 1 for two single averages, about 2 for one average and a large
    group, n for two groups of n. With w = 0 this is average linkage. With w > 0 two large groups
    keep apart a little longer than a lone average keeps away from a large group, which is how
    Ward's linkage gathers what is noisy; there the exponent is 1, on squared distances.

    Parameters
    ----------
    distance : float64 (N, N)
        Symmetric, ≥ 0.
    size_weight : float
        w ≥ 0.

    Returns
    -------
    float64 (N − 1, 4)
        As SciPy's ``linkage``, in order of the merges. The height is the quantity minimized, or
        that of the merge before where that is higher.
    """
    n = len(distance)
    mean = distance.astype(np.float64, copy=True)
    np.fill_diagonal(mean, np.inf)
    size = np.ones(n)
    name = np.arange(n)
    is_alive = np.ones(n, dtype=np.bool_)
    nearest = mean.argmin(axis=1)
    least = mean[np.arange(n), nearest]
    tree = np.empty((n - 1, 4))
    for step in range(n - 1):
        a = int(least.argmin())
        a, b = sorted((a, int(nearest[a])))
        tree[step] = *sorted((name[a], name[b])), least[a], size[a] + size[b]
        joined = (size[a] * mean[a] + size[b] * mean[b]) / (size[a] + size[b])
        size[a] += size[b]
        name[a] = n + step
        is_alive[b] = False
        joined[~is_alive] = np.inf
        joined[a] = np.inf
        mean[a], mean[:, a] = joined, joined
        mean[b], mean[:, b] = np.inf, np.inf
        least[b] = np.inf
        # Only groups whose nearest was one of the two look at everything again.
        stale = is_alive & ((nearest == a) | (nearest == b))
        stale[a] = True
        for row in np.flatnonzero(stale):
            weighed = mean[row] * _harmonic(size[row], size) ** size_weight
            nearest[row] = weighed.argmin()
            least[row] = weighed[nearest[row]]
        weighed = mean[a] * _harmonic(size[a], size) ** size_weight
        closer = is_alive & ~stale & (weighed < least)
        nearest[closer] = a
        least[closer] = weighed[closer]
    tree[:, 2] = np.maximum.accumulate(tree[:, 2])
    return tree


def _harmonic(one: float, others: DoubleArray) -> DoubleArray:
    """Harmonic mean of a size and others."""
    return 2.0 * one * others / (one + others)
