"""`rebalance cryosparc`: the main job inside CryoSPARC, and the same for viewing directions."""

from __future__ import annotations

import contextlib
import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rebalance.cli.options import DryRun, Json, Quiet, typed_settings
from rebalance.settings import OrientationSettings, RunSettings
from rebalance.settings.setting import settings_of

if TYPE_CHECKING:
    pass

_READ = ("path", "class_averages", "passthrough", "project", "format")
"""Settings decided by the CryoSPARC job: its input files."""

_A_JOB = "J12"
"""Placeholder until the files are downloaded."""

Project = Annotated[str, typer.Option("--project", metavar="P3", help="Project.")]
Workspace = Annotated[
    str, typer.Option("--workspace", metavar="W1", help="Workspace for the new External job.")
]
Job = Annotated[
    str,
    typer.Option(
        "--job",
        metavar="J12",
        help="2D Classification or Select 2D job, or one of its outputs, e.g. "
        "J12.particles_selected.",
    ),
]
Refinement = Annotated[
    str,
    typer.Option(
        "--job", metavar="J21", help="3D refinement job, or one of its outputs, e.g. J21.particles."
    ),
]
Averages = Annotated[
    str | None,
    typer.Option(
        "--averages",
        metavar="J10",
        help="Job with the class averages. By default this job, or one of the jobs it came from.",
        show_default=False,
    ),
]
Title = Annotated[
    str | None,
    typer.Option("--title", metavar="TEXT", help="Title of the new job.", show_default=False),
]
Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="URL",
        help="Address of CryoSPARC, as in your browser.",
        show_default="the one you are logged in to",
    ),
]


@typed_settings(
    only=[name for name in settings_of(RunSettings) if name not in _READ],
    fixed={"path": _A_JOB},
    otherwise={"output": {"show_default": "rebalance_P3_J12_k8_f0.8"}},
)
def cryosparc(
    settings: RunSettings,
    project: Project,
    workspace: Workspace,
    job: Job,
    averages: Averages = None,
    title: Title = None,
    url: Url = None,
    dry_run: DryRun = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Group and balance as an External job of CryoSPARC 5.

    [bold]python -m cryosparc.tools login --url https://cryosparc.example.org[/]   once

    [bold]rebalance cryosparc --project P3 --workspace W1 --job J12 -k 8 -f 0.5[/]
    """
    from rebalance.cli.cryosparc_view import print_done, show_done, show_found
    from rebalance.cli.progress import progress_shown
    from rebalance.hosts.cryosparc.run import Request, look, rebalance_job

    request = Request(project.upper(), workspace.upper(), job, averages, url, title, _typed())
    with (
        # What a plugin prints is no part of the JSON.
        contextlib.redirect_stdout(sys.stderr) if json else contextlib.nullcontext(),
        progress_shown(quiet=quiet) as progress,
    ):
        if dry_run:
            found = look(request, settings, progress)
            progress.stage("")
        else:
            result, done = rebalance_job(request, settings, progress=progress)
    if dry_run:
        show_found(found, settings, json=json, quiet=quiet)
    elif json:
        print_done(request, result, done)
    elif not quiet:
        show_done(request, settings, result, done)


@typed_settings(
    OrientationSettings,
    only=[name for name in settings_of(OrientationSettings) if name not in _READ],
    shorthands=(),
    fixed={"path": _A_JOB},
    otherwise={"output": {"show_default": "rebalance_P3_J21_orientations_p80"}},
)
def cryosparc_orientations(
    settings: OrientationSettings,
    project: Project,
    workspace: Workspace,
    job: Refinement,
    title: Title = None,
    url: Url = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Balance by viewing direction as an External job of CryoSPARC 5.

    [bold]rebalance cryosparc-orientations --project P3 --workspace W1 --job J21[/]
    """
    from rebalance.cli.cryosparc_view import print_done, show_orientations_done
    from rebalance.cli.progress import progress_shown
    from rebalance.hosts.cryosparc.run import Request, balance_orientations_of_job

    request = Request(project.upper(), workspace.upper(), job, None, url, title, _typed())
    with (
        contextlib.redirect_stdout(sys.stderr) if json else contextlib.nullcontext(),
        progress_shown(quiet=quiet) as progress,
    ):
        result, done = balance_orientations_of_job(request, settings, progress=progress)
    if json:
        print_done(request, result, done)
    elif not quiet:
        show_orientations_done(request, result, done)


def _typed() -> str:
    """The command as it was typed."""
    return shlex.join(["rebalance", *sys.argv[1:]])
