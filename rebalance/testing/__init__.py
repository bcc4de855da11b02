"""The conformance kit: named checks of a plugin against the contract of its kind.

For plugin authors and for the built-in plugins. Each check tests one promise; a failure says which,
and for which pair, average, particle or file.

>>> from rebalance.testing import check_clustering
>>> outcomes = check_clustering("hierarchical")
>>> {outcome.status for outcome in outcomes} <= {"passed", "not applicable"}
True

With pytest, one test for each plugin and check::

    @parametrize_with_checks([MyMetric()])
    def test_my_metric_keeps_its_promises(check):
        check()
"""

from __future__ import annotations

from rebalance.testing.case import Case
from rebalance.testing.kit import (
    check_clustering,
    check_format,
    check_metric,
    check_strategy,
    checks_of,
)
from rebalance.testing.outcome import BrokenPromises, Check, Outcome
from rebalance.testing.parametrise import parametrize_with_checks

__all__ = [
    "BrokenPromises",
    "Case",
    "Check",
    "Outcome",
    "check_clustering",
    "check_format",
    "check_metric",
    "check_strategy",
    "checks_of",
    "parametrize_with_checks",
]
