"""Carries out a request for the commands that run the street, and shows the result."""

from __future__ import annotations

import contextlib
import sys

from rebalance.model import RunResult
from rebalance.settings import RunSettings


def perform(request: RunSettings, *, dry_run: bool, json: bool, quiet: bool) -> RunResult | None:
    """Run a request, or say what it would do, and show that.

    Parameters
    ----------
    request : RunSettings
    dry_run : bool
        Write nothing.
    json : bool
        The summary as JSON on standard output, and nothing else there.
    quiet : bool
        Nothing but errors.

    Returns
    -------
    RunResult or None
        None for a dry run.
    """
    if dry_run:
        from rebalance.cli.plan_view import show_plan
        from rebalance.pipeline.plan_job import plan

        show_plan(plan(request), json=json, quiet=quiet)
        return None
    # What a plugin prints is no part of the JSON.
    with contextlib.redirect_stdout(sys.stderr) if json else contextlib.nullcontext():
        result = watched(request, quiet=quiet)
    if json:
        import typer

        from rebalance.record.run_record import as_json

        typer.echo(as_json(with_folder(result)))
    elif not quiet:
        from rebalance.cli.result_view import show_result

        show_result(request, result)
    return result


def watched(request: RunSettings, *, quiet: bool) -> RunResult:
    """Run a request under a progress bar."""
    from rebalance.cli.screen import progress_shown
    from rebalance.pipeline.run_job import execute

    with progress_shown(quiet=quiet) as progress:
        return execute(request, progress=progress)


def with_folder(result: RunResult) -> dict[str, object]:
    """The summary, and where the results are on this machine."""
    folder = result.folder
    names = [] if folder is None else [path.relative_to(folder).as_posix() for path in result.files]
    return {**result.summary, "folder": str(folder), "files": names}
