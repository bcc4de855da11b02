"""How the kit is asked: by name or instance, from Python, by pytest, without pytest."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import rebalance
from rebalance.contracts import Column, Plugin
from rebalance.errors import OptionError, PluginError
from rebalance.plugin_validation import CONTRACTS
from rebalance.testing import (
    BrokenPromises,
    Case,
    check_clustering,
    check_format,
    check_metric,
    check_strategy,
    checks_of,
    parametrize_with_checks,
)
from tests.testing import wrong_clusterings, wrong_formats, wrong_metrics, wrong_strategies


def test_a_plugin_that_keeps_its_promises_gives_an_outcome_for_each_check() -> None:
    outcomes = check_clustering("hierarchical", options={"linkage": "average"})
    assert [outcome.check for outcome in outcomes] == [one.name for one in checks_of("clustering")]
    assert {outcome.status for outcome in outcomes} == {"passed", "not applicable"}
    assert all(outcome.detail for outcome in outcomes if outcome.status == "not applicable")


@pytest.mark.parametrize(
    ("ask", "plugin", "promise", "place"),
    [
        (check_metric, wrong_metrics.NeverSure(), "identical-images", "pair (1, 4)"),
        (
            check_clustering,
            wrong_clusterings.BeginsWithTheFirst(),
            "order-of-averages",
            "averages, K = 2",
        ),
        (check_strategy, wrong_strategies.KeepsOneAnyway(), "cap-of-nothing", "particle"),
    ],
)
def test_a_broken_promise_is_an_error_that_says_which_and_where(
    ask: object, plugin: object, promise: str, place: str
) -> None:
    with pytest.raises(BrokenPromises) as raised:
        ask(plugin)  # type: ignore[operator]
    message = str(raised.value)
    assert type(plugin).__name__ in message
    assert "fails one check" in message
    assert promise in message
    assert place in message
    outcomes = ask(plugin, raises=False)  # type: ignore[operator]
    assert [outcome.check for outcome in outcomes if outcome.status == "failed"] == [promise]


@pytest.mark.parametrize(
    ("plugin", "check", "words"),
    [
        (wrong_clusterings.OrderCountsWithANumber(), "order-of-averages", "K = "),
        (wrong_clusterings.ParticlesOfOthers(), "order-of-averages", "shown in the order"),
        (wrong_clusterings.GivesABareArray(), "labels", "gave ndarray, expected a Clustering"),
        (wrong_strategies.NeverAsks(), "other-seed-other-particles", "or set is_random = False"),
        (wrong_strategies.SaysItIsNotRandom(), "other-seed-other-particles", "is_random = False"),
        (
            wrong_strategies.ScoresForPlaces(),
            "selection",
            "places() returned float64 (96,), expected int64 (96,)",
        ),
        (
            wrong_strategies.PlacesOfThoseThatMayStay(),
            "selection",
            "places() returned int64 (88,), expected int64 (96,)",
        ),
        (wrong_metrics.DoubleFeatures(), "dtype", "features() gave float64"),
        (wrong_metrics.GivesABareArray(), "shape", "tile() gave ndarray, expected a Block"),
        (
            wrong_metrics.TakesOffTheFirst(),
            "inputs-unchanged",
            "pair modified its input array, features.arrays",
        ),
        (
            wrong_metrics.NotesOfASortedSpectrum(),
            "inputs-unchanged",
            "notes() wrote to features['rows']",
        ),
        (wrong_metrics.NeverSure(), "identical-images", "depends on its place among the averages"),
        (wrong_metrics.TakesTheFirst(), "pair-symmetric", "with the two exchanged"),
    ],
)
def test_a_fault_that_used_to_slip_through_is_named(plugin: Any, check: str, words: str) -> None:
    ask = {"clustering": check_clustering, "strategy": check_strategy, "metric": check_metric}
    outcomes = ask[Case(plugin).kind](plugin, raises=False)
    found = {outcome.check: outcome.detail for outcome in outcomes if outcome.status == "failed"}
    assert words in found[check]


def test_of_a_plugin_that_breaks_its_contract_nothing_else_is_asked() -> None:
    outcomes = check_metric(wrong_metrics.ContractBroken(), raises=False)
    assert [one.check for one in outcomes if one.status == "failed"] == ["contract"]
    assert {one.status for one in outcomes[1:]} == {"not applicable"}
    assert "expected 'affinity' or 'distance'" in outcomes[0].detail


@pytest.mark.parametrize(
    "strategy", [wrong_strategies.ScoresForPlaces(), wrong_strategies.PlacesOfThoseThatMayStay()]
)
def test_places_that_can_not_be_used_fail_one_check(strategy: Any) -> None:
    outcomes = check_strategy(strategy, raises=False)
    assert [one.check for one in outcomes if one.status == "failed"] == ["selection"]
    assert "See selection." in {one.detail for one in outcomes}


def test_what_the_package_refuses_in_every_check_is_one_failure_without_advice_to_users() -> None:
    outcomes = check_metric(wrong_metrics.OneRingForAll(), raises=False)
    (failed,) = (one for one in outcomes if one.status == "failed")
    assert failed.check == "shape"
    assert failed.detail.startswith("OneRingForAll.features returned float32")
    assert "See shape." in {one.detail for one in outcomes}
    with pytest.raises(BrokenPromises, match=r"\n    Expected float32 \(N, F\)"):
        check_metric(wrong_metrics.OneRingForAll())
    unkept = check_metric(wrong_metrics.ResultsOfAFunction(), raises=False)
    assert not any("authors" in one.detail for one in unkept)


def test_advice_that_holds_where_no_fact_says_so_is_broken() -> None:
    failed = {
        one.check: one.detail
        for one in check_metric(wrong_metrics.AdviceOnRumour(), raises=False)
        if one.status == "failed"
    }
    assert list(failed) == ["advice-can-be-followed"]
    assert "where the fact 'is_sure' is True, which is None" in failed["advice-can-be-followed"]


def test_a_class_in_place_of_an_instance_is_named() -> None:
    (failed,) = (
        one
        for one in check_metric(wrong_metrics.Right, raises=False)  # type: ignore[arg-type]
        if one.status == "failed"
    )
    assert failed.detail == "It is a class. Give an instance of it: Right()."


def test_a_text_column_can_be_named_from_outside() -> None:
    strategy = wrong_strategies.SaysNotWhatItReads()
    failed = [one for one in check_strategy(strategy, raises=False) if one.status == "failed"]
    assert "no column 'myName'" in failed[0].detail
    check_strategy(strategy, columns=(Column("myName", "text"), "myScore"))


def test_the_kit_asks_for_no_member_of_a_plugin_by_a_probe() -> None:
    members = {
        name
        for contract in (Plugin, *CONTRACTS.values())
        for name in {**contract.__annotations__, **vars(contract)}
        if not name.startswith("_")
    }
    probe = re.compile(r"\b(?:hasattr|getattr)\([^()]*(?:\([^()]*\))?[^()]*?\"(\w+)\"")
    package = Path(rebalance.__file__).parent
    found = [
        (path.relative_to(package).as_posix(), name)
        for path in package.rglob("*.py")
        if path.name != "plugin_validation.py"
        for name in probe.findall(path.read_text(encoding="utf-8"))
        if name in members
    ]
    assert not found


def test_an_error_says_where_the_plugin_raised_it_and_is_told_once() -> None:
    with pytest.raises(BrokenPromises) as raised:
        check_clustering(wrong_clusterings.AlwaysFails())  # type: ignore[arg-type]
    message = str(raised.value)
    told = "It raised IndexError: out of order (cluster, "
    assert message.count(told) == 1
    assert f"{wrong_clusterings.__file__}, line " in message
    assert "Same as labels." in message


def test_a_format_is_checked_with_the_examples_that_are_given(tmp_path: Path) -> None:
    outcomes = check_format(wrong_formats.Right(), examples=wrong_formats.examples(tmp_path))
    assert {outcome.status for outcome in outcomes} == {"passed"}
    without = check_format(wrong_formats.Right(), raises=False)
    reasons = {outcome.detail for outcome in without if outcome.status == "not applicable"}
    assert any("No example files were given" in reason for reason in reasons)


def test_a_score_of_the_strategys_own_is_added_to_the_table() -> None:
    options = {"column": "myScore", "direction": "high"}
    with pytest.raises(OptionError, match="myScore"):
        check_strategy("best", options=options)
    check_strategy("best", options=options, columns=("myScore",))


def test_a_column_that_is_read_and_was_not_named_says_how_to_name_it() -> None:
    strategy: Any = wrong_strategies.ReadsAColumn()
    failed = [one for one in check_strategy(strategy, raises=False) if one.status == "failed"]
    assert "no column 'myScore'" in failed[0].detail
    assert "give them as `columns`" in failed[0].detail
    check_strategy(strategy, columns=("myScore",))


def test_options_that_are_given_wrong_are_no_fault_of_the_plugin() -> None:
    with pytest.raises(OptionError, match="did you mean 'linkage'"):
        check_clustering("hierarchical", options={"linkge": "ward"})


def test_a_plugin_that_is_not_there_is_named() -> None:
    with pytest.raises(PluginError, match="no metric 'frcc'"):
        check_metric("frcc")
    with pytest.raises(PluginError, match="nothing-of-that-name"):
        Case("nothing-of-that-name")
    with pytest.raises(PluginError, match="kind of object is not clear"):
        Case(object())


def test_pytest_gets_one_test_for_each_plugin_and_check() -> None:
    mark = parametrize_with_checks(["random", wrong_clusterings.Right()]).mark
    name, parameters = mark.args
    assert name == "check"
    assert [parameter.id for parameter in parameters] == [
        *(f"random-{check.name}" for check in checks_of("strategy")),
        *(f"Right-{check.name}" for check in checks_of("clustering")),
    ]


def test_a_check_passes_fails_or_skips() -> None:
    parameters = parametrize_with_checks([wrong_clusterings.AtMostFour()]).mark.args[1]
    bound = {parameter.id.partition("-")[2]: parameter.values[0] for parameter in parameters}
    bound["labels"]()
    with pytest.raises(BrokenPromises, match="expected 5"):
        bound["number-respected"]()
    with pytest.raises(pytest.skip.Exception, match="does not find the number"):
        bound["number-found"]()


def test_the_kit_needs_neither_pytest_nor_the_tests(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "sys.modules['pytest'] = sys.modules['tests'] = None\n"
        "from rebalance.testing import check_clustering, check_strategy\n"
        "check_strategy('random'); check_clustering('identity')\n"
        "print('kept')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.stdout.strip() == "kept", done.stderr


def test_nothing_that_is_made_for_a_check_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gc

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    check_format("stack")
    gc.collect()
    assert not list(tmp_path.iterdir())
