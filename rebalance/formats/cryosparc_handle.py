"""The tables behind the particles of a CryoSPARC job: columns from each, rows back to files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.formats.cryosparc_job import CLASS_FIELD, POSE_FIELD
from rebalance.formats.cryosparc_join import join_by_uid
from rebalance.formats.cs_file import (
    CsTable,
    column_names,
    read_column,
    read_whole_numbers,
    write_rows,
)
from rebalance.formats.refinements import commands_for
from rebalance.model import IntArray

_GIVE_CLASSES = (
    "Give the particles of a 2D classification, or add the passthrough file that has alignments2D "
    "with `passthrough`."
)

CLASS_BEFORE = "rebalance/class_before"
"""Where the old class number goes when it is replaced: a slot that no group names."""


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
        """The table that each slot of the written group is taken from."""
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

    @property
    def field_names(self) -> tuple[str, ...]:
        """Fields that `read_field` knows, whatever their shape."""
        return tuple(self._givers)

    def read_column(self, name: str) -> npt.NDArray[Any]:
        """One field, (P,); from the table that gives it, by uid. KeyError if there is none."""
        at = self._givers[name]
        values = read_column(self.tables[at], name)
        return values if at == 0 else values[self.rows[at]]

    def read_field(self, name: str) -> npt.NDArray[Any]:
        """One field as it is in the file that gives it, whatever its shape; (P, …).

        Raises
        ------
        InputError
            If no file gives it.
        """
        at = self._givers.get(name)
        if at is None:
            raise InputError(
                f"The particles have no {name}.", path=self.main.path, hint=_GIVE_CLASSES
            )
        values = self.tables[at].values(name)
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
            poses = any(map(POSE_FIELD.fullmatch, self.field_names))
            aside = [t.path.name for t in self.tables if CLASS_FIELD in (t.dtype.names or ())]
            raise InputError(
                f"The result group does not use {CLASS_FIELD} from {aside[0]}, where it is."
                if aside
                else f"The particles have no {CLASS_FIELD}, only {', '.join(has)}.",
                path=self.main.path,
                hint=f"Give {aside[0]} itself, or add it to the group."
                if aside
                else f"{commands_for(self.main.path)} {_GIVE_CLASSES}"
                if poses
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
        if shape.dtype.kind not in "iu" or pixel_size.dtype.kind not in "iuf":
            return None, None
        if not (shape.size and np.isfinite(pixel_size).all() and (pixel_size > 0).all()):
            return None, None
        return int(shape.flat[-1]), float(pixel_size.flat[0])

    def classes_set(self, class_id: IntArray, rows: IntArray) -> tuple[npt.NDArray[Any], int]:
        """Fields by which the particles of some rows are in other classes.

        Parameters
        ----------
        class_id : int64 (n,)
            Of those rows.
        rows : int64 (n,)
            Rising.

        Returns
        -------
        added : structured array (n,)
            ``alignments2D/class``, and the class before in a field of no slot that is known.
        into : int
            The table that has them.

        Raises
        ------
        InputError
            If no file has classes.
        """
        before = self.read_field(CLASS_FIELD)
        into = self._givers[CLASS_FIELD]
        added = np.zeros(
            len(rows), dtype=[(CLASS_FIELD, before.dtype), (CLASS_BEFORE, before.dtype)]
        )
        added[CLASS_FIELD], added[CLASS_BEFORE] = class_id, before[rows]
        return added, into

    def write(
        self,
        folder: Path,
        name: str,
        rows: IntArray,
        added: npt.NDArray[Any] | None = None,
        into: int = 0,
    ) -> tuple[list[Path], dict[str, str]]:
        """Write rows of every file; the same rows in the same order in each.

        Parameters
        ----------
        folder : Path
        name : str
            Of the main file, without its ending.
        rows : int64 (n,)
        added : structured array (n,), optional
            Further fields of a file, in place of any of the same names; rows rise then.
        into : int
            Which file has them: 0 for the main one.

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
            more = added if at == into else None
            write_rows(self.tables[at], folder / file_name, self.rows[at][rows], more)
        files = {slot: names[used.index(at)] for slot, at in self.slots.items()}
        return [folder / file_name for file_name in names], files
