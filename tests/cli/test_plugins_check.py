"""`rebalance plugins check` says which promises a plugin keeps."""

from __future__ import annotations

import json
import types
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rebalance.cli import app
from rebalance.hookspecs import PluginSpec, hookimpl
from rebalance.registry import Registry
from rebalance.testing import checks_of

ENVIRONMENT = {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}


def type_in(*words: str) -> Result:
    return CliRunner().invoke(app, ["plugins", "check", *words], env=ENVIRONMENT)


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with a clustering that makes four superclasses at most."""
    found, package = Registry(), types.ModuleType("wrong")

    @hookimpl
    def rebalance_clusterings() -> list[PluginSpec]:
        place = "tests.testing.wrong_clusterings:AtMostFour"
        talks = "tests.testing.wrong_clusterings:Talks"
        return [
            PluginSpec("four", "Four.", place),
            PluginSpec("random", "Four.", place),
            PluginSpec("talks", "Prints.", talks),
        ]

    @hookimpl
    def rebalance_strategies() -> list[PluginSpec]:
        place = "tests.testing.wrong_strategies:SaysNotWhatItReads"
        return [PluginSpec("by-name", "By name.", place)]

    package.rebalance_strategies = rebalance_strategies  # type: ignore[attr-defined]
    package.rebalance_clusterings = rebalance_clusterings  # type: ignore[attr-defined]
    found.add(package, package="rebalance-four", version="1")
    for user in ("rebalance.registry", "rebalance.testing.case"):
        monkeypatch.setattr(f"{user}.registry", lambda: found)


def test_each_check_has_a_line() -> None:
    result = type_in("random")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    for check in checks_of("strategy"):
        assert sum(line.startswith(check.name + " ") for line in lines) == 1
    assert "failed" not in result.stdout


def test_a_broken_promise_is_told_and_exits_with_2(wrong: None) -> None:
    result = type_in("four")
    assert result.exit_code == 2
    text = " ".join(result.stdout.split())
    assert "number-respected failed It makes exactly the requested number of superclasses" in text
    assert "4 superclasses of 9 averages, expected 5." in text
    assert "1 failed" in text
    assert "Traceback" not in result.output


def test_plugins_of_one_name_are_all_checked_unless_a_kind_is_given(wrong: None) -> None:
    both = type_in("random")
    assert both.exit_code == 2
    assert "strategy random" in both.stdout
    assert "clustering random" in both.stdout
    one = type_in("random", "--kind", "strategy")
    assert one.exit_code == 0
    assert "clustering random" not in one.stdout


def test_json_has_what_was_promised(wrong: None) -> None:
    result = type_in("four", "--json")
    assert result.exit_code == 2
    outcomes = json.loads(result.stdout)["outcomes"]
    failed = [outcome for outcome in outcomes if outcome["status"] == "failed"]
    assert [outcome["check"] for outcome in failed] == ["number-respected"]
    assert failed[0].keys() == {"plugin", "kind", "check", "promise", "status", "detail"}


def test_what_a_plugin_prints_is_no_part_of_the_json(wrong: None) -> None:
    result = type_in("talks", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["outcomes"]
    assert "hello" in result.stderr


def test_a_column_may_be_of_text(wrong: None) -> None:
    columns = ("--column", "myName:text", "--column", "myScore")
    assert type_in("by-name", *columns).exit_code == 0
    assert "no column 'myName'" in " ".join(type_in("by-name").output.split())


def test_options_and_columns_are_handed_over() -> None:
    column = ("--set", "strategy.column=myScore", "--set", "strategy.direction=high")
    assert type_in("best", *column, "--column", "myScore").exit_code == 0
    without = type_in("best", *column)
    assert without.exit_code == 2
    assert "--column" in without.stderr


def test_example_files_are_handed_over(simulated_job: Path) -> None:
    result = type_in("relion", "--example", str(simulated_job))
    assert result.exit_code == 0, result.output
    missing = type_in("relion", "--example", "no/such/file.star")
    assert missing.exit_code == 2
    assert "no/such/file.star" in missing.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("hierarchicl",), "did you mean 'hierarchical'?"),
        (("frc", "--kind", "clustering"), "no clustering 'frc'"),
        (("frc", "--kind", "colour"), "no plugins of kind 'colour'"),
        (("random", "--set", "strategy.no=1"), "no option 'no'"),
        (("random", "--set", "metric.mirror=false"), "can't be used"),
        (("random", "--example", __file__), "--example can't be used: random is a strategy"),
        (("frc", "--column", "myScore"), "--column can't be used: frc is a metric"),
    ],
)
def test_a_mistake_is_named(words: tuple[str, ...], said: str) -> None:
    result = type_in(*words)
    assert result.exit_code == 2
    assert said in result.stderr
