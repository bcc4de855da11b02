"""`rebalance plugins check`: whether a plugin keeps the rules of its kind."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rebalance.cli.options import one_of
from rebalance.cli.plugin_names import names_of_all, plugins_named

if TYPE_CHECKING:
    from rich.console import Console

    from rebalance.contracts import Column
    from rebalance.testing import Case, Outcome

_STYLES = {"passed": "green", "failed": "bold red", "not applicable": "dim"}


def check(
    name: Annotated[
        str,
        typer.Argument(help="Name of a plugin, e.g. hierarchical.", autocompletion=names_of_all),
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            help="metric, clustering, strategy or format; needed if plugins of two kinds share a "
            "name.",
            autocompletion=one_of("metric", "clustering", "strategy", "format"),
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KIND.OPTION=VALUE", help="Check with this option."),
    ] = None,
    examples: Annotated[
        list[Path] | None,
        typer.Option("--example", metavar="PATH", help="Format: an example file or folder."),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="NAME[:text]",
            help="Strategy: the column that it reads, with numbers or text.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Test a plugin against the rules of its kind, on small simulated data.

    Exit code 0 if it keeps them all, else 2.
    """
    from rebalance.cli.errors import MENDABLE
    from rebalance.errors import OptionError
    from rebalance.formats.paths import require_exists
    from rebalance.settings.values import options_of_pairs
    from rebalance.testing import Case
    from rebalance.testing.kit import outcomes_of

    options = options_of_pairs(settings or ())
    for path in examples or ():
        require_exists(path)
    kinds = [kind] if kind else [plugin.kind for plugin in plugins_named(name)]
    unknown = [f"--set {one}.…" for one in sorted(set(options) - set(kinds))]
    unknown += ["--example"] if examples and "format" not in kinds else []
    unknown += ["--column"] if columns and "strategy" not in kinds else []
    if unknown:
        raise OptionError(f"{unknown[0]} can't be used: {name} is a {' and a '.join(kinds)}.")
    cases = [
        Case(
            name,
            one,
            options.get(one),
            tuple(map(_column, columns or ())),
            tuple(examples or ()),
        )
        for one in kinds
    ]
    outcomes: list[Outcome] = []
    for case in cases:
        if json:
            # What a plugin prints is no part of the JSON.
            with contextlib.redirect_stdout(sys.stderr):
                outcomes += outcomes_of(case)
        else:
            outcomes += _shown(case)
    if json:
        _print_json(outcomes)
    if any(outcome.status == "failed" for outcome in outcomes):
        raise typer.Exit(MENDABLE)


def _column(typed: str) -> Column:
    """A column as it is typed: ``rlnCtfMaxResolution``, ``rlnMicrographName:text``."""
    from rebalance.contracts import Column

    name = typed.removesuffix(":text")
    return Column(name, "number" if name == typed else "text")


def _shown(case: Case) -> list[Outcome]:
    """Run the checks of a case, and show each as it is done."""
    from rebalance.cli.screen import stdout
    from rebalance.testing.kit import checks_of, outcomes_of

    console = stdout()
    console.print(f"[bold]{case.kind} {case.name}[/]")
    width = max(len(check.name) for check in checks_of(case.kind))
    outcomes = []
    said: dict[str, str] = {}
    for outcome in outcomes_of(case):
        _show(console, outcome, width, said)
        outcomes.append(outcome)
    count = {status: sum(one.status == status for one in outcomes) for status in _STYLES}
    parts = [f"{number} {status}" for status, number in count.items() if number]
    console.print(f"\n{', '.join(parts)}\n")
    return outcomes


def _show(console: Console, outcome: Outcome, width: int, said: dict[str, str]) -> None:
    """One line; below it what was promised and where that broke."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from rebalance.settings import with_flags
    from rebalance.testing.outcome import said_once

    style = _STYLES[outcome.status]
    is_failed = outcome.status == "failed"
    line = Table.grid(padding=(0, 2))
    line.add_column(width=width)
    line.add_column(width=max(map(len, _STYLES)))
    line.add_column()
    reason = Text("" if is_failed else with_flags(outcome.detail), style="dim")
    line.add_row(Text(outcome.check), Text(outcome.status, style=style), reason)
    console.print(line)
    if is_failed:
        detail = with_flags(said_once(outcome, said))
        for text in (Text(outcome.promise, style="dim"), Text(detail, style="red")):
            console.print(Padding(text, (0, 0, 0, 4)))


def _print_json(outcomes: list[Outcome]) -> None:
    from rebalance.record.run_record import as_json
    from rebalance.settings import with_flags

    content = [
        {name: value for name, value in asdict(outcome).items() if name != "error"}
        | {"detail": with_flags(outcome.detail)}
        for outcome in outcomes
    ]
    typer.echo(as_json({"outcomes": content}))
