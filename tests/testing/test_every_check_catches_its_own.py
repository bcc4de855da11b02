"""Every check of the kit fails the plugin that breaks its promise, and no other check does.

A fault that has to show in two checks states so beside the plugin, with the reason.
"""

from __future__ import annotations

from typing import Any

import pytest

from rebalance.testing import Case, checks_of
from rebalance.testing.kit import outcomes_of
from tests.testing import wrong_clusterings, wrong_formats, wrong_metrics, wrong_strategies

ROOMS: dict[str, Any] = {
    "metric": wrong_metrics,
    "clustering": wrong_clusterings,
    "strategy": wrong_strategies,
    "format": wrong_formats,
}
FAULTS = [(kind, check) for kind, room in ROOMS.items() for check in room.WRONG]
RIGHT = [(kind, plugin) for kind, room in ROOMS.items() for plugin in room.RIGHT]


def case_of(kind: str, plugin: Any, tmp_path: Any) -> Case:
    examples = wrong_formats.examples(tmp_path) if kind == "format" else ()
    return Case(plugin, kind, examples=examples)


@pytest.mark.parametrize("kind", ROOMS)
def test_no_check_is_without_a_wrong_plugin(kind: str) -> None:
    assert {check.name for check in checks_of(kind)} == set(ROOMS[kind].WRONG)


@pytest.mark.parametrize("kind", ROOMS)
def test_every_check_states_its_promise_under_a_name_of_its_own(kind: str) -> None:
    checks = checks_of(kind)
    assert len({check.name for check in checks}) == len(checks)
    for check in checks:
        assert check.promise.endswith(".")
        assert len(check.promise) > 20


@pytest.mark.parametrize(("kind", "check"), FAULTS, ids=[f"{k}-{c}" for k, c in FAULTS])
def test_a_plugin_that_is_wrong_in_one_way_fails_that_check(
    kind: str, check: str, tmp_path: Any
) -> None:
    plugin, also = ROOMS[kind].WRONG[check]
    failed = {
        outcome.check: outcome.detail
        for outcome in outcomes_of(case_of(kind, plugin, tmp_path))
        if outcome.status == "failed"
    }
    assert set(failed) == {check, *also}, failed
    assert failed[check]


@pytest.mark.parametrize(
    ("kind", "plugin"), RIGHT, ids=[f"{k}-{type(plugin).__name__}" for k, plugin in RIGHT]
)
def test_the_plugin_that_the_wrong_ones_are_made_from_is_right(
    kind: str, plugin: Any, tmp_path: Any
) -> None:
    outcomes = list(outcomes_of(case_of(kind, plugin, tmp_path)))
    assert not [outcome for outcome in outcomes if outcome.status == "failed"]
