"""Fewer groups out of many: the two that are most alike are made one, again and again."""

from __future__ import annotations

import numpy as np

from rebalance.model import DoubleArray, IntArray


def merge_most_alike(label: IntArray, affinity: DoubleArray, n_groups: int) -> IntArray:
    """Merge groups by their mean affinity (average linkage) until ``n_groups`` are left.

    Parameters
    ----------
    label : int64 (n,)
    affinity : float64 (n, n)
    n_groups : int

    Returns
    -------
    int64 (n,)
        0 … n_groups − 1; as it was, renumbered, where there are no more groups than that.
    """
    label = np.unique(label, return_inverse=True)[1].reshape(-1).astype(np.int64)
    member = np.eye(label.max() + 1)[label]
    total = member.T @ affinity @ member
    size = member.sum(axis=0)
    while len(size) > n_groups:
        mean = total / np.outer(size, size)
        np.fill_diagonal(mean, -np.inf)
        a, b = sorted(int(i) for i in np.unravel_index(mean.argmax(), mean.shape))
        total[a] += total[b]
        total[:, a] += total[:, b]
        size[a] += size[b]
        total = np.delete(np.delete(total, b, axis=0), b, axis=1)
        size = np.delete(size, b)
        label[label == b] = a
        label[label > b] -= 1
    return label
