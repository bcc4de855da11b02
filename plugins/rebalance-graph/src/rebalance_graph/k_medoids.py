"""Clustering `k-medoids`: the K averages to which all others are nearest in sum."""

from __future__ import annotations

import numpy as np

from rebalance.contracts import Clustering, ClusteringInput, Methods
from rebalance.model import ClusteringResult, DoubleArray, IntArray
from rebalance.options import Options, option
from rebalance.toolkit import in_canonical_order

PAPER = (
    "Schubert E. & Rousseeuw P.J. (2021) Fast and eager k-medoids clustering. Inf. Syst. 101, "
    "101804. doi:10.1016/j.is.2021.101804"
)


class KMedoidsOptions(Options):
    """Options of `KMedoids`."""

    max_iterations: int = option(300, "Largest number of rounds.", ge=1, le=100_000)


class KMedoids(Clustering):
    r"""Partition around medoids, by FasterPAM.

    Finds K averages m_1 … m_K that make the loss small,

    .. math:: L = \sum_i \min_k \left(1 - a_{i m_k}\right),

    by exchanging a medoid for another average as long as that lowers L (FasterPAM [1]_), from the
    start that the BUILD step of PAM [2]_ gives: the most central average, then again and again the
    one that lowers L most. An average belongs to the medoid it is most like.

    Nothing is random. Averages are put into an order that their affinities decide, so that ties
    don't fall by the order they come in.

    References
    ----------
    .. [1] E. Schubert and P. J. Rousseeuw, "Fast and eager k-medoids clustering: O(k) runtime
       improvement of the PAM, CLARA, and CLARANS algorithms", Inf. Syst. 101 (2021) 101804,
       algorithm 3, doi:10.1016/j.is.2021.101804.
    .. [2] L. Kaufman and P. J. Rousseeuw, "Finding groups in data", Wiley 1990, chapter 2.
    """

    options_model = KMedoidsOptions

    def methods(self, options: KMedoidsOptions) -> Methods:
        """For a methods paragraph."""
        return Methods("k-medoids (FasterPAM) {}", (PAPER,))

    def cluster(
        self,
        averages: ClusteringInput,
        n_superclasses: int | None,
        options: KMedoidsOptions,
        rng: np.random.Generator,
    ) -> ClusteringResult:
        """K superclasses around medoids; ``rng`` is not used."""
        if n_superclasses is None:
            raise ValueError("n_superclasses is needed")
        n = len(averages)
        if n_superclasses == n:
            return ClusteringResult(label=np.arange(n, dtype=np.int64))
        return ClusteringResult(
            label=in_canonical_order(
                averages,
                lambda ordered: _label(
                    ordered.affinity.astype(np.float64), n_superclasses, options.max_iterations
                ),
            )
        )


def _label(affinity: DoubleArray, n_groups: int, max_iterations: int) -> IntArray:
    import kmedoids

    distance = np.clip(1.0 - affinity, 0.0, None)
    np.fill_diagonal(distance, 0.0)
    start = kmedoids.pam_build(distance, n_groups)
    found = kmedoids.fasterpam(distance, np.array(start.medoids), max_iter=max_iterations, n_cpu=1)
    label = np.asarray(found.labels, dtype=np.int64)
    # A medoid of which another is a copy stays with itself: no superclass is left without one.
    label[np.asarray(found.medoids, dtype=np.int64)] = np.arange(n_groups)
    return label
