"""The files of a CryoSPARC project: read where they are if they can be seen, else downloaded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from rebalance.errors import InputError
from rebalance.formats.cryosparc_paths import OWN_FOLDER
from rebalance.formats.cs_file import open_cs, read_column
from rebalance.hosts.cryosparc.connection import refusals_told
from rebalance.hosts.cryosparc.sources import Sources
from rebalance.progress import Progress

if TYPE_CHECKING:
    from cryosparc.controllers.project import ProjectController


class ProjectFiles:
    """The files of a project by their names, which are relative to its folder.

    Parameters
    ----------
    project : ProjectController
    copies : Path
        Where files go that this machine can't see; made where one is needed. They lie there as in
        the project.
    progress : Progress
    """

    def __init__(self, project: ProjectController, copies: Path, progress: Progress) -> None:
        self._project, self.copies, self._progress = project, copies, progress
        with refusals_told():
            self.folder = Path(str(project.dir))

    def unseen(self, names: Iterable[str]) -> list[str]:
        """Those of the files that have to be downloaded."""
        return [name for name in names if not (self.folder / name).is_file()]

    def fetch(self, name: str) -> Path:
        """The file on this machine.

        Raises
        ------
        HostError
            If CryoSPARC can't give it.
        InputError
            If its name leads out of the project.
        """
        there = self.folder / name
        if there.is_file():
            return there
        relative = PurePosixPath(name)
        if relative.is_absolute() or ".." in relative.parts:
            raise InputError(
                f"CryoSPARC names a file outside of the project, {name}, which is not on this "
                "machine."
            )
        self._progress.stage("download", f"Downloading {relative.name}")
        target = self.copies / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.part")
        try:
            with refusals_told():
                self._project.download_file(name, unfinished)
            os.replace(unfinished, target)
        finally:
            unfinished.unlink(missing_ok=True)
        return target


@dataclass(frozen=True)
class Brought:
    """Files on this machine, as settings of a run name them.

    Parameters
    ----------
    path : Path
        The table that has the classes, or the poses, of the particles.
    passthrough : tuple of Path
        Tables of their other slots.
    class_averages : Path, optional
    project : Path, optional
        The folder that paths in these files start from, where it is not one above them.
    """

    path: Path
    passthrough: tuple[Path, ...] = ()
    class_averages: Path | None = None
    project: Path | None = None


def names_of(sources: Sources, slots: Sequence[str]) -> list[str]:
    """The tables of what is needed, by their names in the project; the first has the first slot."""
    names = sources.particles.files_of(slots)
    return names if sources.averages is None else names + sources.averages.files_of(["blob"])


def bring(files: ProjectFiles, sources: Sources, slots: Sequence[str]) -> Brought:
    """Tables of particles and class averages, and the images of these, on this machine.

    Parameters
    ----------
    files : ProjectFiles
    sources : Sources
    slots : sequence of str
        Of the particles, as far as they have them; first the one that says what is asked.

    Raises
    ------
    HostError, InputError
        If one can't be had.
    """
    path, *passthrough = [files.fetch(name) for name in sources.particles.files_of(slots)]
    if sources.averages is None:
        return Brought(path, tuple(passthrough))
    (name,) = sources.averages.files_of(["blob"])
    averages = files.fetch(name)
    project = None
    for stack in _stacks_named_in(averages, name):
        there = files.fetch(stack)
        is_apart = not (files.folder / stack).is_file() and (files.folder / name).is_file()
        if is_apart and there.is_relative_to(files.copies):
            project = files.copies
    return Brought(path, tuple(passthrough), averages, project)


def _stacks_named_in(table: Path, name: str) -> list[str]:
    """The stacks that a table of class averages names, relative to the project."""
    averages = open_cs(table)
    if "blob/path" not in (averages.dtype.names or ()) or not len(averages):
        # What is wrong with it is told where it is read.
        return []
    named = sorted({str(one) for one in read_column(averages, "blob/path")})
    beside = PurePosixPath(name).parent
    return [
        str(beside / one.lstrip(OWN_FOLDER)) if one.startswith(OWN_FOLDER) else one
        for one in named
        if one.lstrip(OWN_FOLDER)
    ]
