"""How far a RELION classification came: its iteration, how it ended, what else is in the folder."""

from __future__ import annotations

import re
from pathlib import Path

from rebalance.errors import InputError
from rebalance.formats.paths import folders_of
from rebalance.formats.relion_job import RelionJob
from rebalance.formats.star_file import StarFile

_ITERATION = re.compile(r"(?P<root>.*)_it(?P<it>\d+)_(?:data|optimiser|model)\.star")
_ENDS = {
    "RELION_JOB_EXIT_FAILURE": "failed",
    "PIPELINER_JOB_EXIT_FAILED": "failed",
    "RELION_JOB_EXIT_ABORTED": "was aborted",
    "PIPELINER_JOB_EXIT_ABORTED": "was aborted",
}
_SUCCESS = ("RELION_JOB_EXIT_SUCCESS", "PIPELINER_JOB_EXIT_SUCCESS")
_GRADIENT_LABELS = ("rlnDoGradientRefine", "rlnDoStochasticGradientDescent")
_GRADIENT = ", of gradient refinement, which uses all particles only in the last"
_MUCH_OLDER = 60.0
"""Seconds; copying a folder gives its files times that differ by less."""


def about_progress(job: RelionJob) -> tuple[list[str], list[str]]:
    """Notes and warnings on an iteration that is not the end of its job.

    Parameters
    ----------
    job : RelionJob
    """
    start = job.particles or job.averages
    if start is None:
        return [], []
    notes: list[str] = []
    warnings = _about_exit_files(start)
    values = _read_optimiser(job.optimiser)
    current, total = _whole(values, "rlnCurrentIteration"), _whole(values, "rlnNumberOfIterations")
    is_gradient = any(_whole(values, label) for label in _GRADIENT_LABELS)
    named = iteration_of(start)
    if current is not None and values.get("rlnDoAutoRefine") == "1":
        # The number of its iterations is not known before its end.
        notes.append(f"This is iteration {current} of a refinement that has not finished.")
    elif current is not None and total is not None and 0 <= current < total:
        notes.append(
            f"This is iteration {current} of {total}, according to its "
            f"optimiser{_GRADIENT * is_gradient}."
        )
    if current is not None and named is not None and current != named:
        warnings.append(
            f"{start.name} is iteration {named} by its name, but iteration {current} according to "
            "its optimiser. Was it renamed?"
        )
    if named is not None:
        later_notes, stale = _about_other_iterations(start, named, values)
        notes += later_notes
        warnings += stale
    return notes, warnings


def _about_exit_files(start: Path) -> list[str]:
    there = {
        name
        for folder in folders_of(start)
        for name in (*_ENDS, *_SUCCESS)
        if (folder / name).exists()
    }
    if there & set(_SUCCESS):
        return []
    return [
        f"The job {how} ({name} is in its folder). Are its files complete?"
        for name, how in _ENDS.items()
        if name in there
    ]


def _about_other_iterations(
    start: Path, number: int, values: dict[str, str]
) -> tuple[list[str], list[str]]:
    """Later iterations next to this one; and earlier ones, if they are of another, newer run."""
    root = _root(start)
    others = {}
    for entry in start.absolute().parent.glob("*_it*_data.star"):
        found = iteration_of(entry)
        if found is not None and found != number and _root(entry) == root:
            others[found] = entry
    notes = []
    if others and max(others) > number:
        notes.append(
            f"Using iteration {number} as requested; the folder has iterations up to {max(others)}."
        )
    for earlier in sorted((one for one in others if one < number), reverse=True):
        reason = _why_another_run(start, number, values, others[earlier])
        if reason:
            return notes, [
                f"{start.name} may be left over from an earlier run in the same folder: "
                f"{others[earlier].name} {reason}."
            ]
    return notes, []


def _why_another_run(start: Path, number: int, values: dict[str, str], other: Path) -> str:
    theirs = _read_optimiser(
        other.with_name(other.name.removesuffix("_data.star") + "_optimiser.star")
    )
    total = _whole(theirs, "rlnNumberOfIterations")
    if total is not None and total < number:
        return f"is from a run of {total} iterations"
    seeds = [one.get("rlnRandomSeed") for one in (values, theirs)]
    if None not in seeds and seeds[0] != seeds[1]:
        return "has another random seed"
    try:
        if other.stat().st_mtime - start.stat().st_mtime > _MUCH_OLDER:
            return "is newer"
    except OSError:
        pass
    return ""


def _read_optimiser(path: Path | None) -> dict[str, str]:
    if path is None or not path.is_file():
        return {}
    try:
        block = StarFile(path).block("optimiser_general")
    except InputError:
        return {}
    return {} if block is None else block.pairs


def _whole(values: dict[str, str], label: str) -> int | None:
    text = values.get(label, "")
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None


def iteration_of(path: Path) -> int | None:
    """The iteration that a file is of by its name."""
    match = _ITERATION.fullmatch(path.name)
    return int(match["it"][-9:]) if match else None


def _root(path: Path) -> str:
    match = _ITERATION.fullmatch(path.name)
    return match["root"] if match else ""
