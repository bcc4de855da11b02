"""The generated parts of the reference: commands and options of the plugins.

Each function returns Markdown made from the code that the command line itself uses.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

from typer.models import ArgumentInfo, OptionInfo

from docs.tools.checks import check_tables, tolerance_table
from docs.tools.contracts import contract_page
from docs.tools.numbers_of_initial_maps import initial_map_table
from docs.tools.numbers_of_junk import junk_table
from docs.tools.numbers_of_poses import pose_table
from docs.tools.numbers_of_superclasses import criteria_table, structure_table
from docs.tools.numbers_of_uncurated import uncurated_table
from docs.tools.numbers_of_views import speed_table, view_table
from docs.tools.pages import ROOT


def parts() -> dict[str, Callable[[], str]]:
    """Every generated part by its name in the pages."""
    return {
        "commands": command_tables,
        "plugins": plugin_tables,
        "checks": check_tables,
        "contracts": contract_page,
        "tolerances": tolerance_table,
        "simulate-options": simulate_table,
        "exit-codes": exit_codes,
        "scores": score_table,
        "rooms": room_table,
        "number-of-superclasses": criteria_table,
        "structure-told": structure_table,
        "initial-maps": initial_map_table,
        "junk": junk_table,
        "uncurated": uncurated_table,
        "poses": pose_table,
        "views": view_table,
        "views-speed": speed_table,
    }


def command_tables() -> str:
    """A section for each command: usage, what it does, arguments and options by panel."""
    from rebalance.cli import app

    return "\n\n".join(_section(name, function) for name, function in _commands("rebalance", app))


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


def _section(name: str, function: Callable[..., Any]) -> str:
    hints = get_type_hints(function, include_extras=True)
    parameters = [
        _Parameter.of(one, hints[one.name])
        for one in inspect.signature(function).parameters.values()
        if one.name != "ctx"
    ]
    arguments = [one.usage for one in parameters if one.is_argument]
    options = ["[OPTIONS]"] if len(arguments) < len(parameters) else []
    parts = [
        f"## `{name}`",
        _cell(" ".join((function.__doc__ or "").partition("\n\n    [bold]")[0].split())),
        f"`{' '.join([name, *arguments, *options])}`",
    ]
    for panel in dict.fromkeys(one.panel for one in parameters):
        parts += [f"**{panel}**"] if panel else []
        rows = [one.row for one in parameters if one.panel == panel]
        parts.append(_table(["", "value", "default", "meaning"], rows))
    return "\n\n".join(parts)


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
    def row(self) -> list[str]:
        return [self._typed(), self._value(), self._default(), _cell(self.info.help or "")]

    def _typed(self) -> str:
        if self.is_argument:
            return f"`{self.info.metavar or self.name.upper()}`"
        return " ".join(f"`{flag}`" for flag in self._flags())

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
            return _cell(self.info.metavar)
        return "N" if int in self._types() else "TEXT"

    def _default(self) -> str:
        shown = self.info.show_default
        if isinstance(shown, str):
            return _cell(shown)
        if isinstance(self.default, bool):
            return self._flags()[0].lstrip("-") if self.default else ""
        if self.default is None or self.default is inspect.Parameter.empty:
            return ""
        return _cell(str(self.default))


def plugin_tables() -> str:
    """A section for each kind, a table of options for each plugin of this package."""
    from rebalance.options import describe_options
    from rebalance.registry import registry

    sections, kind = [], ""
    for plugin in registry():
        if plugin.package != "rebalance-em":
            continue
        if plugin.kind != kind:
            kind = plugin.kind
            sections.append(f"## Kind `{kind}`")
        sections.append(f"### `{plugin.name}`\n\n{_cell(plugin.spec.summary)}")
        model = getattr(plugin.load(), "options_model", None)
        rows = describe_options(model) if model is not None else []
        if not rows:
            sections.append("It has no options.")
            continue
        sections.append(
            _table(
                ["option", "default", "range", "unit", "meaning"],
                [
                    [
                        f"`{kind}.{row.name}`",
                        *map(_cell, (row.default, row.range, row.unit)),
                        _cell(row.help),
                    ]
                    for row in rows
                ],
            )
        )
    return "\n\n".join(sections)


def simulate_table() -> str:
    """The options of ``rebalance simulate --set``."""
    from rebalance.options import describe_options
    from rebalance.simulate import SimulationOptions

    rows = describe_options(SimulationOptions)
    return _table(
        ["option", "default", "range", "unit", "meaning"],
        [
            [
                f"`{row.name}`",
                _cell(row.default),
                _cell(row.range),
                _cell(row.unit),
                _cell(row.help),
            ]
            for row in rows
        ],
    )


def score_table() -> str:
    """The columns whose good end the strategy ``best`` knows."""
    from rebalance.strategies.best import DEFAULT_SCORES, SCORES

    return _table(
        ["column", "good end", ""],
        [
            [f"`{column}`", end, "default" if column in DEFAULT_SCORES else ""]
            for column, end in SCORES.items()
        ],
    )


def room_table() -> str:
    """Every module and package of `rebalance`, in the words of its own first line."""
    package = ROOT / "rebalance"
    rooms = {
        path.name.removesuffix(".py") + ("/" if path.is_dir() else ".py"): path
        for path in package.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    rows = []
    for name, path in sorted(rooms.items(), key=lambda item: (item[1].is_file(), item[0])):
        source = path / "__init__.py" if path.is_dir() else path
        doc = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
        rows.append([f"`{name}`", _cell(" ".join(doc.partition("\n\n")[0].split()))])
    return _table(["", "what it is for"], rows)


def exit_codes() -> str:
    """What each exit code means."""
    from rebalance.cli.errors import INTERRUPTED, MENDABLE, TERMINATED

    return _table(
        ["exit code", "meaning"],
        [
            ["0", "Done."],
            ["1", "A bug in rebalance or in a plugin; a traceback says where."],
            [str(MENDABLE), "Something that you can mend; the message says what and how."],
            [str(INTERRUPTED), "Interrupted with Ctrl-C. Nothing is half-written."],
            [str(TERMINATED), "Ended by `kill` or a batch system. Nothing is half-written."],
        ],
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
