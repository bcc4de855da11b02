"""The clusterings keep the promises of every clustering, with several options."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("rebalance_graph", reason="rebalance-graph is not installed")

from rebalance_graph.affinity_propagation import AffinityPropagation
from rebalance_graph.hdbscan import Hdbscan
from rebalance_graph.k_medoids import KMedoids
from rebalance_graph.leiden import Leiden

from rebalance.testing import Case, parametrize_with_checks


@parametrize_with_checks(
    [
        "leiden",
        "hdbscan",
        "affinity-propagation",
        "k-medoids",
        Case(Leiden(), options={"graph": "threshold", "threshold": 0.3, "n_starts": 3}),
        Case(Leiden(), options={"neighbours": 2, "power": 4, "n_starts": 3}),
        Case(Hdbscan(), options={"min_cluster_size": 2, "noise": "alone", "method": "leaf"}),
        Case(AffinityPropagation(), options={"preference": 0.2, "damping": 0.9}),
        Case(KMedoids(), options={"max_iterations": 1}),
    ]
)
def test_clusterings_keep_their_promises(check: Callable[[], None]) -> None:
    check()
