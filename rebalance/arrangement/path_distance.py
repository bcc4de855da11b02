"""Distances along paths of neighbors, for views that are too different to compare directly."""

from __future__ import annotations

import numpy as np

from rebalance.model import BoolArray, DoubleArray

_SHORTEST = 1e-12
"""Of a step; a graph takes 0 for no step at all."""


def path_distance(step: DoubleArray, n_neighbors: int) -> DoubleArray:
    r"""Length of the shortest path of steps between neighbours.

    .. math:: D_{ij} = \min_{i = v_0, v_1, \dots, v_m = j} \; \sum_k s(v_{k-1}, v_k)

    over paths whose steps go from one average to one of its nearest neighbours, or back. Of views
    that are far apart the affinity says no more than that they differ; a path of steps between
    views that are alike follows the turn from one to the other, as in Isomap [1]_. With steps that
    are a power p of a distance these are the power-weighted shortest paths, or Fermat distances
    [2]_: the higher p, the more a path prefers many small steps, so that views that are
    connected by averages in between are near.

    Averages without a path between them are farther apart than any with one: by the longest path
    that there is, plus their own step.

    Parameters
    ----------
    step : float64 (N, N)
        Symmetric, ≥ 0, with a diagonal of 0.
    n_neighbors : int
        Nearest neighbours of each average, ties included; at least 1.

    Returns
    -------
    float64 (N, N)
        Symmetric, with a diagonal of 0; within a connected part at most `step`.

    References
    ----------
    .. [1] J. B. Tenenbaum, V. de Silva and J. C. Langford, "A global geometric framework for
       nonlinear dimensionality reduction", Science 290 (2000) 2319,
       doi:10.1126/science.290.5500.2319.
    .. [2] A. Little, D. McKenzie and J. M. Murphy, "Balancing geometry and density: path distances
       on high-dimensional data", SIAM J. Math. Data Sci. 4 (2022) 72, doi:10.1137/20M1386657:
       the discrete PWSPD ℓ_p on a graph of nearest neighbours, to the power p.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import shortest_path

    linked = _neighbors(step, n_neighbors)
    graph = csr_array(np.where(linked, np.maximum(step, _SHORTEST), 0.0))
    length = np.asarray(shortest_path(graph, method="D", directed=False))
    # The sum along a path depends on its direction, in the last digit.
    length = np.minimum(length, length.T)
    apart = np.isinf(length)
    length[apart] = length[~apart].max() + step[apart]
    return length


def _neighbors(step: DoubleArray, n_neighbors: int) -> BoolArray:
    """bool (N, N): one of the two is among the other's nearest."""
    n = len(step)
    if n_neighbors >= n - 1:
        return ~np.eye(n, dtype=np.bool_)
    others = step + np.diag(np.full(n, np.inf))
    farthest = np.partition(others, n_neighbors - 1, axis=1)[:, n_neighbors - 1 : n_neighbors]
    near = others <= farthest
    return np.asarray(near | near.T)
