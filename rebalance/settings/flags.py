"""Settings in a message as Python names them, turned into what is typed on the command line.

Messages name settings in backticks: a name, ``name=value``, several of these with commas, or an
option of a plugin:

>>> with_flags('Leave out `n_superclasses`, or give `junk="auto"` and `metric.max_shift=40`.')
'Leave out -k, or give --junk auto and --set metric.max_shift=40.'
"""

from __future__ import annotations

import ast
import re
import shlex
from functools import cache
from typing import Any

from rebalance.settings.diagnose_settings import DiagnoseSettings
from rebalance.settings.orientation_settings import OrientationSettings
from rebalance.settings.run_settings import RunSettings
from rebalance.settings.setting import Setting, settings_of
from rebalance.settings.values import KINDS_WITH_OPTIONS

_CODE = re.compile(r"`([^`\n]+)`")
_NAME = re.compile(r"[A-Za-z_]\w*")
_PLUGIN_OPTION = re.compile(rf"(?:{'|'.join(KINDS_WITH_OPTIONS)})\.[A-Za-z_]\w*=.+")
_OPTIONS_OF_KIND = re.compile(rf"options\[[\"']({'|'.join(KINDS_WITH_OPTIONS)})[\"']\]")

MODELS = (RunSettings, OrientationSettings, DiagnoseSettings)
"""Of the commands whose options are settings."""

_ARGUMENTS = {"path": "first argument", "class_averages": "second argument"}

_OTHER_COMMANDS = {
    "numbers": "--range",
    "truth": "--truth",
    "job": "--job",
    "oracle_superclasses": "--oracle-superclasses",
    "seeds": "--seeds",
    "source": "--from",
    "n_averages": "--averages",
    "n_particles": "--particles",
    "n_views": "--views",
    "preferred_share": "--preferred",
    "snr": "--snr",
    "box": "--box",
    "layout": "--layout",
    "particle_images": "--images",
    "refined": "--refined",
    "realistic": "--realistic",
    "examples": "--example",
    "columns": "--column",
    "folder": "--folder",
    "averages": "--averages",
    "url": "--url",
}
"""Flags of commands other than ``run``, by the name in Python; where both have one, it is the same
word."""


def with_flags(text: str) -> str:
    """A message with every setting as it is typed; other words in backticks stay as they are."""
    return _CODE.sub(lambda code: _typed(code[1]) or code[0], text)


def _typed(code: str) -> str | None:
    """What is typed for a piece of Python; None where it is no setting."""
    if _PLUGIN_OPTION.fullmatch(code):
        return f"--set {code}"
    if of_kind := _OPTIONS_OF_KIND.fullmatch(code):
        return f"--set {of_kind[1]}"
    if _NAME.fullmatch(code):
        by_flag = _ARGUMENTS.get(code) or _flag(code)
        # An option of simulate that has no flag is typed by its name, after --set.
        return by_flag or (code if code in _options_of_simulate() else None)
    try:
        call = ast.parse(f"f({code})", mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(call, ast.Call) or call.args or not call.keywords:
        return None
    words = [_with_value(one.arg or "", one.value) for one in call.keywords]
    return None if None in words else " ".join(filter(None, words))


def _with_value(name: str, node: ast.expr) -> str | None:
    """``-k 8``, ``--no-cache``; None where it is no setting."""
    setting, flag = _setting(name), _flag(name)
    try:
        value = ast.literal_eval(node)
    except ValueError:
        value = _range(node) or ast.unparse(node)
    if setting is not None and setting.is_argument:
        return _as_word(value)
    if setting is not None and setting.is_switch:
        return setting.flag_on if value else setting.flag_off
    if flag is None:
        word = str(value).lower() if isinstance(value, bool) else _as_word(value)
        return f"--set {name}={word}" if name in _options_of_simulate() else None
    return flag if value is True else f"{flag} {_as_word(value)}"


def _range(node: ast.expr) -> str | None:
    """``3-17`` for ``range(3, 18)``."""
    match = re.fullmatch(r"range\((\d+), (\d+)\)", ast.unparse(node))
    return f"{match[1]}-{int(match[2]) - 1}" if match else None


def _flag(name: str) -> str | None:
    setting = _setting(name)
    return _OTHER_COMMANDS.get(name) if setting is None else setting.flag


def _setting(name: str) -> Setting[Any, Any] | None:
    """Of the first command that has one of that name; all have the same flag for it."""
    found = (settings_of(model).get(name) for model in MODELS)
    return next((setting for setting in found if setting is not None), None)


def _as_word(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return shlex.quote(value) if isinstance(value, str) else str(value)


@cache
def _options_of_simulate() -> frozenset[str]:
    from rebalance.simulate.simulation_options import SimulationOptions

    return frozenset(SimulationOptions.model_fields)
