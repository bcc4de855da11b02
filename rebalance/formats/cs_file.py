"""CryoSPARC ``.cs`` tables in both encodings: opened by content, columns on demand, written back.

The older encoding is a NumPy file of one structured array (`rebalance.formats.cs_numpy`), the
newer a stream of columns (`rebalance.formats.cs_stream`). Neither is ever unpickled.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError, OutputError
from rebalance.formats.cs_numpy import NUMPY_MAGIC, NumpyTable, with_fields
from rebalance.formats.cs_stream import STREAM_MAGIC, StreamTable
from rebalance.formats.unchanged_file import unreadable
from rebalance.model import IntArray

HINT = "Export the file again from the job that wrote it, e.g. J42_020_particles.cs."
_LARGEST_NUMBER = 2**31 - 1


class CsTable(Protocol):
    """One ``.cs`` file."""

    path: Path
    dtype: np.dtype[Any]

    def __len__(self) -> int: ...

    def values(self, name: str) -> npt.NDArray[Any]:
        """A field as it is in the file; strings as bytes or str. KeyError if not there."""
        ...

    def first_value(self, name: str) -> Any:
        """The value of the first row, of a table that has rows."""
        ...

    def count_marked(self, names: Sequence[str], mark: str) -> dict[str, int]:
        """For each of these fields of text, the rows whose text begins with the mark."""
        ...

    def write(self, target: Path, rows: IntArray, added: npt.NDArray[Any] | None = None) -> None:
        """Write rows, in that order, in the same encoding and dtype, with further fields.

        Rows are in rising order where there are such.
        """
        ...


def open_cs(path: Path) -> CsTable:
    """Open a ``.cs`` file.

    Raises
    ------
    InputError
        If it is no ``.cs`` file, is damaged, or could only be read by unpickling.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(4096)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    if head.startswith(STREAM_MAGIC):
        return StreamTable(path)
    if head.startswith(NUMPY_MAGIC):
        return NumpyTable(path)
    raise InputError(_what_it_is(head), path=path, hint=HINT)


def _what_it_is(head: bytes) -> str:
    expected = "a CryoSPARC .cs table was expected."
    if not head:
        return f"The file is empty; {expected}"
    if head[:1] == b"\x80" and head[1:2] <= b"\x05":
        return (
            "This is a Python pickle. It is refused, because opening it could run any program; "
            + expected
        )
    if head[:2] == b"PK":
        return f"This is a zip archive (.npz?); {expected}"
    if b"\0" not in head:
        kind = "star file" if b"\ndata_" in b"\n" + head else "text file"
        return f"This is a {kind}, despite its name; {expected}"
    return f"The file does not start like a .cs file, but with {head[:6]!r}; {expected}"


def slots(table: CsTable) -> tuple[str, ...]:
    """Groups of fields (``blob``, ``ctf``, …) that a table has, in its order."""
    names = table.dtype.names or ()
    return tuple(dict.fromkeys(name.partition("/")[0] for name in names if "/" in name))


def column_names(table: CsTable) -> tuple[str, ...]:
    """Fields with one number or text a row."""
    return tuple(
        name
        for name in table.dtype.names or ()
        if not table.dtype[name].shape and table.dtype[name].kind in "biufSU"
    )


def read_column(table: CsTable, name: str) -> npt.NDArray[Any]:
    """A field, (P,): int64, float64 or str; uint64 (uids) stays as it is.

    Raises
    ------
    KeyError
        If there is no such field with one number or text a row.
    """
    if name not in column_names(table):
        raise KeyError(name)
    values = table.values(name)
    if values.dtype.kind == "f":
        return _as_float64(values)
    if values.dtype.kind in "bi" or (values.dtype.kind == "u" and values.dtype.itemsize < 8):
        return values.astype(np.int64)
    if values.dtype.kind == "S":
        return np.char.decode(values, "utf-8", "replace")
    return values


def read_numbers(table: CsTable, name: str) -> npt.NDArray[Any]:
    """A field of one real number a row, (P,), float64 or an integer type.

    Raises
    ------
    InputError
        If it holds anything else.
    """
    values = table.values(name) if name in column_names(table) else None
    if values is None or values.dtype.kind not in "iuf":
        kind = table.dtype[name] if values is None else values.dtype
        raise InputError(
            f"{name} has type {_type_name(kind)}, but one number per row was expected.",
            path=table.path,
            location=name,
            hint=HINT,
        )
    return _as_float64(values) if values.dtype.kind == "f" else values


def _as_float64(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    # Damaged files hold NaNs that NumPy would warn of.
    with np.errstate(invalid="ignore", over="ignore"):
        return values.astype(np.float64)


def read_whole_numbers(table: CsTable, name: str) -> IntArray:
    """A field of class or image numbers, int64 (P,).

    Raises
    ------
    InputError
        If one is not a whole number from 0 to 2³¹ − 1: CryoSPARC knows no particle without a
        class, and writes neither NaN nor −1 for one.
    """
    values = read_numbers(table, name)
    good = (values >= 0) & (values <= _LARGEST_NUMBER)
    if values.dtype.kind == "f":
        good &= values == np.floor(values)
    if not good.all():
        bad = np.flatnonzero(~good)
        raise InputError(
            f"{name} is {values[bad[0]]} in row {bad[0] + 1:,}. In {len(bad):,} of the "
            f"{len(values):,} rows it is not a class number, a whole number from 0 to 2³¹ − 1.",
            path=table.path,
            location=f"row {bad[0] + 1:,}, {name}",
            hint="Give the table as a 2D classification wrote it, or drop or renumber these rows "
            "in the program that wrote them.",
        )
    return values.astype(np.int64)


def _type_name(dtype: np.dtype[Any]) -> str:
    if dtype.names:
        return "structure"
    if dtype.shape:
        return f"{dtype.base.name} × {' × '.join(map(str, dtype.shape))}"
    return {"S": "text", "U": "text"}.get(dtype.kind, dtype.name)


def write_rows(
    table: CsTable, target: Path, rows: IntArray, added: npt.NDArray[Any] | None = None
) -> None:
    """Write rows of a table, and read back what was written.

    Parameters
    ----------
    table : CsTable
    target : Path
    rows : int64 (n,)
        Rising, if there are further fields.
    added : structured array (n,), optional
        Fields that come behind its own, in place of any of the same names.

    Raises
    ------
    InputError
        If the table was changed since it was opened.
    OutputError
        If what was written does not open as the same fields with so many rows.
    """
    table.write(target, rows, added)
    expected = table.dtype if added is None else with_fields(table.dtype, added.dtype)
    try:
        written = open_cs(target)
        problem = None
        if written.dtype != expected:
            problem = "its fields differ from the input's"
        elif len(written) != len(rows):
            problem = f"it holds {len(written):,} rows instead of {len(rows):,}"
    except InputError as error:
        problem = error.problem
    if problem:
        raise OutputError(
            f"The table was written, but can't be read back: {problem}",
            path=target,
            hint="This should never happen. Is the disk full or failing? The input is "
            f"{table.path}.",
        )
