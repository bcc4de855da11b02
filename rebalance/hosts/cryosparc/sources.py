"""Which outputs of which job are the particles and the class averages: the job itself is asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rebalance.errors import HostError, InputError, OptionError
from rebalance.formats.cryosparc_paths import is_set_aside
from rebalance.hosts.cryosparc.connection import refusals_told

if TYPE_CHECKING:
    from cryosparc.controllers.job import JobController
    from cryosparc.controllers.project import ProjectController

CLASSES, POSES = "alignments2D", "alignments3D"
"""The slots that are needed: the class, or the viewing direction, of each particle."""

_EXTERNAL = "snowflake"
_PARTICLES = ("particles_selected", "particles")
_AVERAGES = ("class_averages", "templates_selected", "templates")
_MOST_NAMED = 8
_MOST_JOBS = 30
"""Number of jobs searched for averages, from the given one through its parents."""


@dataclass(frozen=True)
class Output:
    """An output of a job.

    Parameters
    ----------
    job, name : str
        ``J12``, ``particles``.
    n_items : int
    files : mapping of str to str
        Of each slot that has data, the ``.cs`` that holds it, relative to the project folder.
    """

    job: str
    name: str
    n_items: int = 0
    files: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.job}.{self.name}"

    def files_of(self, slots: Iterable[str]) -> list[str]:
        """The files that hold these slots, as far as there are such, each once."""
        return list(dict.fromkeys(self.files[slot] for slot in slots if slot in self.files))


@dataclass(frozen=True)
class Sources:
    """What a job works on.

    Parameters
    ----------
    particles : Output
    averages : Output, optional
    made_by : str
        The job that was named, in words: ``J12 (class_2D_new, “All picks”)``.
    symmetry : str, optional
        Point group of a refinement, by its parameters.
    """

    particles: Output
    averages: Output | None
    made_by: str
    symmetry: str | None = None


def find_sources(
    project: ProjectController,
    job: str,
    averages: str | None = None,
    *,
    slot: str = CLASSES,
    needs_averages: bool = True,
) -> Sources:
    """The particles of a job, and the class averages of their classification.

    Parameters
    ----------
    project : ProjectController
    job : str
        ``J12``, or one output of it, ``J12.particles_selected``.
    averages : str, optional
        Likewise, where the averages are not those of the job or of its parents.
    slot : str
        What the particles must have.
    needs_averages : bool
        Whether it is an error if there are none.

    Raises
    ------
    HostError
        If CryoSPARC refuses.
    InputError
        If the job is not completed, or has not what is needed.
    OptionError
        If a name can't be one.
    """
    uid, name = _parsed(job, "job")
    found = _find_job(project, uid)
    particles = _particles(found, name, slot)
    source: Output | None = None
    if averages is not None:
        uid, name = _parsed(averages, "averages")
        of = _find_job(project, uid)
        source = _pick(of, "template", "blob", name, _AVERAGES)
        if source is None:
            raise InputError(
                f"{_said(of)} has no class averages: {_its_outputs(of)}.",
                hint="Give the 2D Classification or Select 2D job as `averages`.",
            )
    elif slot == CLASSES:
        source = _averages_above(project, found, particles)
        if source is None and needs_averages:
            raise InputError(
                f"Neither {_said(found)} nor a job that its particles come from has class "
                f"averages: {_its_outputs(found)}.",
                hint="Give the job that has them as `averages`, or balance the 2D classes "
                "themselves with `superclasses=False`.",
            )
    symmetry = found.model.spec.params.model_dump().get("refine_symmetry")
    return Sources(particles, source, _said(found), None if symmetry is None else str(symmetry))


def _parsed(word: str, setting: str) -> tuple[str, str | None]:
    match = re.fullmatch(r"([Jj]\d+)(?:\.([A-Za-z]\w*))?", word.strip())
    if match is None:
        raise OptionError(
            f"{word!r} is not a CryoSPARC job.",
            hint="Give its number with the letter, e.g. J12, or one of its outputs, e.g. "
            "J12.particles_selected.",
            setting=setting,
        )
    return match[1].upper(), match[2]


def _find_job(project: ProjectController, uid: str) -> JobController:
    with refusals_told():
        job = project.find_job(uid)
    if job.status != "completed":
        raise InputError(
            f"{_said(job)} is {job.status}, not completed.",
            hint="Wait until it is completed, or mark it as complete in CryoSPARC.",
        )
    return job


def _particles(job: JobController, name: str | None, slot: str) -> Output:
    found = _pick(job, "particle", slot, name, _PARTICLES)
    if found is not None:
        return found
    outputs = job.outputs
    if name is not None and name not in outputs:
        raise InputError(f"{_said(job)} has no output {name}: {_its_outputs(job)}.")
    if name is None and len(_candidates(job, "particle", slot)) > 1:
        several = ", ".join(f"{job.uid}.{one}" for one in _candidates(job, "particle", slot))
        raise InputError(
            f"{_said(job)} has several outputs with particles: {several}.",
            hint="Choose one with `job`.",
        )
    other = POSES if slot == CLASSES else CLASSES
    command = {POSES: "rebalance cryosparc-orientations", CLASSES: "rebalance cryosparc"}[other]
    raise InputError(
        f"{_said(job)} has no particles with {slot}: {_its_outputs(job)}.",
        hint=f"They have {other}; to balance these, use {command}."
        if _candidates(job, "particle", other)
        else "Give a 2D Classification or Select 2D job, or one that passes its particles on."
        if slot == CLASSES
        else "Give a 3D refinement.",
    )


def _pick(
    job: JobController, type: str, slot: str, name: str | None, usual: Collection[str]
) -> Output | None:
    """The output that is named, one of a usual name, or the only one of its kind."""
    found = _candidates(job, type, slot)
    if name is not None:
        found = [one for one in found if one == name]
    else:
        found = [one for one in found if one in usual or not is_set_aside(one)]
        # What other programs saved may be a choice of averages that the classes don't know.
        alone = found if len(found) == 1 and job.type != _EXTERNAL else []
        found = [one for one in usual if one in found][:1] or alone
    if not found:
        return None
    output = job.outputs[found[0]]
    files = {one.name: one.metafiles[-1] for one in output.results if one.metafiles}
    return Output(job.uid, found[0], output.num_items, files)


def _candidates(job: JobController, type: str, slot: str) -> list[str]:
    return [
        name
        for name, output in job.outputs.items()
        if output.type == type and any(one.name == slot and one.metafiles for one in output.results)
    ]


def _averages_above(
    project: ProjectController, job: JobController, particles: Output
) -> Output | None:
    """Class averages of the job, or of the nearest one that the classes of its particles are of."""
    by_name = [
        particles.name.replace("particles", word) for word in ("templates", "class_averages")
    ]
    seen, waiting = {job.uid}, [(job, particles.name, (*by_name, *_AVERAGES))]
    while waiting:
        at, name, usual = waiting.pop(0)
        found = _pick(at, "template", "blob", None, usual)
        if found is not None:
            return found
        for uid, output in _given_by(at, name):
            if uid not in seen and len(seen) < _MOST_JOBS:
                seen.add(uid)
                try:
                    with refusals_told():
                        waiting.append((project.find_job(uid), output, _AVERAGES))
                except HostError:
                    # A parent that was deleted.
                    continue
    return None


def _given_by(job: JobController, name: str) -> list[tuple[str, str]]:
    """The outputs of other jobs that a job has the classes of an output of its particles from."""
    output = job.outputs.get(name)
    results: list[Any] = [] if output is None else [o for o in output.results if o.name == CLASSES]
    if job.type != _EXTERNAL and not any(one.passthrough for one in results):
        return []
    return [
        (result.job_uid, result.output)
        for given in job.inputs.values()
        if given.type == "particle"
        for connection in given.connections
        for result in connection.results
        if result.dtype == CLASSES
    ]


def _said(job: JobController) -> str:
    title = f", “{job.title}”" if job.title else ""
    return f"{job.uid} ({job.type}{title})"


def _its_outputs(job: JobController) -> str:
    outputs = [
        f"{name} ({_some(one.name for one in output.results if one.metafiles) or 'empty'})"
        for name, output in job.outputs.items()
    ]
    return f"its outputs are {_some(outputs)}" if outputs else "it has no outputs"


def _some(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join([*names[:_MOST_NAMED], *(["…"] if len(names) > _MOST_NAMED else [])])
