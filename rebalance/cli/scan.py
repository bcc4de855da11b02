"""`rebalance scan`: which numbers of superclasses are worth trying."""

from __future__ import annotations

from typing import Annotated

import typer

from rebalance.cli.options import Json, Quiet, typed_settings
from rebalance.settings import AUTO, RunSettings


@typed_settings(
    scan=True,
    fixed={"n_superclasses": AUTO},
    otherwise={
        "output": {
            "help": "Folder for the table and the figure.",
            "show_default": "rebalance_<job>_scan",
            "rich_help_panel": None,
        }
    },
)
def scan(
    settings: RunSettings,
    numbers: Annotated[
        str | None,
        typer.Option(
            "--range",
            metavar="3-30",
            help="Numbers of superclasses to try: a range, or numbers separated by commas.",
            show_default="3-60",
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Try many numbers of superclasses, and suggest one.

    [bold]rebalance scan Class2D/job013[/]                   3 to 60 superclasses

    [bold]rebalance scan Class2D/job013 --range 5-20 -f 0.5[/]   also show what f = 0.5 would keep
    """
    from rebalance.cli.progress import progress_shown
    from rebalance.cli.scan_view import show_scan
    from rebalance.pipeline.scan_job import execute_scan
    from rebalance.settings.values import class_numbers

    tried = None if numbers is None else class_numbers("numbers", numbers, "number")
    with progress_shown(quiet=quiet) as progress:
        found = execute_scan(settings, tried, progress=progress)
    if json:
        from rebalance.record.run_record import as_json

        typer.echo(as_json(found.content))
    elif not quiet:
        show_scan(settings, found)
