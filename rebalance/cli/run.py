"""`rebalance run`: the main job."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from rebalance.cli.options import DryRun, Json, Quiet, typed_settings
from rebalance.settings import RunSettings

if TYPE_CHECKING:
    from rebalance.model import RunResult


@typed_settings()
def run(
    settings: RunSettings, dry_run: DryRun = False, json: Json = False, quiet: Quiet = False
) -> None:
    """Group class averages into superclasses and balance the particles.

    [bold]rebalance run Class2D/job013 -k 8[/]          first look at the superclasses

    [bold]rebalance run Class2D/job013 -k 8 -f 0.5[/]   then balance the particles
    """
    if dry_run:
        from rebalance.cli.dry_run_view import show_plan
        from rebalance.pipeline.dry_run import plan

        show_plan(plan(settings), json=json, quiet=quiet)
    else:
        run_and_show(settings, json=json, quiet=quiet)


def run_and_show(settings: RunSettings, *, json: bool, quiet: bool) -> RunResult:
    """Run under a progress bar, and show the result.

    Parameters
    ----------
    settings : RunSettings
    json : bool
        The summary as JSON on standard output, and nothing else there.
    quiet : bool
        Nothing but errors.
    """
    from rebalance.cli.progress import progress_shown
    from rebalance.pipeline.run_job import execute

    # What a plugin prints is no part of the JSON.
    with (
        contextlib.redirect_stdout(sys.stderr) if json else contextlib.nullcontext(),
        progress_shown(quiet=quiet) as progress,
    ):
        result = execute(settings, progress=progress)
    if json:
        import typer

        from rebalance.record.run_record import as_json

        typer.echo(as_json(_with_folder(result)))
    elif not quiet:
        from rebalance.cli.result_view import show_result

        show_result(settings, result)
    return result


def _with_folder(result: RunResult) -> dict[str, object]:
    """The summary, and where the results are on this machine."""
    folder = result.folder
    names = [] if folder is None else [path.relative_to(folder).as_posix() for path in result.files]
    return {**result.summary, "folder": str(folder), "files": names}
