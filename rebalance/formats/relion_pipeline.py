"""The class averages that particles belong to, found through the jobs of a RELION project.

A Select job that splits or filters particles, an extraction, a polishing or a join keeps class
numbers, but no class averages are next to what it writes. Which files went into a job is said by
`job_pipeline.star` in its folder, by `default_pipeline.star` of the project, and by `job.star`; so
the averages are found upstream.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rebalance.errors import InputError
from rebalance.formats.paths import is_file
from rebalance.formats.relion_job import RelionJob, job_beside
from rebalance.formats.relion_paths import project_above
from rebalance.formats.star_file import StarFile

_EDGE_FROM, _EDGE_TO = "rlnPipeLineEdgeFromNode", "rlnPipeLineEdgeProcess"
_MOST_JOBS = 100
"""Number of jobs to search."""


def with_averages_upstream(job: RelionJob, project: Path | None) -> RelionJob:
    """A job whose particles have no class averages next to them, with those found upstream.

    Parameters
    ----------
    job : RelionJob
    project : Path, optional
        The project folder, where a person names it.

    Returns
    -------
    RelionJob
        The same where there are averages already, or none upstream; with ``rivals`` where there
        are several.
    """
    if job.particles is None or job.averages is not None or _is_classified(job.particles):
        return job
    root = project_above(job.particles) if project is None else project.resolve()
    if root is None:
        return job
    found = list(_upstream(job.particles, root))
    if len(found) > 1:
        return replace(job, rivals=tuple(found))
    if not found:
        return job
    shown = found[0].relative_to(root) if found[0].is_relative_to(root) else found[0]
    note = f"Using the class averages of {shown}, where {job.particles.name} comes from."
    return replace(job, averages=found[0], notes=(*job.notes, note))


def _upstream(particles: Path, project: Path) -> Iterator[Path]:
    """Every table of class averages that the particles may belong to, nearest first."""
    jobs = [_job_of(particles, project)]
    given: dict[Path, None] = {}
    for job in jobs:
        for path in _inputs(job, project) if job else ():
            averages = _averages_of(path)
            if averages is not None and averages not in given:
                given[averages] = None
                yield averages
            before = _job_of(path, project)
            is_end = averages is not None or _is_classified(path)
            if not is_end and before not in jobs and len(jobs) < _MOST_JOBS:
                jobs.append(before)


def _is_classified(path: Path) -> bool:
    """Whether a table was written by a classification or refinement, which sets class numbers."""
    return path.name.endswith("_data.star")


def _averages_of(path: Path) -> Path | None:
    """The class averages of a file that went into a job; None for maps."""
    if path.name.endswith("_optimiser.star"):
        path = path.with_name(path.name.replace("_optimiser.star", "_data.star"))
    is_table = path.name == "class_averages.star" or path.name.endswith("_model.star")
    averages = path if is_table else job_beside(path).averages
    return None if averages is None or not is_file(averages) or _is_of_maps(averages) else averages


def _is_of_maps(averages: Path) -> bool:
    if averages.suffix != ".star":
        return False
    try:
        block = StarFile(averages).block("model_general")
    except InputError:
        return True
    return block is not None and block.pairs.get("rlnReferenceDimensionality") == "3"


def _job_of(path: Path, project: Path) -> str:
    """The name of the job that a file lies in, ``Select/job014/``; empty for none.

    Aliases are links to the folder of the job.
    """
    path = path.resolve()
    parts = path.relative_to(project).parts if path.is_relative_to(project) else ()
    return f"{parts[0]}/{parts[1]}/" if len(parts) > 2 else ""


def _inputs(job: str, project: Path) -> list[Path]:
    """The star files that went into a job."""
    for pipeline in (project / job / "job_pipeline.star", project / "default_pipeline.star"):
        columns = _columns(pipeline, "pipeline_input_edges", _EDGE_FROM, _EDGE_TO)
        names = [name for name, to in columns if to == job]
        if names:
            break
    else:
        options = _columns(
            project / job / "job.star",
            "joboptions_values",
            "rlnJobOptionVariable",
            "rlnJobOptionValue",
        )
        names = [value for _, value in options]
    stars = [project / name for name in dict.fromkeys(names) if name.endswith(".star")]
    return [path for path in stars if is_file(path) or path.name.endswith("_optimiser.star")]


def _columns(path: Path, block: str, *labels: str) -> list[tuple[str, str]]:
    """Two columns of a table as text; none where they can't be read, for no one named the file."""
    try:
        found = StarFile(path).block(block)
        if found is None or found.loop is None or not set(labels) <= set(found.loop.labels):
            return []
        first, second = ([str(x) for x in found.loop.read_column(label)] for label in labels)
    except InputError:
        return []
    return list(zip(first, second, strict=True))
