"""The baselines keep the promises of every metric and clustering."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("rebalance_baselines", reason="rebalance-baselines is not installed")

from rebalance_baselines.k_means import KMeansClustering
from rebalance_baselines.principal_components import PrincipalComponents

from rebalance.testing import Case, parametrize_with_checks


@parametrize_with_checks(
    [
        "euclidean",
        "unaligned",
        "rotational-profile",
        "principal-components",
        Case(PrincipalComponents(), options={"n_components": 2, "mask_diameter": "30px"}),
        "k-means",
        Case(KMeansClustering(), options={"n_starts": 1}),
    ]
)
def test_baselines_keep_their_promises(check: Callable[[], None]) -> None:
    check()
