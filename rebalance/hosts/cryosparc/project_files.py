"""The files of a CryoSPARC project: read where they are if they can be seen, else downloaded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from rebalance.errors import InputError
from rebalance.formats.cryosparc_paths import OWN_FOLDER
from rebalance.formats.cs_file import open_cs, read_column
from rebalance.hosts.cryosparc.connection import refusals_told
from rebalance.hosts.cryosparc.sources import Output, Sources
from rebalance.progress import Progress

if TYPE_CHECKING:
    from cryosparc.controllers.project import ProjectController


class ProjectFiles:
    """The files of a project by their names, which are relative to its folder.

    Parameters
    ----------
    project : ProjectController
    copies : Path
        Where goes what this machine can't see; made where it is needed. Jobs have their folders in
        it, as in the project.
    progress : Progress
    """

    def __init__(self, project: ProjectController, copies: Path, progress: Progress) -> None:
        self.copies = copies
        self._project, self._progress = project, progress
        with refusals_told():
            self.folder = Path(str(project.dir))

    def sees(self, name: str) -> bool:
        """Whether the file is where the server says that it is."""
        return (self.folder / name).is_file()

    def table(self, output: Output, slots: Iterable[str]) -> Path:
        """Some slots of an output as a table, downloaded; HostError if CryoSPARC can't give it."""
        from cryosparc.dataset import CSDAT_FORMAT

        self._progress.stage("download", f"Downloading {output}")
        asked = [slot for slot in slots if slot in output.files]
        with refusals_told():
            job = self._project.find_job(output.job)
            found = job.load_output(output.name, slots=asked)
        target = self.copies / output.job / f"{output.job}_{output.name}.cs"
        with _whole(target) as unfinished:
            found.save(unfinished, format=CSDAT_FORMAT)
        return target

    def fetch(self, name: str) -> Path:
        """A file on this machine, downloaded if need be.

        Raises
        ------
        HostError
            If CryoSPARC can't give it.
        InputError
            If its name leads out of the project.
        """
        if self.sees(name):
            return self.folder / name
        relative = PurePosixPath(name)
        if relative.is_absolute() or ".." in relative.parts:
            raise InputError(
                f"CryoSPARC refers to a file outside the project, {name}, which is not on this "
                "machine."
            )
        self._progress.stage("download", f"Downloading {relative.name}")
        target = self.copies / relative
        with _whole(target) as unfinished, refusals_told():
            self._project.download_file(name, unfinished)
        return target


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A file under another name, put into its place when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.part")
    try:
        yield unfinished
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


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


def is_seen(files: ProjectFiles, sources: Sources, slots: Iterable[str]) -> bool:
    """Whether this machine sees every table that is needed."""
    averages = [] if sources.averages is None else sources.averages.files_of(["blob"])
    return all(map(files.sees, [*sources.particles.files_of(slots), *averages]))


def bring(files: ProjectFiles, sources: Sources, slots: Sequence[str]) -> Brought:
    """Tables of particles and class averages, and the images of these, on this machine.

    They are those of the project where this machine sees them, and downloaded otherwise.

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
    particles, averages = sources.particles, sources.averages
    in_place = is_seen(files, sources, slots)
    if in_place:
        path, *passthrough = [files.folder / name for name in particles.files_of(slots)]
    else:
        path, passthrough = files.table(particles, slots), []
    if averages is None:
        return Brought(path, tuple(passthrough))
    (name,) = averages.files_of(["blob"])
    table = files.folder / name if in_place else files.table(averages, ["blob"])
    stacks = [files.fetch(stack) for stack in _stacks_named_in(table, name)]
    roots = {
        files.folder if stack.is_relative_to(files.folder) else files.copies for stack in stacks
    }
    apart = roots - {files.folder if in_place else files.copies}
    return Brought(path, tuple(passthrough), table, apart.pop() if apart else None)


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
