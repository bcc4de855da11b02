"""Tables of the same particles: joined by ``uid``, found by it, compared where both have a slot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.formats.cryosparc_job import CLASS_FIELD, is_averages, is_passthrough
from rebalance.formats.cryosparc_paths import is_set_aside
from rebalance.formats.cs_file import (
    CsTable,
    column_names,
    open_cs,
    read_numbers,
    read_whole_numbers,
    slots,
)
from rebalance.formats.paths import folders_of, same_file
from rebalance.model import IntArray


def join_by_uid(main: CsTable, other: CsTable) -> IntArray:
    """Row of ``other`` for each row of ``main``, int64 (P,).

    Columns of uids that are the same are joined row by row, even where uids repeat in them.

    Raises
    ------
    InputError
        If a table has no uids, repeats one, or ``other`` lacks some of main's.
    """
    uid, other_uid = (_uids(table) for table in (main, other))
    if np.array_equal(uid, other_uid):
        return np.arange(len(uid), dtype=np.int64)
    order, other_order = (np.argsort(column, kind="stable") for column in (uid, other_uid))
    for table, ordered in ((main, uid[order]), (other, other_uid[other_order])):
        _refuse_repeated(table, ordered)
    rows = np.zeros(len(uid), dtype=np.int64)
    missing = np.ones(len(uid), dtype=bool)
    if len(other_uid):
        # Looked up in rising order, which is many times as fast as in that of the rows.
        place = np.searchsorted(other_uid[other_order], uid[order]).clip(max=len(other_uid) - 1)
        rows[order] = other_order[place]
        missing = np.asarray(other_uid[rows] != uid)
    if missing.any():
        raise InputError(
            f"{missing.sum():,} of the {len(uid):,} particles in {main.path.name} have no row in "
            f"it; the first is uid {uid[int(np.argmax(missing))]}.",
            path=other.path,
            hint="Give the passthrough file from the same job.",
        )
    return rows


def _uids(table: CsTable) -> npt.NDArray[np.uint64]:
    if "uid" not in column_names(table):
        raise InputError(
            "The table has no uid, which is needed to match particles between files.",
            path=table.path,
            hint="Give the passthrough file from the same job, or none.",
        )
    uid = read_numbers(table, "uid")
    if uid.dtype.kind == "f":
        raise InputError(
            "The uids are decimal numbers, so particles can't be told apart; whole numbers were "
            "expected.",
            path=table.path,
            location="uid",
            hint="Give the table as CryoSPARC wrote it.",
        )
    return uid.astype(np.uint64)


def _refuse_repeated(table: CsTable, ordered: npt.NDArray[np.uint64]) -> None:
    repeated = np.flatnonzero(ordered[1:] == ordered[:-1])
    if len(repeated):
        raise InputError(
            f"uid {ordered[repeated[0]]} occurs twice, so particles can't be matched.",
            path=table.path,
            hint="Remove duplicates in CryoSPARC, or leave out the passthrough file.",
        )


def uid_warnings(table: CsTable) -> list[str]:
    """At most one sentence on particles that are in the table more than once, or can't be told."""
    if "uid" not in (table.dtype.names or ()):
        return [
            f"{table.path.name} has no uid, which CryoSPARC needs to identify particles; a group "
            "of them can't be imported."
        ]
    ordered = np.sort(_uids(table))
    repeated = np.count_nonzero(ordered[1:] == ordered[:-1])
    if repeated == 0:
        return []
    rows = "1 row repeats the uid" if repeated == 1 else f"{repeated:,} rows repeat the uids"
    return [
        f"{rows} of others in {table.path.name}: these particles are counted, and may be "
        "selected, more than once. Use Remove Duplicates in CryoSPARC to drop them."
    ]


