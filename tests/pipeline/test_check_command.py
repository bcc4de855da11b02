"""What a form asks for is checked before its command is run, without reading data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rebalance.errors import InputError, OptionError, PluginError, RebalanceError
from rebalance.pipeline.check_command import check_command
from rebalance.settings.listed import settings_of_command

ENOUGH: dict[str, dict[str, Any]] = {
    "run": {"path": "nowhere.star", "n_superclasses": 8},
    "orientations": {"path": "nowhere.star"},
    "diagnose": {"path": "nowhere.star"},
}


@pytest.mark.parametrize("command", ENOUGH)
def test_the_input_need_not_be_there(command: str) -> None:
    check_command(command, ENOUGH[command])


@pytest.mark.parametrize(
    ("command", "settings", "error", "said"),
    [
        ("run", {"n_superclasses": None}, OptionError, "needs the number of superclasses"),
        ("run", {"metric": "veiws"}, PluginError, "did you mean 'views'"),
        ("run", {"options": ["metric.mx_shift=4px"]}, OptionError, "mx_shift"),
        ("run", {"metric.max_shift": "4 stones"}, OptionError, "stones"),
        ("run", {"subsets": 3}, RebalanceError, "nothing is balanced"),
        ("run", {"labels": "nowhere.csv", "n_superclasses": None}, InputError, "does not exist"),
        ("run", {"view_width": 20, "n_superclasses": None, "metric": "frc"}, OptionError, "angle"),
        ("orientations", {"symmetry": "K"}, OptionError, "not a rotational point group"),
        ("orientations", {"percentile": 80, "factor": 0.5}, OptionError, "both limit"),
        ("orientations", {"strategy": "bset"}, PluginError, "did you mean 'best'"),
        ("diagnose", {"symmetry": "D0"}, OptionError, "not a rotational point group"),
        ("diagnose", {"path": None}, OptionError, "nothing to diagnose"),
    ],
)
def test_mistakes_are_found(
    command: str, settings: dict[str, Any], error: type[RebalanceError], said: str
) -> None:
    with pytest.raises(error, match=said):
        check_command(command, {**ENOUGH[command], **settings})


@pytest.mark.parametrize("symmetry", ["C1", "d7", "I1", "I4"])
def test_point_groups_of_every_program_pass(symmetry: str) -> None:
    check_command("orientations", {"path": "x", "symmetry": symmetry})


CHECKED_AGAINST_THE_DATA = {"min_class_particles"}
"""Whose mistakes are found when classes are known."""


@pytest.mark.parametrize(
    ("command", "name", "value"),
    [
        (command, one.name, bound + step)
        for command in ENOUGH
        for one in settings_of_command(command)
        if one.name not in CHECKED_AGAINST_THE_DATA
        for bound, step in zip(one.bounds, (-1, 1), strict=True)
        if bound is not None
    ],
)
def test_numbers_out_of_the_bounds_that_are_listed_are_refused(
    command: str, name: str, value: float
) -> None:
    replaced = {"view_width": {"n_superclasses": None}}.get(name, {})
    with pytest.raises(OptionError):
        check_command(command, {**ENOUGH[command], **replaced, name: value})


@pytest.mark.parametrize(
    ("command", "name", "value"),
    [
        (command, one.name, inside)
        for command in ENOUGH
        for one in settings_of_command(command)
        if one.bounds != (None, None)
        for inside in {(one.bounds[0] or 0) + 1, one.bounds[1]} - {None}
    ],
)
def test_numbers_within_the_bounds_pass(command: str, name: str, value: Any) -> None:
    replaced = {"view_width": {"n_superclasses": None}}.get(name, {})
    check_command(command, {**ENOUGH[command], **replaced, name: value})


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check_command("run", {**ENOUGH["run"], "output": "results"})
    assert not list(tmp_path.iterdir())
