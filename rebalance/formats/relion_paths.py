"""Where the paths in RELION's files lead, and which of several files of one name is meant.

A path is relative to the project folder. Job numbers and names of files repeat in every project,
so a job that was copied or mailed names files that are there, but another data set's.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from rebalance.errors import InputError
from rebalance.formats.paths import different_files, folders_of, is_file, stacks_beside

_PROJECT_MARKS = (".gui_projectdir", "default_pipeline.star")
_JOB_MARK = "job_pipeline.star"
"""RELION copies default_pipeline.star into the folder of every job, next to this."""

_NAMED = 5
"""Number of stacks that an error lists."""


class Found(NamedTuple):
    """A file, and what there is to say about how it was found."""

    path: Path
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def file_beside(path: Path, *names: str) -> Path | None:
    """The first of the names that is a file beside another, or beside what that is a link to."""
    places = [folder / name for folder in folders_of(path) for name in names]
    return next((place for place in places if is_file(place)), None)


def is_beside(path: Path, other: Path) -> bool:
    """True if two files lie in one folder, by whatever links."""
    return path.absolute().parent.resolve() in {one.resolve() for one in folders_of(other)}


def locate(name: str, named_in: Path, project: Path | None = None) -> Found | None:
    """The file that a path inside a RELION file means, or None.

    Parameters
    ----------
    name : str
        As written.
    named_in : Path
        The file that says so.
    project : Path, optional
        The project folder, where a person names it.

    Notes
    -----
    The path is followed from the project; without one from each folder above ``named_in`` and
    above what that is a link to, nearest first, up to a project. Where it leads into the folder
    of ``named_in`` there is no doubt. Else a file of that name beside ``named_in`` comes first.
    The folders above the project and the current folder are last.
    """
    if not name or "\0" in name:
        return None
    near, far = ([project], []) if project is not None else _roots(named_in)
    named = [root / name for root in near]
    for path in named:
        if is_beside(path, named_in) and is_file(path):
            return Found(path)
    beside = [folder / Path(name).name for folder in folders_of(named_in)]
    found = different_files([*beside, *named])
    if found:
        return Found(found[0], (), _about_others(name, named_in, *found))
    for root in far:
        if is_file(root / name):
            where = "current folder" if root == Path.cwd() else f"folder {root} above the project"
            note = f"{named_in.name} refers to {name}, which was only found in the {where}."
            return Found(root / name, (note,))
    return None


def locate_beside(name: str, named_in: Path, project: Path | None, what: str) -> Path:
    """The file that a path inside a RELION file means, if it lies in the same folder.

    Parameters
    ----------
    name, named_in, project
        As for `locate`. A project that a person names is followed into other folders too.
    what : str
        What it is, for the error.

    Raises
    ------
    InputError
        If there is none; names the one of another folder that may be meant.
    """
    found = locate(name, named_in, project)
    if found is None:
        raise not_found(name, named_in, project, what)
    if project is None and not is_beside(found.path, named_in):
        raise InputError(
            f"It refers to {what} {name}, which is not next to it. {found.path} has that name, "
            "but is in another job's folder and may be for other particles.",
            path=named_in,
            hint=f"If you want {found.path}, give it; else copy {Path(name).name} next to "
            f"{named_in.name}.",
        )
    return found.path


def _about_others(name: str, named_in: Path, taken: Path, *others: Path) -> tuple[str, ...]:
    if not others:
        return ()
    more = f" (and {len(others) - 1} more)" if len(others) > 1 else ""
    return (
        f"{named_in.name} refers to {name}, and several different files have that name. Using "
        f"{taken}, not {others[0]}{more}.",
    )


def _roots(named_in: Path) -> tuple[list[Path], list[Path]]:
    """Folders that paths may be relative to: up to the project, and others."""
    near: list[Path] = []
    far: list[Path] = []
    for folder in folders_of(named_in):
        group = near
        for root in (folder, *folder.parents):
            group.append(root)
            if is_project(root):
                group = far
    far.append(Path.cwd())
    near = list(dict.fromkeys(near))
    return near, [root for root in dict.fromkeys(far) if root not in near]


def is_project(folder: Path) -> bool:
    """True for a folder in which RELION was started."""
    if (folder / _JOB_MARK).exists():
        return False
    return any((folder / mark).exists() for mark in _PROJECT_MARKS)


def project_above(path: Path) -> Path | None:
    """The project folder that a file lies in, or None."""
    return next((folder for folder in path.resolve().parents if is_project(folder)), None)


def not_found(name: str, named_in: Path, project: Path | None, what: str) -> InputError:
    """The error for a file that `locate` did not find."""
    looked = f"in the project {project}" if project else "relative to the folders above it"
    return InputError(
        f"It refers to {what} {name}, which was not found {looked} or next to it.",
        path=named_in,
        hint=f"Give the project folder with `project`, or copy {Path(name).name} next to "
        f"{named_in.name}.",
    )


def stack_not_found(name: str, named_in: Path, project: Path | None) -> InputError:
    """The error for a stack of class averages that `locate` did not find."""
    stacks = stacks_beside(named_in)
    listed = ", ".join(stacks[:_NAMED]) + (" …" if len(stacks) > _NAMED else "")
    lie = f"next to it: {listed}" if stacks else "an .mrcs"
    return InputError(
        not_found(name, named_in, project, "the stack of class averages").problem,
        path=named_in,
        hint=f"Give the stack as `class_averages` ({lie}), or the project folder as `project`.",
    )