def find_companions(main: CsTable, others: Sequence[CsTable]) -> tuple[list[CsTable], list[str]]:
    """Files beside the main one that hold all of its particles.

    They have fields that no other has, or the same as another that was found: then it is to be
    said whether they differ.

    Parameters
    ----------
    main : CsTable
        Files beside what it is a link to are found too. If it is itself a passthrough file, the
        table that it passes through is found.
    others : sequence of CsTable
        Those that go along already.

    Returns
    -------
    tables : list of CsTable
    warnings : list of str
        Files that can't go along though they seem to belong to these particles, and why.
    """
    found: list[CsTable] = []
    warnings: list[str] = []
    known = {name for table in (main, *others) for name in table.dtype.names or ()}
    if "uid" not in (main.dtype.names or ()):
        return found, warnings
    for path in _candidates(main.path):
        if any(same_file(path, table.path) for table in (main, *others, *found)):
            continue
        is_rival = False
        try:
            table = open_cs(path)
            names = set(table.dtype.names or ())
            is_rival = names <= known
            if is_rival and not any(names & set(one.dtype.names or ()) - {"uid"} for one in found):
                continue
            if "uid" not in names or is_averages(table) or _is_of_others(main, table):
                continue
            join_by_uid(main, table)
        except InputError as error:
            if is_passthrough(path) and not is_rival:
                warnings.append(_left_out(path, error, {name.partition("/")[0] for name in known}))
            continue
        found.append(table)
        known |= names
    return found, warnings


def _candidates(main: Path) -> list[Path]:
    folders = folders_of(main)
    passed = [path for folder in folders for path in sorted(folder.glob("*passthrough*.cs"))]
    if not is_passthrough(main):
        return passed
    # What passes through whom: of a job's iterations, the last one that has these particles.
    tables = [
        path
        for folder in folders
        for path in sorted(folder.glob("*.cs"), reverse=True)
        if not is_passthrough(path) and is_set_aside(path.name) == is_set_aside(main.name)
    ]
    return [*tables, *passed]


def _left_out(path: Path, error: InputError, known: set[str]) -> str:
    try:
        lost = [slot for slot in slots(open_cs(path)) if slot not in known]
    except InputError:
        lost = []
    place = f"{error.location}: " if error.location else ""
    without = f" The written group will lack its {', '.join(lost)}." if lost else ""
    return f"The passthrough file {path.name} was left out. {place}{error.problem}{without}"


def _is_of_others(main: CsTable, other: CsTable) -> bool:
    """Whether no particle is in both, as with those that Select 2D excluded."""
    return not np.isin(_uids(main), _uids(other)).any()


def count_other_classes(main: CsTable, class_id: IntArray, other: CsTable) -> tuple[int, int]:
    """How many particles have another class in another table, and how many are in both.

    Parameters
    ----------
    main : CsTable
        Its uids are those of the particles.
    class_id : int64 (P,)
    other : CsTable

    Raises
    ------
    InputError
        If a table has no uids, or the other no class numbers.
    """
    uid, other_uid = _uids(main), _uids(other)
    other_class = read_whole_numbers(other, CLASS_FIELD)
    if len(other_uid) == 0:
        return 0, 0
    order, other_order = (np.argsort(column, kind="stable") for column in (uid, other_uid))
    place = np.searchsorted(other_uid[other_order], uid[order]).clip(max=len(other_uid) - 1)
    common = other_uid[other_order[place]] == uid[order]
    differ = common & (other_class[other_order[place]] != class_id[order])
    return int(np.count_nonzero(differ)), int(np.count_nonzero(common))


def rows_that_differ(
    table: CsTable, rows: IntArray, other: CsTable, other_rows: IntArray, slot: str
) -> npt.NDArray[np.bool_]:
    """Whether two tables say different things of each particle in a slot that both have, (P,)."""
    differ = np.zeros(len(rows), dtype=bool)
    for name in table.dtype.names or ():
        if name.startswith(f"{slot}/") and name in (other.dtype.names or ()):
            values, other_values = table.values(name)[rows], other.values(name)[other_rows]
            differ |= _differ(values, other_values)
    return differ


def _differ(values: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    if values.dtype.kind == "S" and other.dtype.kind == "U":
        values = np.char.decode(values, "utf-8", "replace")
    if values.dtype.kind == "U" and other.dtype.kind == "S":
        other = np.char.decode(other, "utf-8", "replace")
    is_text = values.dtype.kind in "SU"
    if values.shape != other.shape or is_text != (other.dtype.kind in "SU"):
        return np.ones(len(values), dtype=bool)
    different = values != other
    if values.dtype.kind in "fc" and other.dtype.kind in "fc":
        different &= ~(np.isnan(values) & np.isnan(other))
    flat: npt.NDArray[np.bool_] = different.reshape(len(values), -1).any(axis=1)
    return flat
