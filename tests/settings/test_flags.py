"""A message names settings as Python does; the command line says what is typed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from typer.main import get_command

from rebalance.cli import app
from rebalance.settings.flags import _OTHER_COMMANDS, with_flags


@pytest.mark.parametrize(
    ("in_python", "typed"),
    [
        ("`only_classes`", "--only-classes"),
        ("`n_superclasses`", "-k"),
        ("`n_superclasses=8`", "-k 8"),
        ('`n_superclasses="auto"`', "-k auto"),
        ("`n_superclasses=N`", "-k N"),
        ("`factor=0.5`", "-f 0.5"),
        ("`affinity_file`", "--affinity"),
        ("`superclasses=False`", "--no-superclasses"),
        ("`superclasses`", "--no-superclasses"),
        ("`use_cache=False`", "--no-cache"),
        ("`figures=False`", "--no-figures"),
        ("`overwrite=True`", "--overwrite"),
        ("`overwrite`", "--overwrite"),
        ('`junk="auto"`', "--junk auto"),
        ('`labels="my groups.csv"`', "--labels 'my groups.csv'"),
        ("`exclude_classes=[3, 5]`", "--exclude-classes 3,5"),
        ('`n_superclasses=7, exclude_classes="3,5-7"`', "-k 7 --exclude-classes 3,5-7"),
        ("`class_averages`", "second argument"),
        ("`options`", "--set"),
        ('`options["strategy"]`', "--set strategy"),
        ("`metric.max_shift=40`", "--set metric.max_shift=40"),
        ("`strategy.column=NAME`", "--set strategy.column=NAME"),
        ('`numbers="3-17"`', "--range 3-17"),
        ("`numbers=range(3, 18)`", "--range 3-17"),
        ("`truth`", "--truth"),
        ("`n_averages=20`", "--averages 20"),
        ("`assembly=1`", "--set assembly=1"),
        ("`symmetrise=True`", "--set symmetrise=true"),
        ("`n_empty`", "n_empty"),
    ],
)
def test_a_setting_becomes_what_is_typed(in_python: str, typed: str) -> None:
    assert with_flags(f"Leave out {in_python}, or stop.") == f"Leave out {typed}, or stop."


@pytest.mark.parametrize(
    "text", ["`class_id`", "`run.json`", "`f(x)`", "`a b`", "`unknown=3`", "``", "no code", "a`b"]
)
def test_what_is_no_setting_stays(text: str) -> None:
    assert with_flags(f"The column {text}, it is.") == f"The column {text}, it is."


def test_flags_of_other_commands_are_those_that_they_have() -> None:
    root: Any = get_command(app)
    plugins = root.commands["plugins"]
    commands = [*root.commands.values(), *plugins.commands.values()]
    typed = {
        word
        for command in commands
        for parameter in command.params
        for word in (*parameter.opts, *parameter.secondary_opts)
    }
    assert set(_OTHER_COMMANDS.values()) <= typed
    assert all(re.fullmatch(r"--[a-z-]+", flag) for flag in _OTHER_COMMANDS.values())
