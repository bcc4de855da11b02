"""The metrics keep the promises of every metric, with several options."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("rebalance_blend", reason="rebalance-blend is not installed")

from rebalance_blend.simple_hybrid import SimpleHybrid

from rebalance.testing import Case, parametrize_with_checks


@parametrize_with_checks(
    [
        "blend",
        "simple-hybrid",
        Case(
            SimpleHybrid(),
            options={"signal_weight": 0, "mask_diameter": "60px", "spectrum_from": "16px"},
        ),
    ]
)
def test_metrics_keep_their_promises(check: Callable[[], None]) -> None:
    check()
