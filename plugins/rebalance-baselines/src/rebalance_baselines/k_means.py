"""Clustering `k-means`: K centers in the space that the affinity spans."""

from __future__ import annotations

import numpy as np

from rebalance.contracts import Clustering, ClusteringInput, Methods
from rebalance.model import ClusteringResult, DoubleArray, IntArray
from rebalance.options import Options, option

PAPER = (
    "Lloyd S.P. (1982) Least squares quantization in PCM. IEEE Trans. Inf. Theory 28, 129–137. "
    "doi:10.1109/TIT.1982.1056489"
)


class KMeansOptions(Options):
    """Options of `KMeansClustering`."""

    n_starts: int = option(10, "Number of random starts; the best one is used.", ge=1, le=10_000)


class KMeansClustering(Clustering):
    r"""K-means on coordinates by classical scaling.

    An affinity a stands for distances :math:`d^2 = 2 (1 - a)`, those of unit vectors with the
    scalar products a. Classical scaling [1]_ finds coordinates of these distances: with
    :math:`J = 1 - 1/n`, :math:`-\tfrac{1}{2} J d^2 J = J a J = V \Lambda V^T`, and the coordinates
    are :math:`V \Lambda^{1/2}`, of which those of negative :math:`\Lambda` are left out. On them
    Lloyd's iterations [2]_ start from k-means++, ``n_starts`` times.

    Averages are put into an order that their affinities decide first, so that the one they come in
    does not count.

    References
    ----------
    .. [1] W. S. Torgerson, "Multidimensional scaling: I. Theory and method", Psychometrika 17
       (1952) 401, doi:10.1007/BF02288916.
    .. [2] S. P. Lloyd, "Least squares quantization in PCM", IEEE Trans. Inf. Theory 28 (1982) 129,
       doi:10.1109/TIT.1982.1056489.
    """

    options_model = KMeansOptions

    def methods(self, options: KMeansOptions) -> Methods:
        """For a methods paragraph."""
        return Methods("k-means {} in the space that the affinity spans", (PAPER,))

    def cluster(
        self,
        averages: ClusteringInput,
        n_superclasses: int | None,
        options: KMeansOptions,
        rng: np.random.Generator,
    ) -> ClusteringResult:
        """K superclasses about centers."""
        from sklearn.cluster import KMeans

        if n_superclasses is None:
            raise ValueError("n_superclasses is needed")
        n = len(averages)
        if n_superclasses == n:
            return ClusteringResult(label=np.arange(n, dtype=np.int64))
        order = np.lexsort(np.sort(averages.affinity, axis=1).T)
        points = coordinates(averages.affinity[np.ix_(order, order)].astype(np.float64))
        _, place = np.unique(np.round(points, 9), axis=0, return_inverse=True)
        place = place.reshape(-1).astype(np.int64)
        if place.max() + 1 > n_superclasses:
            seed = int(rng.integers(2**31))
            found = KMeans(n_superclasses, n_init=options.n_starts, random_state=seed).fit(points)
            place = found.labels_.astype(np.int64)
        label = np.empty(n, dtype=np.int64)
        label[order] = _filled(place, n_superclasses)
        return ClusteringResult(label=label)


def coordinates(affinity: DoubleArray) -> DoubleArray:
    """Classical scaling of the distances √(2 (1 − affinity)); float64 (n, positive dimensions)."""
    from scipy.linalg import eigh

    centred = affinity - affinity.mean(axis=0)
    centred -= centred.mean(axis=1, keepdims=True)
    value, vector = eigh((centred + centred.T) / 2)
    used = value > 1e-9 * max(value.max(), 0.0)
    found: DoubleArray = vector[:, used] * np.sqrt(value[used])
    return found


def _filled(label: IntArray, n_groups: int) -> IntArray:
    """Copies of one image leave centers without any: these get members of the largest groups."""
    label = np.unique(label, return_inverse=True)[1].reshape(-1).astype(np.int64)
    for number in range(int(label.max()) + 1, n_groups):
        label[np.flatnonzero(label == np.bincount(label).argmax())[-1]] = number
    return label
