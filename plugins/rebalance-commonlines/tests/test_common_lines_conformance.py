"""The metric keeps the promises of every metric, with several options."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("rebalance_commonlines", reason="rebalance-commonlines is not installed")

from rebalance_commonlines.common_lines import CommonLines

from rebalance.testing import Case, parametrize_with_checks


@parametrize_with_checks(
    [
        "common-lines",
        Case(CommonLines(), options={"compare": "spectra", "angle_step": 10}),
        Case(CommonLines(), options={"shift": "any", "object": "all", "angle_step": 15}),
        Case(CommonLines(), options={"normalise": "mass", "angle_step": 15}),
    ]
)
def test_metric_keeps_its_promises(check: Callable[[], None]) -> None:
    check()
