"""One declaration of a setting makes its flag, its help, its parameter and its documentation."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.models import ArgumentInfo, OptionInfo

import rebalance
from rebalance.cli import app
from rebalance.errors import OptionError
from rebalance.pipeline.scan_job import scan_job
from rebalance.settings import RunSettings
from rebalance.settings.fields import PANELS, SHORTHANDS
from rebalance.settings.flags import with_flags
from rebalance.settings.setting import given_type, settings_of
from rebalance.settings.signature import RunCall, takes

SETTINGS = settings_of(RunSettings)
BESIDE = {"dry_run", "json", "quiet"}


def typed(command: str) -> dict[str, inspect.Parameter]:
    (function,) = (
        one.callback
        for one in app.registered_commands
        if one.callback.__name__ == command  # type: ignore[union-attr]
    )
    return dict(inspect.signature(function).parameters)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_help_and_a_flag_in_a_panel(name: str) -> None:
    setting = SETTINGS[name]
    assert setting.help.endswith(".")
    assert setting.in_python.endswith((".", ")."))
    assert "--" not in setting.help + setting.in_python
    if setting.is_argument:
        assert setting.metavar
    else:
        assert setting.panel in PANELS
        assert setting.flag.startswith("-")
        assert setting.metavar or setting.is_switch or setting.typed or name == "seed"


@pytest.mark.parametrize("name", SETTINGS)
def test_the_command_takes_every_setting_as_it_is_declared(name: str) -> None:
    setting, parameter = SETTINGS[name], typed("run")[name]
    (info,) = parameter.annotation.__metadata__
    assert isinstance(info, ArgumentInfo if setting.is_argument else OptionInfo)
    assert info.help == with_flags(setting.help)
    assert info.rich_help_panel == (setting.panel or None)
    if not setting.is_argument:
        words = (info.default, *(info.param_decls or ()))
        assert words == setting.flags


def test_commands_take_the_settings_that_they_have_and_no_more() -> None:
    shorthands = {one.name for one in SHORTHANDS}
    assert typed("run").keys() == SETTINGS.keys() | shorthands | BESIDE
    of_a_scan = {name for name, setting in SETTINGS.items() if setting.scan}
    assert typed("scan").keys() == of_a_scan | shorthands | {"numbers", "json", "quiet"}


def test_the_signature_in_python_lists_every_setting() -> None:
    parameters = inspect.signature(rebalance.run).parameters
    assert list(parameters) == [*SETTINGS, "progress"]
    for name, setting in SETTINGS.items():
        assert parameters[name].annotation == given_type(RunSettings, name)
        default = inspect.Parameter.empty if setting.is_required else setting.default
        assert parameters[name].default is default
    assert parameters["output"].annotation == Path | str | None
    assert parameters["class_averages"].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert parameters["seed"].kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("documented", [RunSettings, rebalance.run])
def test_documentation_tells_of_every_setting(documented: Any) -> None:
    text = documented.__doc__
    assert text.index("Parameters\n---") < text.index("Raises\n---")
    for name, setting in SETTINGS.items():
        assert f"\n{name} : " in text
        assert " ".join(setting.in_python.split()) in " ".join(text.split())


def test_a_slip_of_the_keyboard_names_what_was_meant() -> None:
    message = r"run\(\) has no setting 'n_superclases'; did you mean 'n_superclasses'\?"
    for kind in (OptionError, TypeError):
        with pytest.raises(kind, match=message):
            rebalance.run("x", n_superclases=3)  # type: ignore[call-arg]
    with pytest.raises(OptionError, match=r"scan_job\(\) has no setting 'strategy'"):
        scan_job("x", strategy="best")
    with pytest.raises(TypeError, match="'path'"):
        rebalance.run()


def test_a_scan_in_python_takes_its_settings_and_the_numbers() -> None:
    parameters = inspect.signature(scan_job).parameters
    of_a_scan = [name for name, setting in SETTINGS.items() if setting.scan]
    assert list(parameters) == [*of_a_scan, "progress", "numbers"]


def test_what_is_no_setting_goes_beside_them() -> None:
    @takes(RunCall)
    def called(settings: RunSettings, *, progress: Any = None) -> Any:
        return settings, progress

    assert called("x", seed=3) == (RunSettings("x", seed=3), None)
    watching: Any = object()
    assert called("x", "y", progress=watching) == (RunSettings("x", "y"), watching)
    assert type(called("x")[0]) is RunSettings


def test_the_shell_completes_names_of_plugins() -> None:
    for name, setting in SETTINGS.items():
        if setting.completes:
            (info,) = typed("run")[name].annotation.__metadata__
            assert info.autocompletion is not None
            assert get_args(typed("run")[name].annotation)[0] in (str, str | None)
