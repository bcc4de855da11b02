"""`rebalance relion`: an External job of RELION."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from rebalance.cli.errors import INTERRUPTED, MENDABLE, show_error
from rebalance.errors import RebalanceError

if TYPE_CHECKING:
    from rebalance.hosts.relion.external_job import ExternalJob
    from rebalance.model import RunResult

_WIDTH = "80"
"""Columns of run.out in RELION's window."""

_WHAT_THEY_ARE = (
    (("particles_selected.star",), "balanced particles, for the next job"),
    (("particles_excluded.star",), "dropped particles"),
    (
        ("class_averages.star", "backup_selection.star"),
        "class averages by superclass (open with Select)",
    ),
    (("logfile.pdf",), "figures (open from RELION's Display menu)"),
    (("report.html",), "interactive report (open in a browser)"),
)
"""In sentences: letters of RELION's window are not all as wide as each other."""


def relion(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="ARGUMENTS",
            help="As RELION writes them: --o FOLDER --in_parts FILE --LABEL VALUE ... --j N. A "
            "label is an option of rebalance run (or rebalance orientations). For switches, "
            "use yes or no.",
            show_default=False,
        ),
    ],
) -> None:
    """Group and balance as an External job of RELION (in its field External executable).

    [bold]rebalance relion[/]                superclasses and balanced particles

    [bold]rebalance relion orientations[/]   balance viewing directions, after a 3D refinement
    """
    from rebalance.cli.screen import spelled
    from rebalance.hosts.relion.exit_files import Aborted
    from rebalance.hosts.relion.external_job import MODELS, external_job
    from rebalance.hosts.relion.labels import with_labels

    # What is printed goes to run.out, whatever terminal RELION was started from.
    os.environ.update(NO_COLOR="1", TERM="dumb", COLUMNS=_WIDTH)
    os.environ.pop("FORCE_COLOR", None)
    kind, rest = (words[0], words[1:]) if words[0] in MODELS else ("run", words)
    try:
        with spelled(functools.partial(with_labels, model=MODELS[kind])):
            _run(functools.partial(external_job, rest, say=_say, show=_show, kind=kind))
    except Aborted:
        _say("Aborted on request from RELION. No results were written.")
        raise typer.Exit(INTERRUPTED) from None


def _run(job: Callable[[], None]) -> None:
    """Do the job; what is wrong is said while settings are spelled as labels."""
    try:
        job()
    except RebalanceError as error:
        show_error(error)
        raise typer.Exit(MENDABLE) from None


def _say(line: str) -> None:
    from rebalance.cli.screen import say, stdout

    say(stdout(), line, hang="  ")
    sys.stdout.flush()


def _show(job: ExternalJob) -> None:
    """What came out, for run.out: warnings too, so that run.err is for errors alone."""
    from rebalance.model import RunResult

    with contextlib.redirect_stderr(sys.stdout):
        if isinstance(job.result, RunResult):
            from rebalance.cli.result_view import show_outcome

            show_outcome(job.result)
        else:
            from rebalance.cli.orientations_view import show_outcome as show_orientations

            show_orientations(job.result)
        _show_files(job)
        if isinstance(job.result, RunResult):
            _show_next(job.result)
    sys.stdout.flush()


def _show_files(job: ExternalJob) -> None:
    from rebalance.cli.screen import stdout

    console = stdout()
    console.print()
    console.print(f"Written to {job.arguments.folder}:", markup=False, soft_wrap=True)
    there = {*job.names, *(path.name for path in job.result.files)}
    for names, what in _WHAT_THEY_ARE:
        written = ", ".join(name for name in names if name in there)
        if written:
            console.print(f"  {written}: {what}", markup=False, soft_wrap=True)
    told = [name for names, _ in _WHAT_THEY_ARE for name in names]
    others = [name for name in job.names if name not in told]
    if others:
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        line = f"  {others[0]}{more}: more particle tables, for other jobs"
        console.print(line, markup=False, soft_wrap=True)


def _show_next(result: RunResult) -> None:
    from rebalance.cli.result_view import suggested_factor

    factor, kept, candidates = suggested_factor(result)
    if factor:
        _say(
            f"Next: balance. Run again with the label factor = {factor} to keep {kept:,} of "
            f"{candidates:,} particles."
        )
