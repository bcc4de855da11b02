"""Particles of a CryoSPARC job: the table with the classes, and what passes through, joined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.formats.cryosparc_job import (
    CLASS_FIELD,
    CLASS_SLOT,
    CryosparcJob,
    particles_beside,
)
from rebalance.formats.cryosparc_join import (
    count_other_classes,
    find_companions,
    join_by_uid,
    repeated_uids,
    rows_that_differ,
)
from rebalance.formats.cryosparc_paths import same_file
from rebalance.formats.cryosparc_remarks import (
    group_warnings,
    one_class_warnings,
    pixel_size_warnings,
    relative_path_warnings,
)
from rebalance.formats.cs_file import (
    CsTable,
    column_names,
    open_cs,
    read_column,
    read_whole_numbers,
    slots,
    write_rows,
)
from rebalance.model import IntArray, ParticleTable

_WRITTEN = "particles_selected*.cs and .csg (and particles_excluded*)"
_GIVE_CLASSES = (
    "Give the particles of a 2D classification, or the passthrough file that has alignments2D with "
    "`passthrough`."
)


class CryosparcParticles:
    """A particle table with its passthrough; a `rebalance.model.TableHandle`.

    Parameters
    ----------
    main : CsTable
    others : sequence of CsTable
        Tables of the same particles, joined by ``uid``.
    givers : mapping of str to sequence of int
        The tables that give the fields of a slot (``blob``, ``ctf``, …), the main one being 0,
        in order: the first that has a field gives it. A slot that is not named is not given.

    Raises
    ------
    InputError
        If a uid is missing or there twice.
    """

    def __init__(
        self,
        main: CsTable,
        others: Sequence[CsTable],
        givers: Mapping[str, Sequence[int]],
    ) -> None:
        self.main = main
        self.others = tuple(others)
        self.tables = (main, *others)
        every = np.arange(len(main), dtype=np.int64)
        self.rows = (every, *(join_by_uid(main, other) for other in self.others))
        self.slots = {slot: tables[0] for slot, tables in givers.items()}
        """The table that gives each slot to the group that is written."""
        self._givers = {
            name: at
            for slot, tables in givers.items()
            for at in reversed(tables)
            for name in self.tables[at].dtype.names or ()
            if name.startswith(f"{slot}/")
        }
        # The uid, and whatever else is of no slot.
        self._givers |= {name: 0 for name in main.dtype.names or () if "/" not in name}

    @property
    def used(self) -> list[int]:
        """The main table, and those that give a field or a slot."""
        return sorted({0, *self._givers.values(), *self.slots.values()})

    @property
    def files(self) -> list[Path]:
        """The files that are used, the main one first."""
        return [self.tables[at].path for at in self.used]

    def __len__(self) -> int:
        return len(self.main)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Fields with one number or text a row, of all files."""
        return tuple(
            name
            for at, table in enumerate(self.tables)
            for name in column_names(table)
            if self._givers.get(name) == at
        )

    def read_column(self, name: str) -> npt.NDArray[Any]:
        """One field, (P,); from the table that gives it, by uid. KeyError if there is none."""
        at = self._givers[name]
        values = read_column(self.tables[at], name)
        return values if at == 0 else values[self.rows[at]]

    def read_classes(self) -> IntArray:
        """The class of each particle, int64 (P,).

        Raises
        ------
        InputError
            If there are none, or one is no class number.
        """
        at = self._givers.get(CLASS_FIELD)
        if at is None:
            has = dict.fromkeys(name.partition("/")[0] for name in self.column_names)
            aside = [t.path.name for t in self.tables if CLASS_FIELD in (t.dtype.names or ())]
            raise InputError(
                f"The result group takes no {CLASS_FIELD} from {aside[0]}, which has it."
                if aside
                else f"The particles have no {CLASS_FIELD}; their fields are of {', '.join(has)}.",
                path=self.main.path,
                hint=f"Give {aside[0]} itself, or name it in the group."
                if aside
                else _GIVE_CLASSES,
            )
        class_id = read_whole_numbers(self.tables[at], CLASS_FIELD)
        return class_id if at == 0 else class_id[self.rows[at]]

    @property
    def box_and_pixel_size(self) -> tuple[int | None, float | None]:
        """Box (px) and pixel size (Å) of the images that were classified, as far as known.

        Images of another file than the classes may have been extracted anew.
        """
        at, *others = (
            self._givers.get(name) for name in (CLASS_FIELD, "blob/shape", "blob/psize_A")
        )
        if at is None or others != [at, at] or not len(self):
            return None, None
        shape, pixel_size = (
            np.asarray(self.tables[at].first_value(name)) for name in ("blob/shape", "blob/psize_A")
        )
        if shape.dtype.kind not in "iuf" or pixel_size.dtype.kind not in "iuf":
            return None, None
        return int(shape.flat[-1]), float(pixel_size.flat[0])

    def write(self, folder: Path, name: str, rows: IntArray) -> tuple[list[Path], dict[str, str]]:
        """Write rows of every file; the same rows in the same order in each.

        Returns
        -------
        written : list of Path
        files : dict of str to str
            Name of the file that holds each slot.
        """
        used = self.used
        names = [f"{name}.cs"] + [
            f"{name}_passthrough{number if len(used) > 2 else ''}.cs"
            for number in range(1, len(used))
        ]
        for file_name, at in zip(names, used, strict=True):
            write_rows(self.tables[at], folder / file_name, self.rows[at][rows])
        files = {slot: names[used.index(at)] for slot, at in self.slots.items()}
        return [folder / file_name for file_name in names], files


