"""What a form of another program needs to know of settings is listed, and comes to a command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from rebalance.cli import app
from rebalance.errors import OptionError, UnknownSettingError
from rebalance.settings.flags import MODELS
from rebalance.settings.listed import ListedSetting, settings_of_command, words_of_command
from rebalance.settings.setting import settings_of

COMMANDS = [model.command for model in MODELS]


def listed(command: str, name: str) -> ListedSetting:
    (found,) = (one for one in settings_of_command(command) if one.name == name)
    return found


@pytest.mark.parametrize("model", MODELS, ids=COMMANDS)
def test_every_setting_is_listed_once_in_its_order(model: Any) -> None:
    names = [one.name for one in settings_of_command(model.command)]
    assert [name for name in names if "." not in name] == list(settings_of(model))
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_is_one_of_the_command(command: str) -> None:
    typed = get_command(app).commands[command].params  # type: ignore[attr-defined]
    flags = {flag for one in typed for flag in (*one.opts, *one.secondary_opts)}
    assert {one.flag for one in settings_of_command(command)} - {""} <= flags


@pytest.mark.parametrize(
    ("command", "name", "kind", "default", "choices"),
    [
        ("run", "n_superclasses", "number or word", None, ("auto",)),
        ("run", "cap_from", "number or word", "auto", ("auto",)),
        ("run", "factor", "number", None, ()),
        ("run", "max_size", "integer", None, ()),
        ("run", "superclasses", "switch", True, ()),
        ("run", "junk", "choice", "aside", ("aside", "off", "auto", "list")),
        ("run", "picking_templates", "choice", None, ("medoid", "mean")),
        ("run", "executor", "choice", "local", ("local", "dask")),
        ("run", "labels", "path", None, ()),
        ("run", "passthrough", "paths", None, ()),
        ("run", "only_classes", "numbers", None, ()),
        ("run", "also", "words", None, ()),
        ("run", "options", "options", None, ()),
        ("run", "metric.symmetry", "text", None, ()),
        ("run", "metric.mirror", "switch", None, ()),
        ("orientations", "percentile", "number", None, ()),
        ("orientations", "symmetry", "text", None, ()),
        ("diagnose", "half_maps", "two paths", None, ()),
    ],
)
def test_of_what_kind_a_setting_is(
    command: str, name: str, kind: str, default: Any, choices: tuple[str, ...]
) -> None:
    one = listed(command, name)
    assert (one.kind, one.default, one.choices) == (kind, default, choices)


def test_plugins_are_those_that_are_installed() -> None:
    assert listed("run", "metric").kind == "plugin"
    assert {"views", "rotational-cc", "frc"} <= set(listed("run", "metric").choices)
    assert listed("run", "metric").default == "views"


def test_only_the_input_must_be_given() -> None:
    required = {
        (command, one.name)
        for command in COMMANDS
        for one in settings_of_command(command)
        if one.is_required
    }
    assert required == {("run", "path"), ("orientations", "path")}


def test_settings_come_to_the_command_that_a_person_would_type() -> None:
    words = words_of_command(
        "run",
        {
            "path": "Class2D/job003/run_it025_optimiser.star",
            "n_superclasses": 8,
            "factor": 0.3,
            "superclasses": True,
            "figures": False,
            "junk_classes": "3,5-7",
            "metric.symmetry": "D7",
            "options": ["metric.max_shift=40", "strategy.quota=equal"],
        },
    )
    assert words == [
        *("rebalance", "run", "Class2D/job003/run_it025_optimiser.star"),
        *("-k", "8", "-f", "0.3", "--no-figures", "--junk-classes", "3,5,6,7"),
        *("--set", "metric.max_shift=40", "--set", "metric.symmetry=D7"),
        *("--set", "strategy.quota=equal"),
    ]


def test_half_maps_are_two_words() -> None:
    words = words_of_command("diagnose", {"half_maps": (Path("a.mrc"), Path("b.mrc"))})
    assert words == ["rebalance", "diagnose", "--half-maps", "a.mrc", "b.mrc"]


@pytest.mark.parametrize(
    ("settings", "setting"),
    [
        ({"n_superclasses": 8, "view_width": 20}, "view_width"),
        ({"n_superclasses": "many"}, "n_superclasses"),
        ({"metric.max_shift": "4px", "options": ["metric.max_shift=8px"]}, "metric.max_shift"),
    ],
)
def test_what_contradicts_itself_is_refused_by_name(settings: dict[str, Any], setting: str) -> None:
    with pytest.raises(OptionError) as caught:
        words_of_command("run", {"path": "x", **settings})
    assert caught.value.setting == setting


@pytest.mark.parametrize("name", ["number", "metric.number"])
def test_a_name_that_is_no_setting_is_refused(name: str) -> None:
    with pytest.raises(UnknownSettingError, match="has no setting") as caught:
        words_of_command("run", {"path": "x", name: 8})
    assert caught.value.setting == name


def test_a_command_without_settings_is_refused() -> None:
    with pytest.raises(OptionError, match="inspect"):
        settings_of_command("inspect")


def test_options_of_the_metric_belong_to_a_run() -> None:
    with pytest.raises(UnknownSettingError):
        words_of_command("orientations", {"path": "x", "metric.symmetry": "D7"})
