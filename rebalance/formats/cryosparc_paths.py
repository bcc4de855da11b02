"""Where the paths in CryoSPARC's files lead, and which of several files of one name is meant.

A path is relative to the project folder; one that begins with ``>`` to the folder of the file
that names it, as in exported groups. Job numbers and names of files repeat in every project, so a
file beside the naming one comes before another job's.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from rebalance.errors import InputError
from rebalance.formats.paths import (
    different_files,
    folders_of,
    is_file,
    same_file,
    stacks_beside,
)

OWN_FOLDER = ">"
_JOB = re.compile(r"(?:^|_)(J\d+)(?=_|$)")
_SET_ASIDE = re.compile(r"excluded|rejected")
_COPY_NUMBER = re.compile(r" ?\(\d+\)$")


class Located(NamedTuple):
    """A file, and a sentence for each thing about it that a person should know."""

    path: Path
    notes: tuple[str, ...] = ()


def is_set_aside(name: str) -> bool:
    """Whether a file is named as the particles or averages that a job did not take."""
    return _SET_ASIDE.search(name) is not None


def job_of(name: str) -> str | None:
    """The job, ``J3``, whose file or folder this is by its name."""
    found = _JOB.search(name)
    return found[1] if found else None


def is_job_folder(folder: Path) -> bool:
    """Whether a folder is named as CryoSPARC names a job's in its project."""
    return re.fullmatch(r"J\d+", folder.name) is not None


def beside(name: str, named_in: Path) -> Located | None:
    """A file of this name beside another, or the only one whose name ends so.

    Files that a browser saved bear the project before their name (``cryosparc_P280_J3_…``), or
    a number of the copy after it.
    """
    for folder in folders_of(named_in):
        if is_file(folder / name):
            return Located(folder / name)
    if not name:
        return None
    for folder in folders_of(named_in):
        alike = sorted(path for path in folder.iterdir() if _downloaded_as(path.name, name))
        if len(alike) == 1 and is_file(alike[0]):
            note = f"Using {alike[0].name} for {name}; the names end alike."
            return Located(alike[0], (note,))
    return None


def _downloaded_as(found: str, name: str) -> bool:
    path = Path(found)
    found = _COPY_NUMBER.sub("", path.stem) + path.suffix
    prefix = found.removesuffix(name)
    if prefix == found and found != name:
        return False
    # particles_selected.cs is no ending of J12_passthrough_particles_selected.cs.
    different = "passthrough" in prefix or is_set_aside(prefix)
    return not different and (not prefix or not prefix[-1].isalnum())


def locate(name: str, named_in: Path, project: Path | None = None) -> Located | None:
    """The file that a path in a CryoSPARC file means, or None.

    Parameters
    ----------
    name : str
        As written.
    named_in : Path
        The file that says so.
    project : Path, optional
        The project folder, by the person's word.

    Notes
    -----
    In this order: what ``>`` says, or an absolute path; the project folder; a file of that name
    beside; the folders above, nearest first, those of a link's target too; the current folder.
    """
    relative = name.lstrip(OWN_FOLDER)
    if not relative or "\0" in relative:
        return None
    marked = name.startswith(OWN_FOLDER)
    own = folders_of(named_in)
    above = [folder for one in own for folder in (one, *one.parents)]
    said = [folder / relative for folder in own] if marked or Path(relative).is_absolute() else []
    if project is not None:
        said.append(project / relative)
    near = beside(Path(relative).name, named_in)
    nearby = [near.path] if near else []
    here = Path.cwd() / relative
    there = [folder / relative for folder in above] if project is None else []
    last = [here] if project is None else []
    found = different_files([*said, *nearby, *there, *last])
    if not found:
        return None
    first, *others = found
    notes: list[str] = []
    if near and first == near.path:
        notes += near.notes
    if marked and not any(same_file(first, one) for one in said):
        notes.append(
            f"{named_in.name} refers to {name}, which is not in its folder; using {first}."
        )
    elif first == here and here not in there:
        notes.append(f"{named_in.name} refers to {relative}; found in the current folder: {first}.")
    if others:
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        notes.append(
            f"{named_in.name} refers to {name}, and several files have that name. Using {first}, "
            f"not {others[0]}{more}."
        )
    return Located(first, tuple(notes))


def missing_stack(name: str, named_in: Path, project: Path | None) -> InputError:
    """The error for a stack of class averages that `locate` did not find."""
    relative = name.lstrip(OWN_FOLDER)
    looked = f"in the project {project}" if project else "relative to the folders above it"
    stacks = stacks_beside(named_in)
    near = f" Next to it: {', '.join(stacks[:5])}{' …' if len(stacks) > 5 else ''}."
    return InputError(
        f"It refers to the stack of class averages {relative}, which was not found {looked} or "
        f"next to it.{(near if stacks else '')}",
        path=named_in,
        hint="Give the stack as `class_averages` or the project folder as `project`, or copy "
        f"{Path(relative).name} next to {named_in.name}.",
    )
