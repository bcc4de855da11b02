"""What commands share: options typed the same everywhere, and those made from the settings."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Annotated, Any, get_type_hints

import typer

from rebalance.cli.plugin_names import names_of
from rebalance.settings import RunSettings, with_flags
from rebalance.settings.fields import OUTPUT, PANELS, SHORTHANDS, Shorthand
from rebalance.settings.setting import Setting, kept_type, settings_of
from rebalance.settings.values import options_of_pairs

DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Show what would happen, and write nothing.", rich_help_panel=OUTPUT
    ),
]

Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print the summary as JSON, and nothing else.", rich_help_panel=OUTPUT
    ),
]

Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", help="Print nothing but errors.", rich_help_panel=OUTPUT)
]


def one_of(*words: str) -> Callable[[str], list[str]]:
    """For shell completion: those of a few words that begin with what is typed."""
    return lambda incomplete: [word for word in words if word.startswith(incomplete)]


def typed_settings(
    model: type = RunSettings,
    *,
    scan: bool = False,
    only: Collection[str] | None = None,
    shorthands: Sequence[Shorthand] = SHORTHANDS,
    fixed: Mapping[str, Any] | None = None,
    otherwise: Mapping[str, Mapping[str, Any]] | None = None,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a command of a function of settings: every setting becomes one of its options.

    The other parameters of the function are options of the command too.

    Parameters
    ----------
    model : type
        `RunSettings`, `OrientationSettings` or `DiagnoseSettings`.
    scan : bool
        Only the settings that ``rebalance scan`` has.
    only : collection of str, optional
        Names of the settings that the command has.
    shorthands : sequence of Shorthand
        Options of the metric that it has, beside the setting of the metric or by themselves.
    fixed : mapping, optional
        Settings that no one types.
    otherwise : mapping of setting to attributes of `typer.Option`, optional
        What this command says differently, such as another help text.
    """
    settings = {
        name: setting
        for name, setting in settings_of(model).items()
        if (setting.scan or not scan) and (only is None or name in only)
    }

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = _own_parameters(command)
        made = _parameters(model, settings, shorthands, otherwise or {})
        parameters = sorted([*made, *own], key=lambda one: _place(one, is_own=one in own))

        @functools.wraps(command)
        def typed(**words: Any) -> None:
            beside = {one.name: words.pop(one.name) for one in own}
            given = _given(settings, shorthands, words)
            command(model(**given, **(fixed or {})), **beside)

        vars(typed)["__signature__"] = inspect.Signature(parameters)
        typed.__annotations__ = {one.name: one.annotation for one in parameters}
        return typed

    return decorate


def _own_parameters(command: Callable[..., None]) -> list[inspect.Parameter]:
    hints = get_type_hints(command, include_extras=True)
    _, *own = inspect.signature(command).parameters.values()
    return [
        one.replace(annotation=hints[one.name], kind=inspect.Parameter.KEYWORD_ONLY) for one in own
    ]


def _parameters(
    model: type,
    settings: Mapping[str, Setting[Any, Any]],
    shorthands: Sequence[Shorthand],
    otherwise: Mapping[str, Mapping[str, Any]],
) -> list[inspect.Parameter]:
    made = []
    for name, setting in settings.items():
        kind = setting.typed or kept_type(model, name)
        info = _info(setting)
        for attribute, value in otherwise.get(name, {}).items():
            setattr(info, attribute, value)
        made.append(_parameter(name, Annotated[kind, info], _default(setting)))
        if name == "metric":
            made += _shorthand_parameters(shorthands, setting.panel)
    return made if "metric" in settings else _shorthand_parameters(shorthands, None) + made


def _shorthand_parameters(
    shorthands: Sequence[Shorthand], panel: str | None
) -> list[inspect.Parameter]:
    return [
        _parameter(one.name, Annotated[one.typed, _shorthand_info(one, panel)], None)
        for one in shorthands
    ]


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _default(setting: Setting[Any, Any]) -> Any:
    if setting.is_required:
        return inspect.Parameter.empty
    if setting.is_typed_off:
        return not setting.default
    return None if setting.default == () else setting.default


def _info(setting: Setting[Any, Any]) -> Any:
    said: dict[str, Any] = {"help": with_flags(setting.help), "metavar": setting.metavar}
    if setting.default_shown is not None:
        said["show_default"] = setting.default_shown
    if setting.is_argument:
        return typer.Argument(**said)
    if setting.completes:
        said["autocompletion"] = names_of(setting.completes)
    return typer.Option(*setting.flags, rich_help_panel=setting.panel or None, **said)


def _shorthand_info(shorthand: Shorthand, panel: str | None) -> Any:
    shown = shorthand.default_shown
    said: dict[str, Any] = {} if shown is True else {"show_default": shown}
    return typer.Option(
        *shorthand.flags,
        help=shorthand.help,
        metavar=shorthand.metavar,
        rich_help_panel=panel,
        **said,
    )


def _place(parameter: inspect.Parameter, *, is_own: bool) -> tuple[int, bool, bool]:
    """By panel of the help; a command's own options are the last of a panel, else the first."""
    (info,) = parameter.annotation.__metadata__
    is_option = isinstance(info, typer.models.OptionInfo)
    return (
        (None, *PANELS).index(info.rich_help_panel),
        is_option,
        is_own == bool(info.rich_help_panel),
    )


def _given(
    settings: Mapping[str, Setting[Any, Any]],
    shorthands: Sequence[Shorthand],
    words: dict[str, Any],
) -> dict[str, Any]:
    """Settings from words as they were typed."""
    of_metric = {one.name: words.pop(one.name) for one in shorthands}
    if "options" in words:
        words["options"] = options_of_pairs(words["options"] or (), of_metric)
    for name, setting in settings.items():
        if setting.is_typed_off:
            words[name] = not words[name]
    return words
