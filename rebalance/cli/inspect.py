"""`rebalance inspect`: what a file is, and what a run would do with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rebalance.contracts import Inspection


def inspect(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...", help="Job folders, tables or stacks.", show_default=False
        ),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show what a file is, and what run would do with it."""
    from rebalance.cli.errors import MENDABLE, show_error
    from rebalance.errors import RebalanceError
    from rebalance.formats import inspect as inspect_path
    from rebalance.settings import with_flags

    content: list[dict[str, Any]] = []
    failed = False
    for path in paths:
        try:
            found = inspect_path(path)
        except RebalanceError as error:
            # One broken file must not keep the others from being shown.
            failed = True
            show_error(error)
            content.append({"path": str(path), "error": with_flags(str(error))})
            continue
        failed |= found.is_refused
        content.append(
            {
                "path": str(path),
                "format": found.format,
                "rows": {label: with_flags(value) for label, value in found.rows},
                "command": found.command or None,
                "warnings": [with_flags(warning) for warning in found.warnings],
            }
        )
        if not json:
            _show(path, found)
    if json:
        from rebalance.record.run_record import as_json

        typer.echo(as_json({"files": content}))
    if failed:
        raise typer.Exit(MENDABLE)


def _show(path: Path, found: Inspection) -> None:
    from rich.table import Table
    from rich.text import Text

    from rebalance.cli.screen import show_warnings, stdout
    from rebalance.settings import with_flags

    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("format", Text(found.format))
    for label, value in found.rows:
        table.add_row(Text(label), Text(with_flags(value)))
    console = stdout()
    console.print(Text(str(path), style="bold"), soft_wrap=True)
    console.print(table)
    if found.command:
        console.print("Next:")
        # Never wrapped: it is there to be copied.
        console.print(Text(f"  {found.command}", style="cyan"), soft_wrap=True)
    show_warnings(found.warnings)
    console.print()
