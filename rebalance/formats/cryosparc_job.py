"""Which files make up a CryoSPARC 2D classification, found from any one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.formats.cs_file import CsTable, column_names, open_cs, read_column
from rebalance.formats.csg_file import read_group
from rebalance.model import IntArray

CLASS_FIELD = "alignments2D/class"
_ITERATION = re.compile(r"_(\d{2,})_")


@dataclass(frozen=True)
class CryosparcJob:
    """The files of one classification.

    Parameters
    ----------
    particles : Path, optional
    passthrough : tuple of Path
        Those that the person or a result group names.
    averages : Path, optional
    notes : tuple of str
    """

    particles: Path | None
    passthrough: tuple[Path, ...] = ()
    averages: Path | None = None
    notes: tuple[str, ...] = ()


class CsParticles:
    """A particle table with its passthrough; a `rebalance.model.TableHandle`.

    Parameters
    ----------
    main : CsTable
    others : sequence of CsTable
        Passthrough tables, joined by ``uid``.

    Raises
    ------
    InputError
        If a uid is missing or there twice.
    """

    def __init__(self, main: CsTable, others: Sequence[CsTable] = ()) -> None:
        self.main = main
        self.others = tuple(others)
        self._rows = tuple(join_by_uid(main, other) for other in self.others)

    def __len__(self) -> int:
        return len(self.main)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Fields with one value a row, of all files."""
        tables = (self.main, *self.others)
        return tuple(dict.fromkeys(name for table in tables for name in column_names(table)))

    def read_column(self, name: str) -> npt.NDArray[Any]:
        """One field, (P,); from the passthrough by uid. KeyError if there is none."""
        if name in column_names(self.main):
            return read_column(self.main, name)
        for other, rows in zip(self.others, self._rows, strict=True):
            if name in column_names(other):
                return read_column(other, name)[rows]
        raise KeyError(name)

    def write(self, folder: Path, name: str, rows: IntArray) -> list[tuple[str, CsTable]]:
        """Write rows of every file; the same rows in the same order in each.

        Returns
        -------
        list of (file name, CsTable)
            What was written, and the table that it is a subset of.
        """
        written: list[tuple[str, CsTable]] = [(f"{name}.cs", self.main)]
        self.main.write(folder / f"{name}.cs", rows)
        for number, (other, place) in enumerate(zip(self.others, self._rows, strict=True), 1):
            file_name = f"{name}_passthrough{number if len(self.others) > 1 else ''}.cs"
            other.write(folder / file_name, place[rows])
            written.append((file_name, other))
        return written


def join_by_uid(main: CsTable, other: CsTable) -> IntArray:
    """Row of ``other`` for each row of ``main``, int64 (P,).

    Raises
    ------
    InputError
        If a table has no uids, repeats one, or ``other`` lacks some of main's.
    """
    uid, other_uid = (_uids(table) for table in (main, other))
    if np.array_equal(uid, other_uid):
        return np.arange(len(uid), dtype=np.int64)
    order = np.argsort(other_uid, kind="stable")
    place = np.searchsorted(other_uid, uid, sorter=order).clip(max=max(len(order) - 1, 0))
    rows = order[place] if len(order) else np.zeros(len(uid), dtype=np.int64)
    missing = (
        np.ones(len(uid), dtype=bool) if len(order) == 0 else np.asarray(other_uid[rows] != uid)
    )
    if missing.any():
        raise InputError(
            f"{missing.sum():,} of the {len(uid):,} particles of {main.path.name} have no row in "
            f"it; the first is uid {uid[int(np.argmax(missing))]}.",
            path=other.path,
            hint="Give the passthrough file of the same job.",
        )
    return rows.astype(np.int64)


def _uids(table: CsTable) -> npt.NDArray[np.uint64]:
    if "uid" not in column_names(table):
        raise InputError(
            "The table has no uid, by which files of the same particles are joined.",
            path=table.path,
            hint="Give the passthrough file of the same job, or none.",
        )
    uid = table.values("uid").astype(np.uint64)
    ordered = np.sort(uid)
    repeated = np.flatnonzero(ordered[1:] == ordered[:-1])
    if len(repeated):
        raise InputError(
            f"uid {ordered[repeated[0]]} is there twice; particles can't be joined by it.",
            path=table.path,
            hint="Remove duplicates in CryoSPARC, or leave out the passthrough file.",
        )
    return uid