def read_particles(
    job: CryosparcJob, passthrough: Sequence[Path] = ()
) -> tuple[ParticleTable, list[str], list[str]]:
    """The particles of a job, joined with what passes through.

    Parameters
    ----------
    job : CryosparcJob
    passthrough : sequence of Path
        Those that the person names; those found beside the particles are added.

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
    # A group that was found has no say beside a file that is named.
    asked = {} if job.is_found and passthrough else dict(job.group)
    if len(main) == 0:
        raise InputError(
            "The particle table is empty.", path=job.particles, hint="Give a table with particles."
        )
    tables = _add_once([main], asked.values())
    grouped = len(tables)
    tables = _add_once(tables, passthrough)
    named = range(grouped, len(tables))
    found, warnings = find_companions(main, tables[1:])
    tables += found
    # What a person names comes before what was found.
    rest = [at for at in range(len(tables)) if at not in named]
    order = [*named, *rest] if job.is_found else [0, *named, *rest[1:]]
    group, more = _tables_of_group(asked, tables)
    warnings += more
    handle = CryosparcParticles(main, tables[1:], _choose_givers(tables, order, named, group))
    class_id = handle.read_classes()
    notes = [
        f"{handle.tables[at].path.name} has the same uids and goes along."
        for at in handle.used
        if handle.tables[at] in found
    ]
    said, warned = _differences(handle, asked)
    notes += said
    warnings += [
        *warned,
        *repeated_uids(main),
        *one_class_warnings(class_id),
        *pixel_size_warnings(handle),
        *group_warnings(handle.slots),
        *(_item_warnings(job.n_items, handle) if asked else ()),
        *(_untaken_warnings(handle) if asked else ()),
        *(
            text
            for at in handle.used
            for text in relative_path_warnings(handle.tables[at], _WRITTEN)
        ),
    ]
    return ParticleTable(class_id, handle, job.particles), notes, warnings


def other_classification_warnings(particles: ParticleTable, averages: Path) -> list[str]:
    """At most one sentence on particles whose classes are not those of the averages' own job.

    Parameters
    ----------
    particles : ParticleTable
    averages : Path
        Table or stack of class averages, beside which the particles of its job may lie.
    """
    handle, path = particles.handle, particles_beside(averages)
    assert isinstance(handle, CryosparcParticles)
    if path is None or any(same_file(path, one) for one in handle.files):
        return []
    try:
        table = open_cs(path)
        if CLASS_FIELD not in (table.dtype.names or ()):
            return []
        differ, common = count_other_classes(handle.main, particles.class_id, table)
    except InputError:
        # Nobody asked for that file.
        return []
    if not differ:
        return []
    return [
        f"{path.name}, which lies beside {averages.name}, puts {differ:,} of the {common:,} "
        "particles that it shares with yours into other classes: are the averages of another "
        "classification?"
    ]


def _add_once(tables: Iterable[CsTable], paths: Iterable[Path]) -> list[CsTable]:
    """Tables with those of further files, each file once however it is spelt."""
    added = list(tables)
    for path in paths:
        if not any(same_file(path, table.path) for table in added):
            added.append(open_cs(path))
    return added


def _tables_of_group(
    files: Mapping[str, Path], tables: Sequence[CsTable]
) -> tuple[dict[str, int], list[str]]:
    """The table of each slot, without slots that it lacks and another has; these are warned of."""
    group, warnings = {}, []
    for slot, file in files.items():
        at = next(at for at, table in enumerate(tables) if same_file(file, table.path))
        others = [table.path.name for table in tables if slot in slots(table)]
        if slot in slots(tables[at]) or not others or slot == CLASS_SLOT:
            group[slot] = at
        else:
            warnings.append(
                f"The result group takes {slot} from {file.name}, which has none; that of "
                f"{others[0]} is used."
            )
    return group, warnings


def _choose_givers(
    tables: Sequence[CsTable], order: Sequence[int], named: range, group: Mapping[str, int]
) -> dict[str, list[int]]:
    """Which tables give each slot, in which order.

    A table of a result group gives what the group takes from it. Of the others, the first in
    ``order``; but classes come from one that a person names.
    """
    givers: dict[str, list[int]] = {slot: [at] for slot, at in group.items()}
    for at in order:
        if at not in group.values():
            for slot in slots(tables[at]):
                if slot not in group:
                    givers.setdefault(slot, []).append(at)
    has_class = {at for at in order if CLASS_FIELD in (tables[at].dtype.names or ())}
    givers.get(CLASS_SLOT, []).sort(key=lambda at: (at not in has_class, at not in named))
    return givers


def _differences(
    handle: CryosparcParticles, group: Mapping[str, Path]
) -> tuple[list[str], list[str]]:
    """Notes and warnings of slots that several files have, unless a group says whose counts."""
    notes: list[str] = []
    warnings: list[str] = []
    for slot, at in handle.slots.items():
        if slot in group:
            continue
        table = handle.tables[at]
        for number, other in enumerate(handle.tables):
            if number == at or slot not in slots(other):
                continue
            differ = rows_that_differ(table, handle.rows[at], other, handle.rows[number], slot)
            if differ.any():
                text = (
                    f"{table.path.name} and {other.path.name} both have {slot}, and differ in it "
                    f"for {differ.sum():,} of the {len(handle):,} particles: that of "
                    f"{table.path.name} is used."
                )
                (warnings if slot == CLASS_SLOT else notes).append(text)
    return notes, warnings


def _item_warnings(n_items: Mapping[str, int], handle: CryosparcParticles) -> list[str]:
    """At most one sentence on a group that counts other rows than its files have."""
    for slot, n in n_items.items():
        table = handle.tables[handle.slots[slot]]
        if n != len(table):
            return [
                f"The result group counts {n:,} particles in {slot}, and {table.path.name} holds "
                f"{len(table):,}: was the file replaced by one of another job?"
            ]
    return []


def _untaken_warnings(handle: CryosparcParticles) -> list[str]:
    """A sentence for each file of a group that has more than the group takes from any file."""
    found = []
    for at in handle.used:
        left = [slot for slot in slots(handle.tables[at]) if slot not in handle.slots]
        if left:
            found.append(
                f"The result group takes no {', '.join(left)} from {handle.tables[at].path.name}, "
                "which has it; the written group has none either."
            )
    return found
