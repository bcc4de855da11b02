"""The External job, in order: its arguments, a job of ours, and the files that RELION looks for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rebalance.hosts.relion import output_nodes
from rebalance.hosts.relion.arguments import Arguments, folder_of, parse
from rebalance.hosts.relion.exit_files import exit_file
from rebalance.hosts.relion.job_progress import JobProgress
from rebalance.hosts.relion.labels import Model, settings_from
from rebalance.hosts.relion.output_nodes import OUTPUT_NODES, Node, spelling_of
from rebalance.hosts.relion.selection_files import BACKUP, CLASS_AVERAGES, write_selection_files
from rebalance.model import OrientationsResult, RunResult
from rebalance.record.job_folder import JobFolder, remove_results, write_whole
from rebalance.settings import OrientationSettings, RunSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOGFILE = "logfile.pdf"
EXCLUDED = "particles_excluded.star"

MODELS: Mapping[str, Model] = {"run": RunSettings, "orientations": OrientationSettings}
"""Kinds of job, and their settings."""

NODES = {CLASS_AVERAGES: output_nodes.AVERAGES, LOGFILE: output_nodes.LOGFILE}
"""What is a node, besides particle tables."""

_OURS = (OUTPUT_NODES, CLASS_AVERAGES, BACKUP, LOGFILE)
"""Files written in addition to the results of every run."""


@dataclass(frozen=True)
class ExternalJob:
    """A job that ended well.

    Parameters
    ----------
    arguments : Arguments
    settings : RunSettings or OrientationSettings
    result : RunResult or OrientationsResult
    names : tuple of str
        Files for RELION, in the job's folder.
    """

    arguments: Arguments
    settings: RunSettings | OrientationSettings
    result: RunResult | OrientationsResult
    names: tuple[str, ...]


def external_job(
    words: Sequence[str],
    *,
    say: Callable[[str], None],
    show: Callable[[ExternalJob], None],
    kind: str = "run",
) -> None:
    """Do the job that RELION's command line asks for, in the project folder.

    Parameters
    ----------
    words : sequence of str
        Of the command line, from ``--o`` on.
    say : callable
        Takes a line about what is being done.
    show : callable
        Takes what came out, before the job ends.
    kind : {"run", "orientations"}

    Raises
    ------
    RebalanceError
        A mistake in a label or a file. RELION is told that the job failed.
    Aborted
        If a person aborts the job in RELION, which is told so.
    """
    folder = folder_of(words)
    with exit_file(folder):
        _clear(folder, words)
        try:
            show(_job(words, folder, say, kind))
        except BaseException:
            _clear(folder, words)
            raise


def _clear(folder: Path, words: Sequence[str]) -> None:
    """Remove what this program wrote into the folder, but for a file that it is told to read."""
    remove_results(folder, _OURS, spared=[Path(word) for word in words])


def _job(words: Sequence[str], folder: Path, say: Callable[[str], None], kind: str) -> ExternalJob:
    arguments = parse(words)
    settings = settings_from(
        MODELS[kind],
        arguments.labels,
        path=arguments.particles,
        output=folder,
        threads=arguments.threads,
    )
    for sentence in arguments.unused:
        say(sentence)
    progress = JobProgress(folder, say)
    result = _do(settings, progress)
    tables = _particle_tables(result)
    names = [*tables]
    if isinstance(result, RunResult):
        names += write_selection_files(result.dataset, result.superclasses, folder)
    progress.stage("logfile", f"Writing {LOGFILE}" if settings.figures else "")
    names += _write_logfile(settings, result, folder)
    progress.stage("")
    nodes = dict.fromkeys(tables, output_nodes.PARTICLES)
    nodes |= {name: NODES[name] for name in names if name in NODES}
    if _keeps_all(result):
        nodes.pop(EXCLUDED, None)
    _write_nodes(nodes, folder)
    return ExternalJob(arguments, settings, result, tuple(names))


def _keeps_all(result: RunResult | OrientationsResult) -> bool:
    """Whether no particle is excluded: of an empty table, RELION's programs make an error."""
    return result.selection is not None and bool(result.selection.selected.all())


def _do(
    settings: RunSettings | OrientationSettings, progress: JobProgress
) -> RunResult | OrientationsResult:
    if isinstance(settings, OrientationSettings):
        from rebalance.pipeline.orientations_job import execute_orientations

        return execute_orientations(settings, progress=progress, into=JobFolder)
    from rebalance.pipeline.run_job import execute

    return execute(settings, progress=progress, into=JobFolder)


def _write_logfile(
    settings: RunSettings | OrientationSettings,
    result: RunResult | OrientationsResult,
    folder: Path,
) -> tuple[str, ...]:
    """The pictures as one PDF, which RELION's Display menu opens; none where none are wanted."""
    from rebalance import figures

    drawn = _figures(settings, result) if settings.figures else {}
    if not drawn:
        return ()
    write_whole(folder / LOGFILE, figures.as_pages(drawn.values()))
    return (LOGFILE,)


def _figures(
    settings: RunSettings | OrientationSettings, result: RunResult | OrientationsResult
) -> dict[str, Figure]:
    from rebalance import figures

    if isinstance(result, OrientationsResult):
        return figures.draw_orientations(result)
    from rebalance.pipeline.view_pictures import pictures_of_run

    assert isinstance(settings, RunSettings)
    return figures.draw_all(result, scale=settings.scale, **pictures_of_run(result))


def _particle_tables(result: RunResult | OrientationsResult) -> list[str]:
    """Names in the folder, those for every run first: subsets come on request."""
    assert result.folder is not None
    tables = [path for path in result.files if path.match("particles_*.star")]
    names = [path.relative_to(result.folder).as_posix() for path in tables]
    return sorted(names, key=lambda name: "/" in name)


def _write_nodes(nodes: Mapping[str, Node], folder: Path) -> None:
    """Names are relative to the project, which is the current folder."""
    place = Path(os.path.relpath(folder))
    from_project = {(place / name).as_posix(): node for name, node in nodes.items()}
    content = output_nodes.output_nodes(from_project, spelling_of(Path()))
    write_whole(folder / OUTPUT_NODES, content)
