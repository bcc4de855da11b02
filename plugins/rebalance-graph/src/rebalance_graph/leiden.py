"""Clustering `leiden`: communities of the graph that joins each average to those most like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from rebalance.contracts import Clustering, ClusteringInput, Methods
from rebalance.model import ClusteringResult, DoubleArray, IntArray
from rebalance.options import Options, option
from rebalance.toolkit import in_canonical_order
from rebalance_graph.merging import merge_most_alike

if TYPE_CHECKING:
    import igraph

_LARGEST_SEED = 2**31 - 1
_HALVINGS = 20

PAPER = (
    "Traag V.A., Waltman L. & van Eck N.J. (2019) From Louvain to Leiden: guaranteeing well-"
    "connected communities. Sci. Rep. 9, 5233. doi:10.1038/s41598-019-41695-z"
)


class LeidenOptions(Options):
    """Options of `Leiden`."""

    graph: Literal["neighbours", "threshold"] = option(
        "neighbours", "Pairs to connect: nearest neighbors, or all above a threshold."
    )
    neighbours: int = option(
        3, "Number of neighbors that each average is connected to.", unit="class averages", ge=1
    )
    threshold: float = option(
        0.7, "With graph=threshold: smallest affinity that connects a pair.", ge=0, le=1
    )
    power: float = option(
        8.0, "Power of the affinity used as the weight of a connection.", gt=0, le=64
    )
    resolution: float = option(
        1.0, "Higher finds more superclasses. Not used with -k.", gt=0, le=1000
    )
    n_starts: int = option(
        10, "Number of runs with different random numbers; the best is used.", ge=1, le=1000
    )


class Leiden(Clustering):
    r"""Communities of greatest modularity, found by the Leiden algorithm.

    Averages are the vertices of a graph, joined to their nearest neighbors (either way) or to
    all above a threshold, by edges of weight w_ij = a_ij^power. The partition maximizes [1]_

    .. math:: Q = \sum_{ij} \left( w_{ij} - \gamma \frac{s_i s_j}{2m} \right) \delta(c_i, c_j),

    s_i = Σ_j w_ij, 2m = Σ_i s_i and γ the resolution, by the algorithm of [2]_, run until nothing
    improves, from ``n_starts`` seeds that the generator gives.

    Few neighbors find views that few averages show; of a large group of averages that are all as
    alike, many neighbors (10 or more) make one superclass. It finds the number of superclasses.
    **Where K is given**, γ is searched by bisection for a
    partition of K communities. The number may jump over K, or the graph may fall into more than K
    parts that nothing joins; then the coarsest partition found of more than K is taken, and its
    communities of the highest mean affinity are merged.

    Averages are put into an order that their affinities decide, so that neither result nor random
    numbers depend on the order they come in.

    References
    ----------
    .. [1] J. Reichardt and S. Bornholdt, "Statistical mechanics of community detection", Phys.
       Rev. E 74 (2006) 016110, eq. 15, doi:10.1103/PhysRevE.74.016110.
    .. [2] V. A. Traag, L. Waltman and N. J. van Eck, "From Louvain to Leiden: guaranteeing
       well-connected communities", Sci. Rep. 9 (2019) 5233, doi:10.1038/s41598-019-41695-z.
    """

    options_model = LeidenOptions
    finds_number = True

    def methods(self, options: LeidenOptions) -> Methods:
        """For a methods paragraph."""
        return Methods("Leiden community detection {} on the graph of their affinities", (PAPER,))

    def cluster(
        self,
        averages: ClusteringInput,
        n_superclasses: int | None,
        options: LeidenOptions,
        rng: np.random.Generator,
    ) -> ClusteringResult:
        """Communities."""
        seeds = [int(seed) for seed in rng.integers(_LARGEST_SEED, size=options.n_starts)]

        def find(ordered: ClusteringInput) -> IntArray:
            affinity = ordered.affinity.astype(np.float64)
            graph = _graph(affinity, options)
            if n_superclasses is None:
                return _partition(graph, options.resolution, seeds)
            return _partition_of(n_superclasses, graph, affinity, seeds)

        return ClusteringResult(label=in_canonical_order(averages, find))


def _graph(affinity: DoubleArray, options: LeidenOptions) -> igraph.Graph:
    import igraph

    n = len(affinity)
    edges = affinity.copy()
    np.fill_diagonal(edges, 0.0)
    if options.graph == "threshold":
        joined = edges >= options.threshold
    else:
        nearest = np.argsort(-edges, axis=1, kind="stable")[:, : min(options.neighbours, n - 1)]
        joined = np.zeros((n, n), dtype=np.bool_)
        np.put_along_axis(joined, nearest, True, axis=1)
        joined |= joined.T
    i, j = np.nonzero(np.triu(joined & (edges > 0), 1))
    graph = igraph.Graph(n=n, edges=np.column_stack((i, j)).tolist())
    graph.es["weight"] = (edges[i, j] ** options.power).tolist()
    return graph


def _partition(graph: igraph.Graph, resolution: float, seeds: list[int]) -> IntArray:
    """The best of several starts; the first of equals."""
    import leidenalg

    if graph.ecount() == 0:
        return np.arange(graph.vcount(), dtype=np.int64)
    found = [
        leidenalg.find_partition(
            graph,
            leidenalg.RBConfigurationVertexPartition,
            weights="weight",
            n_iterations=-1,
            seed=seed,
            resolution_parameter=resolution,
        )
        for seed in seeds
    ]
    best = max(found, key=lambda partition: partition.quality())
    return np.array(best.membership, dtype=np.int64)


def _partition_of(
    n_groups: int, graph: igraph.Graph, affinity: DoubleArray, seeds: list[int]
) -> IntArray:
    low, high = -6.0, 6.0
    finer = np.arange(len(affinity), dtype=np.int64)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        label = _partition(graph, 2.0**middle, seeds)
        n_found = len(np.unique(label))
        if n_found == n_groups:
            return label
        if n_found < n_groups:
            low = middle
        else:
            high, finer = middle, label
    return merge_most_alike(finer, affinity, n_groups)
