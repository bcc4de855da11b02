"""The screens of `rebalance cryosparc`: what would be connected, and what there is in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from rebalance.cli.screen import say, shorter, stdout
from rebalance.model import OrientationsResult, RunResult
from rebalance.record.run_record import as_json
from rebalance.settings import RunSettings

if TYPE_CHECKING:
    from rebalance.hosts.cryosparc.run import Done, Found, Request


def show_found(found: Found, settings: RunSettings, *, json: bool, quiet: bool) -> None:
    """Say what would be connected, and where the files are.

    Parameters
    ----------
    found : Found
    settings : RunSettings
    json : bool
        As JSON on standard output.
    quiet : bool
        Say nothing.
    """
    sources = found.sources
    averages = sources.averages
    if json:
        content = {
            "project": found.request.project,
            "workspace": found.request.workspace,
            "particles": {"output": str(sources.particles), "items": sources.particles.n_items},
            "class_averages": None
            if averages is None
            else {"output": str(averages), "items": averages.n_items},
            "download": not found.is_seen,
            "folder": str(found.place.resolve()),
        }
        typer.echo(as_json(content))
        return
    if quiet:
        return
    console = stdout()
    console.print(Text(sources.made_by, style="bold"))
    read = (
        "in the project folder, which is visible from this machine"
        if found.is_seen
        else f"would be downloaded to {shorter(found.files.copies)}/"
    )
    for name, text in (
        ("project", f"{found.request.project}, {found.files.folder}"),
        ("workspace", found.request.workspace),
        ("particles", f"{sources.particles}, {sources.particles.n_items:,}"),
        ("averages", "none" if averages is None else f"{averages}, {averages.n_items:,}"),
        ("files", read),
    ):
        say(console, text, lead=f"{name:<11}", hang=" " * 11, color="dim")
    console.print()
    say(
        console,
        f"Results would go to {shorter(found.place)}/ and to an External job in "
        f"{found.request.workspace}; nothing was written.",
    )


def print_done(request: Request, result: RunResult | OrientationsResult, done: Done) -> None:
    """The summary, where the results are on this machine, and the job, as JSON."""
    folder = result.folder
    assert folder is not None
    names = [path.relative_to(folder).as_posix() for path in result.files]
    job = {
        "project": request.project,
        "workspace": request.workspace,
        "job": done.job,
        "outputs": dict(done.outputs),
    }
    content = {**result.summary, "folder": str(folder), "files": names, "cryosparc": job}
    typer.echo(as_json(content))


def show_done(request: Request, settings: RunSettings, result: RunResult, done: Done) -> None:
    """Print what a run found and did, and the job that has it.

    Parameters
    ----------
    request : Request
    settings : RunSettings
    result : RunResult
    done : Done
    """
    from rebalance.cli.result_view import next_step, show_outcome

    show_outcome(result)
    console = stdout()
    _show_where(console, request, result, done)
    if result.selection is not None and result.selection.cap is None:
        words, command = next_step(settings, result, "")
        if command and words.startswith("balance"):
            say(console, f"Next: {words.rstrip(':')}.")


def show_orientations_done(request: Request, result: OrientationsResult, done: Done) -> None:
    """Print what was kept, and the job that has it."""
    from rebalance.cli.orientations_view import show_outcome

    show_outcome(result)
    _show_where(stdout(), request, result, done)


def _show_where(
    console: Any, request: Request, result: RunResult | OrientationsResult, done: Done
) -> None:
    assert result.folder is not None
    console.print()
    place = f"{done.job} in {request.workspace} of {request.project}"
    outputs = ", ".join(f"{name} ({n:,})" for name, n in done.outputs.items())
    say(
        console,
        (f"In CryoSPARC: {place}, with outputs {outputs}.") if outputs else f"Made: {place}.",
    )
    console.print(
        Text.assemble("Results in ", (f"{shorter(result.folder)}/", "bold")), soft_wrap=True
    )
