"""The reference of the command line: every command with its options, and the exit codes.

Made from what typer is told, as ``--help`` is. An option that several commands have is described
under the first of them, and named with a link under the others.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

from typer.models import ArgumentInfo, OptionInfo

from docs.tools.markdown import SaidOnce, cell, table

SHORT = 14
"""A command of no more options shows them in one table, without the panels of its help."""


def command_tables() -> str:
    """A section for each command: what it does, usage, arguments and options as in its help."""
    from rebalance.cli import app

    said = SaidOnce()
    return "\n\n".join(_section(*command, said) for command in _commands("rebalance", app))


def _commands(name: str, app: Any) -> list[tuple[str, Callable[..., Any]]]:
    """Every command of an application by its full name; groups before what is in them."""
    found: list[tuple[str, Callable[..., Any]]] = []
    if app.registered_callback is not None:
        found.append((name, app.registered_callback.callback))
    for command in app.registered_commands:
        word = command.name or command.callback.__name__
        found.append((f"{name} {word}", command.callback))
    for group in app.registered_groups:
        found += _commands(f"{name} {group.name}", group.typer_instance)
    return found


def _section(name: str, function: Callable[..., Any], said: SaidOnce) -> str:
    hints = get_type_hints(function, include_extras=True)
    parameters = [
        _Parameter.of(one, hints[one.name])
        for one in inspect.signature(function).parameters.values()
        if one.name != "ctx"
    ]
    arguments = [one.usage for one in parameters if one.is_argument]
    parts = [
        f"## `{name}`",
        cell(" ".join((function.__doc__ or "").partition("\n\n    [bold]")[0].split())),
    ]
    if arguments:
        options = ["[OPTIONS]"] if len(arguments) < len(parameters) else []
        parts.append(f"`{' '.join([name, *arguments, *options])}`")
    own, links = said.split(name, [(one.short_name, one.row) for one in parameters])
    shown = [one for one in parameters if one.row in own]
    panels = [one.panel if len(shown) > SHORT else "" for one in shown]
    for panel in dict.fromkeys(panels):
        parts += [f"**{panel}**"] if panel else []
        rows = [one.row for one, its in zip(shown, panels, strict=True) if its == panel]
        parts.append(table(["", "meaning"], rows))
    return "\n\n".join([*parts, *links])


@dataclass(frozen=True)
class _Parameter:
    """An argument or option as typer's annotations describe it."""

    name: str
    info: Any
    kind: Any
    default: Any

    @classmethod
    def of(cls, parameter: inspect.Parameter, hint: Any) -> _Parameter:
        if isinstance(parameter.default, OptionInfo):
            return cls(parameter.name, parameter.default, hint, parameter.default.default)
        kind, info = get_args(hint)[:2]
        return cls(parameter.name, info, kind, parameter.default)

    @property
    def is_argument(self) -> bool:
        return isinstance(self.info, ArgumentInfo)

    @property
    def panel(self) -> str:
        return self.info.rich_help_panel or ""

    @property
    def usage(self) -> str:
        word = self.info.metavar or self.name.upper()
        return word if self.default is inspect.Parameter.empty else f"[{word}]"

    @property
    def short_name(self) -> str:
        if self.is_argument:
            return self.info.metavar or self.name.upper()
        return next(flag for flag in self._flags() if flag.startswith("--"))

    @property
    def row(self) -> list[str]:
        default = self._default()
        shown = [cell(self.info.help or ""), f"[default: {default}]" if default else ""]
        return [self._typed(), " ".join(shown).strip()]

    def _typed(self) -> str:
        if self.is_argument:
            return f"`{self.short_name}`"
        flags = " ".join(f"`{flag}`" for flag in self._flags())
        return f"{flags} {self._value()}".strip()

    def _flags(self) -> list[str]:
        # Inside Annotated, the place of the default holds the first flag.
        words = [self.info.default, *(self.info.param_decls or ())]
        flags = [flag for word in words if isinstance(word, str) for flag in word.split("/")]
        if not any(flag.startswith("--") for flag in flags):
            flags.append(f"--{self.name.replace('_', '-')}")
        return flags

    def _types(self) -> tuple[Any, ...]:
        return tuple(kind for kind in (get_args(self.kind) or (self.kind,)) if kind is not None)

    def _value(self) -> str:
        if self.is_argument or bool in self._types():
            return ""
        if self.info.metavar:
            return cell(self.info.metavar)
        return "N" if int in self._types() else "TEXT"

    def _default(self) -> str:
        shown = self.info.show_default
        if isinstance(shown, str):
            return cell(shown)
        if isinstance(self.default, bool):
            return self._flags()[0].lstrip("-") if self.default else ""
        if self.default is None or self.default is inspect.Parameter.empty:
            return ""
        return cell(str(self.default))


def exit_codes() -> str:
    """What each exit code means."""
    from rebalance.cli.errors import INTERRUPTED, MENDABLE, TERMINATED

    return table(
        ["exit code", "meaning"],
        [
            ["0", "Success."],
            ["1", "A bug in rebalance or in a plugin. The traceback shows where."],
            [str(MENDABLE), "A problem that you can fix. The message says what and how."],
            [str(INTERRUPTED), "Interrupted with Ctrl-C. No file is left half-written."],
            [str(TERMINATED), "Ended by `kill` or a batch system. No file is left half-written."],
        ],
    )
