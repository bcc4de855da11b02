"""Particles of a CryoSPARC job: the table with the classes, and what passes through, joined."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.formats.cryosparc_job import CLASS_FIELD, CryosparcJob
from rebalance.formats.cs_file import CsTable, column_names, open_cs, read_column
from rebalance.model import IntArray, ParticleTable


class CryosparcParticles:
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

    @property
    def box_and_pixel_size(self) -> tuple[int | None, float | None]:
        """Box (px) and pixel size (Å), where the files say them."""
        for table in (self.main, *self.others):
            names = set(table.dtype.names or ())
            if {"blob/shape", "blob/psize_A"} <= names and len(table):
                shape, pixel_size = table.values("blob/shape"), table.values("blob/psize_A")
                return int(shape[0, -1]), float(pixel_size[0])
        return None, None

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


def read_particles(
    job: CryosparcJob, passthrough: Sequence[Path] = ()
) -> tuple[ParticleTable, list[str], list[str]]:
    """The particles of a job, joined with what passes through.

    Parameters
    ----------
    job : CryosparcJob
    passthrough : sequence of Path
        Those that the person names. If neither they nor the job name any, those beside the
        particles are taken.

    Returns
    -------
    particles : ParticleTable
    notes, warnings : list of str

    Raises
    ------
    InputError
        If they have no classes, are none, or can't be joined.
    """
    assert job.particles is not None
    main = open_cs(job.particles)
    others = [open_cs(path) for path in dict.fromkeys((*job.passthrough, *passthrough))]
    notes: list[str] = []
    warnings: list[str] = []
    if not others:
        others, warnings = find_passthrough(job.particles, main)
        notes = [f"{other.path.name} has the same uids and goes along." for other in others]
    handle = CryosparcParticles(main, others)
    if CLASS_FIELD not in handle.column_names:
        groups = dict.fromkeys(name.partition("/")[0] for name in handle.column_names)
        raise InputError(
            f"The particles have no {CLASS_FIELD}; their fields are of {', '.join(groups)}.",
            path=job.particles,
            hint="Give the particles of a 2D classification, or the passthrough file that has "
            "alignments2D with `passthrough`.",
        )
    warnings += _repeated_uids(main)
    if len(handle) == 0:
        raise InputError(
            "The particle table is empty.", path=job.particles, hint="Give a table with particles."
        )
    class_id = handle.read_column(CLASS_FIELD).astype(np.int64)
    return ParticleTable(class_id, handle, job.particles), notes, warnings


def _repeated_uids(table: CsTable) -> list[str]:
    """At most one sentence on particles that are in the table more than once."""
    if "uid" not in (table.dtype.names or ()):
        return []
    repeated = len(table) - len(np.unique(table.values("uid")))
    if repeated == 0:
        return []
    rows = "1 row repeats the uid" if repeated == 1 else f"{repeated:,} rows repeat the uids"
    return [
        f"{rows} of others in {table.path.name}: the particles are counted and may be selected "
        "more than once. Remove Duplicates in CryoSPARC drops them."
    ]


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