def find_passthrough(particles: Path, main: CsTable) -> tuple[list[CsTable], list[str]]:
    """Passthrough files beside the particles that hold all of their uids and new fields.

    Returns
    -------
    tables : list of CsTable
    warnings : list of str
        Files that can't go along though they seem to belong to these particles, and why.
    """
    found: list[CsTable] = []
    warnings: list[str] = []
    known = set(main.dtype.names or ())
    if "uid" not in known:
        return found, warnings
    for path in sorted(particles.parent.glob("*passthrough*.cs")):
        if path.name == particles.name:
            continue
        try:
            table = open_cs(path)
            names = set(table.dtype.names or ())
            if names <= known or "uid" not in names or _is_of_others(main, table):
                continue
            join_by_uid(main, table)
        except InputError as error:
            warnings.append(
                f"The passthrough file {path.name} is left out. {error.location or ''}"
                f"{': ' if error.location else ''}{error.problem}"
            )
            continue
        found.append(table)
        known |= names
    return found, warnings


def _is_of_others(main: CsTable, other: CsTable) -> bool:
    """Whether no particle is in both, as with those that Select 2D excluded."""
    return not np.isin(main.values("uid"), other.values("uid")).any()


def find_job(path: Path) -> CryosparcJob:
    """The files of the classification that a folder, ``.cs`` or ``.csg`` belongs to.

    Raises
    ------
    InputError
        If it belongs to none.
    """
    if path.is_dir():
        particles = _particles_in(path)
        return CryosparcJob(particles, averages=averages_beside(particles))
    if path.suffix == ".csg":
        return _from_group(path)
    if is_averages(open_cs(path)):
        return CryosparcJob(None, averages=path)
    return CryosparcJob(path, averages=averages_beside(path))


def _from_group(path: Path) -> CryosparcJob:
    files = list(dict.fromkeys(read_group(path).values()))
    with_class = [file for file in files if CLASS_FIELD in (open_cs(file).dtype.names or ())]
    if not with_class:
        if len(files) == 1 and is_averages(open_cs(files[0])):
            return CryosparcJob(None, averages=files[0])
        raise InputError(
            f"No file of the group has {CLASS_FIELD}.",
            path=path,
            hint="Give the particles of a 2D classification or of Select 2D.",
        )
    main = with_class[0]
    others = tuple(file for file in files if file != main)
    return CryosparcJob(main, others, averages_beside(main))


def is_averages(table: CsTable) -> bool:
    """True for a table of class averages: it names images, and they have no class of their own."""
    names = set(table.dtype.names or ())
    if any(name.startswith(("alignments2D/", "location/", "ctf/")) for name in names):
        return False
    by_name = re.search(r"class_averages|templates", table.path.name) is not None
    return "blob/idx" in names and ("blob/res_A" in names or by_name)


def _particles_in(folder: Path) -> Path:
    candidates = [
        path
        for path in sorted(folder.glob("*.cs"))
        if "passthrough" not in path.name and "excluded" not in path.name and _has_class(path)
    ]
    if not candidates:
        raise InputError(
            f"The folder holds no CryoSPARC particles with {CLASS_FIELD}.",
            path=folder,
            hint="Give the folder of a 2D Classification or Select 2D job, or its particles .cs.",
        )
    last = _last_iteration(candidates)
    if last is None:
        raise InputError(
            "The folder holds several particle tables: "
            f"{', '.join(path.name for path in candidates)}.",
            path=folder,
            hint="Give the one that is meant.",
        )
    return last


def _last_iteration(paths: Iterable[Path]) -> Path | None:
    """The one of the highest iteration; None if that is not one alone."""
    by_iteration: dict[int, list[Path]] = {}
    for path in paths:
        found = _ITERATION.findall(path.name)
        by_iteration.setdefault(int(found[-1]) if found else -1, []).append(path)
    last = by_iteration[max(by_iteration)] if by_iteration else []
    return last[0] if len(last) == 1 else None


def _has_class(path: Path) -> bool:
    try:
        return CLASS_FIELD in (open_cs(path).dtype.names or ())
    except InputError:
        return False


def averages_beside(particles: Path) -> Path | None:
    """The table of class averages beside a particle table, or None."""
    name = particles.name
    for twin in (
        name.replace("particles_selected", "templates_selected"),
        name.replace("particles", "class_averages"),
        name.replace("particles", "templates"),
    ):
        if twin != name and particles.with_name(twin).is_file():
            return particles.with_name(twin)
    beside = {
        *particles.parent.glob("*class_averages*.cs"),
        *particles.parent.glob("*templates*.cs"),
    }
    return _last_iteration(path for path in sorted(beside) if "excluded" not in path.name)
