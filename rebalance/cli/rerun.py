"""`rebalance rerun`: repeat a recorded run and say what differs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rebalance.pipeline.rerun import Rerun


def rerun(
    record: Annotated[
        Path, typer.Argument(metavar="RUN_JSON", help="run.json in a results folder.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FOLDER",
            help="Results folder.",
            show_default="<first folder>_rerun",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results of an earlier run.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the differences as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Repeat a run from its run.json, and show what differs."""
    from rebalance.cli.progress import progress_shown
    from rebalance.pipeline.rerun import rerun as repeat

    with progress_shown(quiet=quiet) as progress:
        outcome = repeat(record, output=output, overwrite=overwrite, progress=progress)
    if json:
        from rebalance.record.run_record import as_json

        content = {
            "folder": str(outcome.result.folder),
            "same": not outcome.came_out,
            "went_in": outcome.went_in,
            "came_out": outcome.came_out,
        }
        typer.echo(as_json(content))
    elif not quiet:
        _show(outcome, record if record.is_dir() else record.parent)


def _show(outcome: Rerun, first: Path) -> None:
    from filecmp import cmp

    from rich.text import Text

    from rebalance.cli.screen import shorter, stdout

    console = stdout()
    for title, sentences, none in (
        ("Input", outcome.went_in, "same program, packages and input files"),
        ("Output", outcome.came_out, "same bytes in every file"),
    ):
        console.print(Text(f"{title}: {'these differ' if sentences else none}", style="bold"))
        for sentence in sentences:
            console.print(Text(f"  {sentence}"))
    folder = outcome.result.folder
    if folder is not None:
        console.print(Text(f"Results in {shorter(folder)}/"), soft_wrap=True)
        then, now = first / "report.md", folder / "report.md"
        there = then.is_file() and now.is_file()
        if outcome.came_out and there and not cmp(then, now, shallow=False):
            console.print(Text("Next: compare the reports:"))
            command = f"diff {shorter(then)} {shorter(now)}"
            console.print(Text(f"  {command}", style="cyan"), soft_wrap=True)
