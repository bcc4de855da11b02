"""Spectral clustering: groups that the graph of affinities falls into when cut where it is thin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from rebalance.contracts import Clustering, ClusteringInput, Methods
from rebalance.model import ClusteringResult, DoubleArray, IntArray
from rebalance.options import Options, option

_AT_LEAST = 60
"""Eigenvectors computed for any smaller number of superclasses."""

_FIRST_PIVOT = 1e-6
"""Separates rows that tie for the first pivot; far above rounding errors."""

PAPER = (
    "Ng A, Jordan M, Weiss Y (2001) On spectral clustering: analysis and an algorithm. "
    "Advances in Neural Information Processing Systems 14"
)


class SpectralOptions(Options):
    """Options of `Spectral`."""

    scaling: Literal["power", "local"] = option(
        "power", "How an affinity becomes the weight of an edge: a power of it, or local scaling."
    )
    power: float = option(2.0, "Exponent of the affinity with scaling=power.", gt=0, le=64)
    neighbours: int = option(
        7,
        "With scaling=local: the neighbor whose distance is used as the scale of an average.",
        ge=1,
    )
    n_init: int = option(
        0,
        "Random starts of k-means; 0 uses one start, from the pivots of the embedding.",
        ge=0,
        le=1000,
    )


class Spectral(Clustering):
    r"""Spectral clustering of the affinity graph (Ng, Jordan and Weiss [1]_).

    1. Weights W_ij, W_ii = 0: a_ij^power, or with local scaling [2]_
       exp(−d_ij² / (σ_i σ_j)), d² = 2 (1 − a), σ_i the distance to a neighbor of given rank.
    2. The K leading eigenvectors X of D^−½ W D^−½, D = diag(Σ_j W_ij); rows scaled to length 1.
    3. k-means of the rows. It starts from the rows that a pivoted QR decomposition of Xᵀ picks
       [3]_, which are far apart, depend on nothing random and not on the order of the averages;
       with ``n_init`` > 0 from random rows, and the best of so many starts.

    An average without any edge is a component of its own. Every superclass keeps at least one
    average: an empty one takes the average that is farthest from its center.

    References
    ----------
    .. [1] A. Ng, M. Jordan and Y. Weiss, "On spectral clustering: analysis and an algorithm",
       NIPS 14 (2001), section 2.
    .. [2] L. Zelnik-Manor and P. Perona, "Self-tuning spectral clustering", NIPS 17 (2004), eq. 1.
    .. [3] A. Damle, V. Minden and L. Ying, "Simple, direct and efficient multi-way spectral
       clustering", Information and Inference 8 (2019) 181, algorithm 1, doi:10.1093/imaiai/iay008.
    """

    options_model = SpectralOptions

    def methods(self, options: SpectralOptions) -> Methods:
        """For a methods paragraph."""
        return Methods("spectral clustering {}", (PAPER,))

    def cluster(
        self,
        averages: ClusteringInput,
        n_superclasses: int | None,
        options: SpectralOptions,
        rng: np.random.Generator,
    ) -> ClusteringResult:
        if n_superclasses is None:
            raise ValueError("n_superclasses is needed")
        return self.cluster_many(averages, (n_superclasses,), options, rng)[n_superclasses]

    def cluster_many(
        self,
        averages: ClusteringInput,
        numbers: Sequence[int],
        options: SpectralOptions,
        rng: np.random.Generator,
    ) -> dict[int, ClusteringResult]:
        """Every number of superclasses from one decomposition."""
        n = len(averages)
        most = max((number for number in numbers if number < n), default=1)
        vectors = np.empty((n, 0))
        if most > 1:
            edges = _edges(averages.affinity.astype(np.float64), options)
            # As many for every number, so that its labels don't depend on what else is asked for.
            vectors = _leading_vectors(edges, min(n, max(most, _AT_LEAST)))
        # Each number draws what it would draw by itself.
        state = rng.bit_generator.state
        found = {}
        for number in numbers:
            rng.bit_generator.state = state
            found[number] = self._cluster(vectors, n, number, options, rng)
        return found

    def _cluster(
        self,
        vectors: DoubleArray,
        n: int,
        n_superclasses: int,
        options: SpectralOptions,
        rng: np.random.Generator,
    ) -> ClusteringResult:
        if n_superclasses == 1:
            return ClusteringResult(label=np.zeros(n, dtype=np.int64))
        if n_superclasses == n:
            return ClusteringResult(label=np.arange(n, dtype=np.int64))
        vectors = vectors[:, -n_superclasses:]
        rows = _unit_rows(vectors)
        starts = (
            [_pivots(vectors, n_superclasses)]
            if options.n_init == 0
            else _draws(vectors, n_superclasses, options.n_init, rng)
        )
        found = [_k_means(rows, rows[start]) for start in starts]
        label, _ = min(found, key=lambda result: result[1])
        return ClusteringResult(label=label)


def _edges(affinity: DoubleArray, options: SpectralOptions) -> DoubleArray:
    if options.scaling == "power":
        edges = np.clip(affinity, 0.0, 1.0) ** options.power
    else:
        squared = np.clip(2.0 * (1.0 - affinity), 0.0, None)
        np.fill_diagonal(squared, 0.0)
        rank = min(options.neighbours, len(affinity) - 1)
        scale = np.sqrt(np.partition(squared, rank, axis=1)[:, rank])
        # Copies of one image have scale 0: any distance at all is far for them.
        product = np.maximum(np.outer(scale, scale), np.finfo(np.float64).tiny)
        edges = np.exp(-squared / product)
    np.fill_diagonal(edges, 0.0)
    return edges


def _leading_vectors(edges: DoubleArray, number: int) -> DoubleArray:
    from scipy.linalg import eigh

    degree = edges.sum(axis=1)
    alone = np.flatnonzero(degree < 1e-12)
    edges[alone, :] = edges[:, alone] = 0.0
    edges[alone, alone] = 1.0
    root = np.sqrt(np.where(degree < 1e-12, 1.0, degree))
    n = len(edges)
    return eigh(edges / root[:, None] / root[None, :], subset_by_index=[n - number, n - 1])[1]


def _unit_rows(vectors: DoubleArray) -> DoubleArray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(length, np.finfo(np.float64).tiny)


def _pivots(vectors: DoubleArray, n_groups: int) -> IntArray:
    """Averages whose unit rows are far apart, the first of them that of the longest row."""
    from scipy.linalg import qr

    # Rows of length 1 are all as good for the first pivot, and rounding, which depends on the
    # order of the averages, would choose.
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = _unit_rows(vectors) * (1.0 + _FIRST_PIVOT * length / length.max())
    return qr(rows.T, mode="economic", pivoting=True)[2][:n_groups].astype(np.int64)


def _draws(
    vectors: DoubleArray, n_groups: int, n_init: int, rng: np.random.Generator
) -> list[IntArray]:
    """Averages drawn at random, whatever the order in which they are shown."""
    order = np.argsort(np.linalg.norm(vectors, axis=1))
    return [order[rng.choice(len(order), n_groups, replace=False)] for _ in range(n_init)]


def _k_means(rows: DoubleArray, centres: DoubleArray) -> tuple[IntArray, float]:
    """Lloyd's iterations until nothing moves; labels and the sum of squared distances."""
    from scipy.spatial.distance import cdist

    label = np.full(len(rows), -1)
    for _ in range(300):
        distance = cdist(rows, centres, "sqeuclidean")
        new = distance.argmin(axis=1)
        for empty in np.setdiff1d(np.arange(len(centres)), new):
            shared = np.bincount(new, minlength=len(centres))[new] > 1
            farthest = np.where(shared, distance[np.arange(len(rows)), new], -1.0).argmax()
            new[farthest] = empty
        if np.array_equal(new, label):
            break
        label = new
        centres = np.stack([rows[label == group].mean(axis=0) for group in range(len(centres))])
    return label.astype(np.int64), float(((rows - centres[label]) ** 2).sum())
