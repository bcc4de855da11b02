"""Balancing as an External job of CryoSPARC: by superclasses, or by viewing directions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rebalance.errors import HostError, OptionError
from rebalance.hosts.cryosparc.connection import connect, refusals_told
from rebalance.hosts.cryosparc.external_job import LoggedProgress, external_job
from rebalance.hosts.cryosparc.outputs import save_particles, save_templates
from rebalance.hosts.cryosparc.pictures import (
    findings,
    log_findings,
    picture,
    pictures_of,
    show,
    tile,
)
from rebalance.hosts.cryosparc.project_files import ProjectFiles, bring, is_seen
from rebalance.hosts.cryosparc.sources import CLASSES, POSES, Sources, find_sources
from rebalance.model import BY_NONE, OrientationsResult, RunResult
from rebalance.progress import Progress
from rebalance.record.results_folder import ResultsFolder
from rebalance.settings import OrientationSettings, RunSettings
from rebalance.settings.values import plain_name
from rebalance.system_errors import system_errors_told

if TYPE_CHECKING:
    from cryosparc.controllers.project import ProjectController

_USEFUL = ("blob", "ctf", "location", "pick_stats")
"""Slots that are also read, so that the particles in the results folder can be used by themselves;
all others pass through in CryoSPARC.
"""

AnySettings = TypeVar("AnySettings", RunSettings, OrientationSettings)


@dataclass(frozen=True)
class Request:
    """What is to be done where.

    Parameters
    ----------
    project, workspace, job : str
        ``P3``, ``W1``, ``J12`` or ``J12.particles_selected``.
    averages : str, optional
        The job of the class averages, where they are not found from ``job``.
    url : str, optional
        Of CryoSPARC.
    title : str, optional
        Of the job that is made; by default what it does.
    command : str
        What was typed, for the job's description.
    """

    project: str
    workspace: str
    job: str
    averages: str | None = None
    url: str | None = None
    title: str | None = None
    command: str = ""


@dataclass(frozen=True)
class Found:
    """What a request comes to, before anything is done.

    Parameters
    ----------
    request : Request
    project : ProjectController
    sources : Sources
    place : Path
        Where the results go on this machine.
    files : ProjectFiles
    slots : tuple of str
        Of the particles, to be read.
    """

    request: Request
    project: ProjectController
    sources: Sources
    place: Path
    files: ProjectFiles
    slots: tuple[str, ...]

    @property
    def is_seen(self) -> bool:
        """Whether this machine sees the tables, so that none is downloaded."""
        return is_seen(self.files, self.sources, self.slots)


@dataclass(frozen=True, eq=False)
class Done:
    """What a job of CryoSPARC has now.

    Parameters
    ----------
    job : str
        The External job.
    outputs : mapping of str to int
        Items of each of its outputs.
    """

    job: str
    outputs: Mapping[str, int]


def look(request: Request, settings: RunSettings, progress: Progress) -> Found:
    """What a run would be connected to; nothing is made.

    Raises
    ------
    RebalanceError
        If something is wrong with settings, or with what CryoSPARC has.
    """
    from rebalance.pipeline.check_settings import check_number_is_given, check_settings
    from rebalance.pipeline.prepare import with_advice

    # Slips of the keyboard come to light before a job is made.
    check_settings(settings)
    if settings.decisions is None and settings.affinity_file is None:
        check_number_is_given(with_advice(settings, None)[0])
    return _found(request, settings, CLASSES, progress, needs_averages=settings.needs_affinity)


def rebalance_job(
    request: Request, settings: RunSettings, *, progress: Progress | None = None
) -> tuple[RunResult, Done]:
    """Group the class averages of a job and balance its particles, as an External job.

    Parameters
    ----------
    request : Request
    settings : RunSettings
        All but what is read.
    progress : Progress, optional

    Returns
    -------
    result : RunResult
        With the results folder on this machine.
    done : Done
        The job in CryoSPARC.

    Raises
    ------
    RebalanceError
        If anything stops it. A job that was made already is marked as failed, and says why.
    """
    from rebalance.pipeline.run_job import execute

    progress = progress or Progress()
    found = look(request, settings, progress)

    def save(job: Any, result: RunResult) -> dict[str, int]:
        saved: dict[str, int] = {}
        if result.selection is not None:
            saved |= save_particles(
                job,
                result.dataset,
                result.selection.selected,
                CLASSES,
                picture(result, "particles_per_superclass"),
            )
        # Where superclassification is off, these would be all of the averages.
        grouped = result.superclasses.by != BY_NONE and len(result.superclasses) > 0
        if found.sources.averages is not None and grouped:
            saved |= save_templates(job, result.superclasses.medoid, tile(result))
        return saved

    return _in_a_job(found, settings, execute, save, "Rebalance 2D classes", progress)


def balance_orientations_of_job(
    request: Request, settings: OrientationSettings, *, progress: Progress | None = None
) -> tuple[OrientationsResult, Done]:
    """Balance the particles of a refinement by viewing direction, as an External job.

    Parameters, results and errors are those of `rebalance_job`.
    """
    from rebalance.pipeline.orientations_job import execute_orientations
    from rebalance.point_groups import parse_symmetry

    progress = progress or Progress()
    if settings.symmetry is not None:
        parse_symmetry(settings.symmetry, "cryosparc")
    found = _found(request, settings, POSES, progress)
    if settings.symmetry is None and found.sources.symmetry:
        try:
            parse_symmetry(found.sources.symmetry, "cryosparc")
        except OptionError as error:
            progress.say(f"The refinement's symmetry is not used: {error.problem.rstrip('.')}")
        else:
            settings = replace(settings, symmetry=found.sources.symmetry)

    def save(job: Any, result: OrientationsResult) -> dict[str, int]:
        selected = result.selection.selected
        shown = picture(result, "viewing_directions")
        return save_particles(job, result.dataset, selected, POSES, shown)

    return _in_a_job(
        found, settings, execute_orientations, save, "Rebalance orientations", progress
    )


@system_errors_told()
def _found(
    request: Request,
    settings: RunSettings | OrientationSettings,
    slot: str,
    progress: Progress,
    *,
    needs_averages: bool = False,
) -> Found:
    job = request.job[:1].upper() + request.job[1:]
    name = f"{plain_name(request.project)}_{plain_name(job)}"
    place = (settings.output or Path(settings.folder_name(name))).expanduser().absolute()
    ResultsFolder(place, overwrite=settings.overwrite)
    progress.stage("connect", "Looking up the job in CryoSPARC")
    client = connect(request.url)
    with refusals_told():
        project = client.find_project(request.project)
        project.find_workspace(request.workspace)
    sources = find_sources(
        project, request.job, request.averages, slot=slot, needs_averages=needs_averages
    )
    files = ProjectFiles(
        project, place.parent / f"cryosparc_{plain_name(request.project)}", progress
    )
    asked = settings.options.get("strategy", {}).get("column")
    wanted = [slot, *_USEFUL, *([str(asked).partition("/")[0]] if asked else [])]
    return Found(request, project, sources, place, files, tuple(dict.fromkeys(wanted)))


Result = TypeVar("Result", RunResult, OrientationsResult)


@system_errors_told()
def _in_a_job(
    found: Found,
    settings: AnySettings,
    execute: Callable[..., Result],
    save: Callable[[Any, Result], dict[str, int]],
    what: str,
    progress: Progress,
) -> tuple[Result, Done]:
    """Make the job, bring the files, run, save the outputs, show what was found."""
    import rebalance

    request, sources = found.request, found.sources
    how = " ".join(settings.folder_name("J").split("_")[2:]).removeprefix("orientations ")
    with external_job(
        found.project,
        request.workspace,
        title=request.title or f"{what} ({how})",
        description=f"`{request.command}`" if request.command else "",
        particles=sources.particles,
        averages=sources.averages,
        slot=found.slots[0],
        progress=progress,
    ) as job:
        logged = LoggedProgress(progress, job)
        log_findings(job, [f"rebalance {rebalance.__version__} on {sources.made_by}."], [])
        brought = bring(found.files, sources, found.slots)
        files: dict[str, Any] = {
            "path": brought.path,
            "passthrough": brought.passthrough,
            "project": brought.project,
        }
        if isinstance(settings, RunSettings):
            files["class_averages"] = brought.class_averages
        result = execute(replace(settings, **files, output=found.place), progress=logged)
        assert result.folder is not None
        progress.stage("save", "Writing outputs to CryoSPARC")
        try:
            saved = save(job, result)
        except HostError as error:
            raise HostError(
                error.problem,
                hint=f"The results are complete in {result.folder}. You can use Import Result "
                "Group on them.",
            ) from error
        log_findings(job, findings(result), result.summary["warnings"])
        show(job, list(pictures_of(result)), tile(result), result, progress)
    progress.stage("")
    return result, Done(job.uid, saved)
