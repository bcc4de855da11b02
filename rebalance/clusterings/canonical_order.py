"""An order of the averages that depends only on their affinities, not on the input order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rebalance.contracts import ClusteringInput
from rebalance.model import FloatArray, IntArray

_MOST_ROUNDS = 20


def in_canonical_order(
    averages: ClusteringInput, find: Callable[[ClusteringInput], IntArray]
) -> IntArray:
    """Labels from ``find``, called with the averages in their `canonical_order`.

    Parameters
    ----------
    averages : ClusteringInput
        As given to `Clustering.cluster`.
    find : callable
        Takes a `ClusteringInput` in the canonical order (its class numbers don't rise) and returns
        integer labels (n,).

    Returns
    -------
    int64 (n,)
        In the order of ``averages``.
    """
    order = canonical_order(averages.affinity)
    shown = ClusteringInput(
        averages.affinity[np.ix_(order, order)],
        averages.class_id[order],
        None if averages.n_particles is None else averages.n_particles[order],
    )
    label = np.empty(len(averages), dtype=np.int64)
    label[order] = find(shown)
    return label


def canonical_order(affinity: FloatArray) -> IntArray:
    """Indices of the averages in an order that doesn't depend on the input order.

    They are sorted by their sorted affinities, with ties broken by color refinement (Weisfeiler and
    Leman, 1968). Remaining ties are interchangeable, like copies of one image, or keep their order
    (rare regular graphs).

    Parameters
    ----------
    affinity : float32 (n, n)

    Returns
    -------
    int64 (n,)
        Use ``affinity[np.ix_(order, order)]`` and ``n_particles[order]``; ``label[order] = found``
        puts labels back.
    """
    n = len(affinity)
    rank = _rank(np.sort(affinity, axis=1))
    for _ in range(_MOST_ROUNDS):
        n_before = int(rank.max(initial=-1)) + 1
        if n_before == n:
            break
        behind = np.lexsort((np.broadcast_to(rank, affinity.shape), affinity), axis=1)
        refined = _rank(np.column_stack((rank, rank[behind])))
        if int(refined.max()) + 1 == n_before:
            break
        rank = refined
    return np.argsort(rank, kind="stable").astype(np.int64)


def _rank(rows: np.ndarray) -> IntArray:
    """Place of each row among the distinct rows, in lexicographic order."""
    return np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
