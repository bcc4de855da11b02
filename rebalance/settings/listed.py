"""The settings of a command as plain data, for forms of other programs, and the words they come to.

A form asks for settings in its own way, and runs the command. What it asks, the help it gives and
what it takes come from here, so that nothing is declared twice.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from rebalance.errors import OptionError, UnknownSettingError
from rebalance.settings.as_command import AnySettings, as_command
from rebalance.settings.fields import SHORTHANDS, Shorthand
from rebalance.settings.flags import MODELS
from rebalance.settings.setting import Setting, given_type, kept_type, settings_of

Kind = Literal[
    "switch",
    "integer",
    "number",
    "number or word",
    "choice",
    "plugin",
    "text",
    "path",
    "paths",
    "two paths",
    "numbers",
    "words",
    "options",
]

_OF_METRIC = "metric."


@dataclass(frozen=True)
class ListedSetting:
    """A setting of a command, for forms of other programs.

    Parameters
    ----------
    name : str
        As in Python; ``metric.max_shift`` for an option of the metric with its own flag.
    flag : str
        As typed; empty for positional arguments.
    help : str
        One line; it names other settings in backticks, as in Python.
    panel : str
        Panel in the command's help; empty for arguments.
    kind : str
        ``switch``; ``integer``, ``number``; ``number or word`` and ``choice`` (words in
        ``choices``); ``plugin`` (installed names in ``choices``); ``text``; ``path``, ``paths``,
        ``two paths``; ``numbers`` (of classes: ``3,5,7-9``); ``words`` (joined by commas);
        ``options`` of plugins (``metric.max_shift=40``, any number).
    default : bool, int, float, str or None
        None if there is none or a value is required.
    choices : tuple of str
        The allowed words or names.
    bounds : pair of float or None
        Smallest and largest number; a bound itself may be excluded.
    is_required : bool
    metavar : str, optional
        Placeholder in the command's help: a unit, a range or a form.
    default_shown : str
        The default in words; empty if ``default`` says it.
    """

    name: str
    flag: str
    help: str
    panel: str
    kind: Kind
    default: bool | float | str | None
    choices: tuple[str, ...] = ()
    bounds: tuple[float | None, float | None] = (None, None)
    is_required: bool = False
    metavar: str | None = None
    default_shown: str = ""


def settings_of_command(command: str) -> tuple[ListedSetting, ...]:
    """Every setting of a command, in the order of its declaration.

    Parameters
    ----------
    command : ``"run"``, ``"orientations"`` or ``"diagnose"``

    Returns
    -------
    tuple of ListedSetting
        For ``run``, options of the metric with their own flags follow the metric.

    Raises
    ------
    OptionError
        If the command has no settings.
    """
    model = _model(command)
    listed = []
    for name, setting in settings_of(model).items():
        listed.append(_listed(model, setting))
        if name == "metric":
            listed += [_of_metric(one, setting.panel) for one in SHORTHANDS]
    return tuple(listed)


def words_of_command(command: str, settings: Mapping[str, Any]) -> list[str]:
    """The command to type for settings, as words from ``rebalance`` on, without defaults.

    Parameters
    ----------
    command : ``"run"``, ``"orientations"`` or ``"diagnose"``
    settings : mapping
        By name, see `settings_of_command`.

    Raises
    ------
    OptionError
        If a value is not allowed, or two settings conflict.
    UnknownSettingError
        For a name that is not a setting of the command.
    """
    return as_command(settings_made(command, settings))


def settings_made(command: str, settings: Mapping[str, Any]) -> AnySettings:
    """The settings of a command from values by name; errors as of `words_of_command`."""
    model = _model(command)
    known = {one.name for one in settings_of_command(command)}
    for name in settings:
        if name not in known:
            raise UnknownSettingError(
                f"`rebalance {command}` has no setting {name!r}.", setting=name
            )
    given = {name: value for name, value in settings.items() if not name.startswith(_OF_METRIC)}
    if len(given) < len(settings):
        options = dict(settings_of(model)["options"].kept(given.get("options")))
        of_metric = dict(options.get("metric", {}))
        for name in settings.keys() - given.keys():
            option = name.removeprefix(_OF_METRIC)
            if option in of_metric:
                raise OptionError(f"{name} is given twice.", setting=name)
            of_metric[option] = settings[name]
        given["options"] = {**options, "metric": of_metric}
    made: AnySettings = model(**given)
    return made


def _model(command: str) -> Any:
    for model in MODELS:
        if model.command == command:
            return model
    known = ", ".join(model.command for model in MODELS)
    raise OptionError(
        f"{command!r} is not a command with settings.", hint=f"Commands with settings: {known}."
    )


def _listed(model: type, setting: Setting[Any, Any]) -> ListedSetting:
    kind, choices = _kind(model, setting)
    default: Any = None if setting.is_required else setting.default
    return ListedSetting(
        setting.name,
        "" if setting.is_argument else setting.flag,
        setting.help,
        setting.panel,
        kind,
        None if default == () else default,
        choices,
        setting.bounds,
        setting.is_required,
        setting.metavar,
        setting.default_shown if isinstance(setting.default_shown, str) else "",
    )


def _of_metric(one: Shorthand, panel: str) -> ListedSetting:
    kind: Kind = "switch" if bool in get_args(one.typed) else "text"
    flag = one.flags[0].partition("/")[0] if one.flags else f"--{one.name.replace('_', '-')}"
    return ListedSetting(
        _OF_METRIC + one.name, flag, one.help, panel, kind, None, metavar=one.metavar
    )


def _kind(model: type, setting: Setting[Any, Any]) -> tuple[Kind, tuple[str, ...]]:
    if setting.completes:
        return "plugin", _installed(setting.completes)
    given, kept = _parts(given_type(model, setting.name)), _parts(kept_type(model, setting.name))
    words = tuple(word for part in kept if get_origin(part) is Literal for word in get_args(part))
    if Any in kept and get_origin(setting.typed) is Literal:
        return "choice", get_args(setting.typed)
    if words:
        return ("number or word" if int in kept else "choice"), words
    if bool in kept:
        return "switch", ()
    for part, kind in _KINDS.items():
        if part in kept:
            # Decimal text is kept of a number, so that 0.1 stays one tenth.
            return ("number" if kind == "text" and float in given else kind), ()
    return "options", ()


_KINDS: dict[Any, Kind] = {
    int: "integer",
    float: "number",
    str: "text",
    Path: "path",
    tuple[Path, ...]: "paths",
    tuple[Path, Path]: "two paths",
    tuple[int, ...]: "numbers",
    tuple[str, ...]: "words",
}
"""By the type that is kept."""


def _parts(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def _installed(kind: str) -> tuple[str, ...]:
    from rebalance.registry import registry

    return tuple(plugin.name for plugin in registry().of_kind(kind))
