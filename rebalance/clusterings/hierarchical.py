"""Agglomerative clustering: starts from single averages, merges the two nearest groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from rebalance.arrangement.path_distance import path_distance
from rebalance.clusterings.balanced_linkage import balanced_linkage
from rebalance.contracts import Clustering, ClusteringInput, Methods
from rebalance.model import ClusteringResult, DoubleArray, IntArray
from rebalance.options import Options, option

PATHS = (
    "Little A, McKenzie D & Murphy JM (2022) Balancing geometry and density: path distances on "
    "high-dimensional data. SIAM J. Math. Data Sci. 4, 72–99. doi:10.1137/20M1386657"
)
PAPER = "Müllner D (2011) Modern hierarchical, agglomerative clustering algorithms. arXiv:1109.2378"


class HierarchicalOptions(Options):
    """Options of `Hierarchical`."""

    linkage: Literal["balanced", "average", "complete", "single", "weighted", "ward"] = option(
        "balanced",
        "How the distance between two groups is calculated from those of their averages.",
    )
    size_weight: float = option(
        0.1,
        "With linkage=balanced: how strongly groups of similar size are kept apart; 0 is average "
        "linkage.",
        ge=0,
        le=1,
    )
    path_neighbors: int = option(
        4,
        "Measure distances along paths through this many nearest neighbors; 0 measures them "
        "directly.",
        ge=0,
        le=1000,
    )
    path_power: float = option(
        3.0,
        "Exponent of each step √(1 − affinity) of a path; higher favors more and smaller steps.",
        ge=1,
        le=8,
    )


class Hierarchical(Clustering):
    r"""Agglomerative hierarchical clustering of distances along paths of similar averages.

    The distance d_ij is the length of the shortest path of steps (1 − affinity)^(path_power / 2)
    between nearest neighbors, see `rebalance.arrangement.path_distance`; with path_neighbors = 0
    it is 1 − affinity_ij itself. The two nearest groups are merged until one is left; K
    superclasses are what stands n − K merges later. Between groups u and v the distance is

    - ``balanced``: that of ``average`` · (2 |u| |v| / (|u| + |v|))^size_weight, see
      `rebalance.clusterings.balanced_linkage`
    - ``average`` (UPGMA): d(u, v) = Σ_{i∈u, j∈v} d_ij / (|u| |v|)
    - ``complete``: d(u, v) = max d_ij
    - ``single``: d(u, v) = min d_ij
    - ``weighted`` (WPGMA): d(s ∪ t, v) = (d(s, v) + d(t, v)) / 2
    - ``ward``: the growth of the variance within, on the chord √(2 (1 − affinity_ij)), the
      Euclidean distance of two normalized images whose correlation is the affinity, or on the
      length of the path to the power 1 / path_power.

    Average linkage follows the true views best, but leaves noisy and odd averages by themselves,
    as superclasses of few particles that then set the size of all. Ward's gathers them, but cuts
    crowded views that change gradually into many superclasses. ``balanced`` lies between.

    References
    ----------
    .. [1] D. Müllner, "Modern hierarchical, agglomerative clustering algorithms", 2011,
       arXiv:1109.2378, table in section 3.
    """

    options_model = HierarchicalOptions

    def methods(self, options: HierarchicalOptions) -> Methods:
        """For a methods paragraph."""
        if options.path_neighbors == 0:
            return Methods(f"hierarchical clustering with {options.linkage} linkage {{}}", (PAPER,))
        words = (
            f"hierarchical clustering of path distances {{}} with {options.linkage} linkage {{}}"
        )
        return Methods(words, (PATHS, PAPER))

    def cluster(
        self,
        averages: ClusteringInput,
        n_superclasses: int | None,
        options: HierarchicalOptions,
        rng: np.random.Generator,
    ) -> ClusteringResult:
        if n_superclasses is None:
            raise ValueError("n_superclasses is needed")
        return self.cluster_many(averages, (n_superclasses,), options, rng)[n_superclasses]

    def cluster_many(
        self,
        averages: ClusteringInput,
        numbers: Sequence[int],
        options: HierarchicalOptions,
        rng: np.random.Generator,
    ) -> dict[int, ClusteringResult]:
        """Every number of superclasses from one tree."""
        n = len(averages)
        if n == 1:
            return dict.fromkeys(numbers, ClusteringResult(label=np.zeros(1, dtype=np.int64)))
        above = np.triu(np.clip(1.0 - averages.affinity.astype(np.float64), 0.0, None), 1)
        distance = _distance(above + above.T, options)
        if options.linkage == "balanced":
            tree = balanced_linkage(distance, options.size_weight)
        else:
            from scipy.cluster.hierarchy import linkage

            tree = linkage(distance[np.triu_indices(n, 1)], method=options.linkage)
        label = _cuts(tree, numbers)
        return {number: ClusteringResult(label=label[number], linkage=tree) for number in numbers}


def _distance(direct: DoubleArray, options: HierarchicalOptions) -> DoubleArray:
    """What is linked, from 1 − affinity; float64 (N, N)."""
    if options.path_neighbors == 0:
        return np.sqrt(2.0 * direct) if options.linkage == "ward" else direct
    length = path_distance(direct ** (options.path_power / 2), options.path_neighbors)
    return length ** (1 / options.path_power) if options.linkage == "ward" else length


def _cuts(tree: DoubleArray, numbers: Sequence[int]) -> dict[int, IntArray]:
    """Labels of K groups, after the first n − K merges: exact also where heights tie."""
    n = len(tree) + 1
    label = np.arange(n)
    members = {leaf: np.array([leaf]) for leaf in range(n)}
    found = {n: label.copy()}
    for merge, (one, other) in enumerate(tree[: n - min(numbers), :2].astype(np.int64).tolist()):
        members[n + merge] = np.concatenate([members.pop(one), members.pop(other)])
        label[members[n + merge]] = n + merge
        if n - merge - 1 in numbers:
            found[n - merge - 1] = label.copy()
    return found
