"""Every plugin that comes with the package passes the conformance kit."""

from __future__ import annotations

from collections.abc import Callable

from rebalance import builtin_plugins
from rebalance.testing import Case, parametrize_with_checks

CASES = [
    *(Case(spec.name, "metric") for spec in builtin_plugins.rebalance_metrics()),
    *(Case(spec.name, "clustering") for spec in builtin_plugins.rebalance_clusterings()),
    *(Case(spec.name, "strategy") for spec in builtin_plugins.rebalance_strategies()),
    *(Case(spec.name, "format") for spec in builtin_plugins.rebalance_formats()),
]


@parametrize_with_checks(CASES)
def test_a_built_in_plugin_keeps_its_promises(check: Callable[[], None]) -> None:
    check()
