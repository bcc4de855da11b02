"""An order of the averages that their affinities alone decide, so that the input's order can't."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rebalance.contracts import ClusteringInput
from rebalance.model import FloatArray, IntArray

_MOST_ROUNDS = 20


def in_canonical_order(
    averages: ClusteringInput, find: Callable[[ClusteringInput], IntArray]
) -> IntArray:
    """Labels that ``find`` gives when it is shown the averages in their `canonical_order`.

    Parameters
    ----------
    averages : ClusteringInput
        What `Clustering.cluster` was given.
    find : callable
        Takes a `ClusteringInput` of the same n averages, of which affinity, class numbers and
        numbers of particles are all in the canonical order, so that class numbers don't rise;
        gives an integer label (n,).

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
    """Indices of the averages in an order that doesn't depend on the one they come in.

    Averages are ordered by their sorted affinities. Those that tie are told apart by the ranks of
    the averages behind equal affinities, as long as that tells more apart (the color refinement
    of Weisfeiler and Leman, 1968). What ties then can be exchanged without a difference, as copies
    of one image can, or (in rare regular graphs) keeps its order.

    Parameters
    ----------
    affinity : float32 (n, n)

    Returns
    -------
    int64 (n,)
        ``affinity[np.ix_(order, order)]`` has the averages in that order, ``n_particles[order]``
        their particles; ``label[order] = found`` puts back labels found in it.
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
