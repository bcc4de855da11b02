"""Clustering `hdbscan`: regions that are denser than what lies between them."""

from __future__ import annotations

from typing import Literal

import numpy as np

from rebalance.contracts import Clustering, ClusteringInput, Methods
from rebalance.errors import OptionError
from rebalance.model import ClusteringResult, DoubleArray, IntArray
from rebalance.options import Options, option
from rebalance.toolkit import in_canonical_order

_NOISE = -1

PAPER = (
    "Campello R.J.G.B., Moulavi D., Zimek A. & Sander J. (2015) Hierarchical density "
    "estimates for data clustering, visualization, and outlier detection. ACM Trans. Knowl. "
    "Discov. Data 10, 5. doi:10.1145/2733381"
)


class HdbscanOptions(Options):
    """Options of `Hdbscan`."""

    min_cluster_size: int = option(
        3, "Smallest number of class averages in a superclass.", unit="class averages", ge=2
    )
    min_samples: int = option(
        2,
        "Number of averages, including itself, that must be near for a place to be dense.",
        unit="class averages",
        ge=1,
    )
    method: Literal["eom", "leaf"] = option(
        "eom", "Use the most persistent regions (eom), or the smallest ones (leaf)."
    )
    noise: Literal["nearest", "alone"] = option(
        "nearest",
        "Averages in no region: add them to the most similar superclass, or make each a "
        "superclass.",
    )


class Hdbscan(Clustering):
    """Hierarchical density-based clustering of the distances 1 − affinity.

    HDBSCAN [1]_ [2]_ as scikit-learn has it. The distance of two averages is raised to that of
    their ``min_samples``-th nearest, themselves included (mutual reachability). Of the tree that
    single linkage makes of it those branches are taken that hold ``min_cluster_size`` averages over
    the widest range of densities.

    It finds the number of superclasses, and can't be told it: **K given is an error**.

    Averages that lie in no dense region are noise to HDBSCAN, but their particles must go
    somewhere: each joins the superclass to which its mean affinity is highest, or is a superclass
    of its own. If there is no dense region at all, nothing is told apart: with ``noise=nearest``
    there is one superclass.

    Nothing is random. Averages are put into an order that their affinities decide, so that ties
    don't fall by the order they come in.

    References
    ----------
    .. [1] R. J. G. B. Campello, D. Moulavi and J. Sander, "Density-based clustering based on
       hierarchical density estimates", PAKDD 2013, 160, doi:10.1007/978-3-642-37456-2_14.
    .. [2] R. J. G. B. Campello, D. Moulavi, A. Zimek and J. Sander, "Hierarchical density
       estimates for data clustering, visualization, and outlier detection", ACM TKDD 10 (2015) 5,
       algorithm 1 and eq. 3, doi:10.1145/2733381.
    """

    options_model = HdbscanOptions
    finds_number = True

    def methods(self, options: HdbscanOptions) -> Methods:
        """For a methods paragraph."""
        return Methods("hierarchical density-based clustering (HDBSCAN) {}", (PAPER,))

    def cluster(
        self,
        averages: ClusteringInput,
        n_superclasses: int | None,
        options: HdbscanOptions,
        rng: np.random.Generator,
    ) -> ClusteringResult:
        """Dense regions; ``rng`` is not used.

        Raises
        ------
        OptionError
            If ``n_superclasses`` is given.
        """
        if n_superclasses is not None:
            raise OptionError(
                "The clustering hdbscan finds the number of superclasses by itself, so "
                f"{n_superclasses} can't be requested.",
                hint="Leave out `n_superclasses` and change clustering.min_cluster_size, or "
                "choose another clustering (rebalance plugins).",
            )
        return ClusteringResult(
            label=in_canonical_order(
                averages,
                lambda ordered: _label(ordered.affinity.astype(np.float64), options),
            )
        )


def _label(affinity: DoubleArray, options: HdbscanOptions) -> IntArray:
    n = len(affinity)
    label = np.full(n, _NOISE, dtype=np.int64)
    if n >= options.min_cluster_size:
        from sklearn.cluster import HDBSCAN

        distance = np.clip(1.0 - affinity, 0.0, None)
        np.fill_diagonal(distance, 0.0)
        label = (
            HDBSCAN(
                min_cluster_size=options.min_cluster_size,
                min_samples=min(options.min_samples, n),
                metric="precomputed",
                cluster_selection_method=options.method,
                copy=True,
            )
            .fit_predict(distance)
            .astype(np.int64)
        )
    return _place_noise(label, affinity, options.noise)


def _place_noise(label: IntArray, affinity: DoubleArray, where: str) -> IntArray:
    label = label.copy()
    noise = np.flatnonzero(label == _NOISE)
    n_found = int(label.max(initial=_NOISE)) + 1
    if where == "alone":
        label[noise] = n_found + np.arange(len(noise))
    elif n_found == 0:
        label[:] = 0
    elif len(noise):
        member = np.eye(n_found)[label[label != _NOISE]]
        mean = affinity[np.ix_(noise, label != _NOISE)] @ member / member.sum(axis=0)
        label[noise] = mean.argmax(axis=1)
    return label
