"""CryoSPARC ``.cs`` tables in both encodings: columns on demand, any rows written back as they are.

The older encoding is a NumPy file of one structured array. The newer, as in cryosparc-tools ≥ 4.1
(``CSDAT_FORMAT``), is a stream: the magic ``\\x95CSDAT``, a length (uint32, little-endian) and that
many bytes of JSON (``length``, ``dtype``, ``compression``, ``compressed_fields``), then for each
field a length (uint32) and its values, raw or as an LZ4 block, last the heap of strings, to which
fields of type ``|O`` hold uint64 offsets. Neither is ever unpickled.
"""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.model import IntArray

NUMPY_MAGIC = b"\x93NUMPY"
STREAM_MAGIC = b"\x95CSDAT"
_LARGEST_HEADER = 1 << 24
_LZ4_LARGEST_RATIO = 256
_HINT = "Give the file again from the job that wrote it, e.g. J42_020_particles.cs."
_ROWS_AT_ONCE = 1 << 18


class CsTable(Protocol):
    """One ``.cs`` file."""

    path: Path
    dtype: np.dtype[Any]

    def __len__(self) -> int: ...

    def values(self, name: str) -> npt.NDArray[Any]:
        """A field as it is in the file; strings as bytes or str. KeyError if not there."""
        ...

    def write(self, target: Path, rows: IntArray) -> None:
        """Write rows, in that order, in the same encoding and dtype."""
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
    except OSError as error:
        raise InputError(
            f"The file can't be read: {error.strerror}.",
            path=path,
            hint="Check the name and the permissions.",
        ) from error
    if head.startswith(STREAM_MAGIC):
        return StreamTable(path)
    if head.startswith(NUMPY_MAGIC):
        return NumpyTable(path)
    raise InputError(_what_it_is(head), path=path, hint=_HINT)


def _what_it_is(head: bytes) -> str:
    expected = "a CryoSPARC .cs table was expected."
    if not head:
        return f"The file is empty; {expected}"
    if head[:1] == b"\x80" and head[1:2] <= b"\x05":
        return (
            "This is a Python pickle, which could run any program when opened and is refused; "
            + expected
        )
    if head[:2] == b"PK":
        return f"This is a zip archive (.npz?); {expected}"
    if b"\0" not in head:
        kind = "star file" if b"\ndata_" in b"\n" + head else "text file"
        return f"This is a {kind}, whatever its name says; {expected}"
    return f"The first bytes, {head[:6]!r}, are not those of a .cs file; {expected}"


def column_names(table: CsTable) -> tuple[str, ...]:
    """Fields with one value a row."""
    names = table.dtype.names or ()
    return tuple(name for name in names if not table.dtype[name].shape)


def read_column(table: CsTable, name: str) -> npt.NDArray[Any]:
    """A field, (P,): int64, float64 or str; uint64 (uids) stays as it is.

    Raises
    ------
    KeyError
        If there is no such field with one value a row.
    """
    if name not in column_names(table):
        raise KeyError(name)
    values = table.values(name)
    if values.dtype.kind == "f":
        return values.astype(np.float64)
    if values.dtype.kind in "bi" or (values.dtype.kind == "u" and values.dtype.itemsize < 8):
        return values.astype(np.int64)
    if values.dtype.kind == "S":
        return np.char.decode(values, "utf-8", "replace")
    return values


class NumpyTable:
    """A ``.cs`` file that is a NumPy file of one structured array, memory-mapped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            array = np.load(
                path, mmap_mode="r", allow_pickle=False, max_header_size=_LARGEST_HEADER
            )
        except Exception as error:
            # NumPy hands the header to Python's own parser, which fails in many ways.
            raise self._unreadable(error) from error
        if array.ndim != 1 or array.dtype.names is None:
            raise InputError(
                f"The array is of shape {array.shape} and type {array.dtype}; a table with named "
                "fields was expected.",
                path=path,
                hint=_HINT,
            )
        self.dtype = array.dtype
        self._array = array
        with open(path, "rb") as file:
            prefix = file.read(12)
            # Version 1 has a two-byte length of the header, later ones four bytes.
            begin, code = (10, "<H") if prefix[6] == 1 else (12, "<I")
            (size,) = struct.unpack(code, prefix[8:begin])
            file.seek(0)
            self._head = file.read(begin)
            self._header = file.read(size)

    def _unreadable(self, error: Exception) -> InputError:
        if "object" in str(error).lower():
            return InputError(
                "The table holds Python objects, which only unpickling could read; that could run "
                "any program and is refused.",
                path=self.path,
                hint="Write it again with cryosparc-tools: Dataset.load(…).save(…).",
            )
        cut = self._cut_short()
        return InputError(
            f"The table is cut short: {cut}." if cut else f"The table is damaged: {error}.",
            path=self.path,
            hint="Copy the file again: was a transfer interrupted?" if cut else _HINT,
        )

    def _cut_short(self) -> str | None:
        """Rows announced and rows there, if the file ends too early."""
        try:
            with open(self.path, "rb") as file:
                version = np.lib.format.read_magic(file)
                read = (
                    np.lib.format.read_array_header_1_0
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0
                )
                shape, _, dtype = read(file, max_header_size=_LARGEST_HEADER)
                there = (self.path.stat().st_size - file.tell()) // dtype.itemsize
        except Exception:
            # Whatever is wrong with the header has been said by NumPy already.
            return None
        if len(shape) != 1 or there >= shape[0]:
            return None
        return f"the header says {shape[0]:,} rows, the file holds {there:,}"

    def __len__(self) -> int:
        return len(self._array)

    def values(self, name: str) -> npt.NDArray[Any]:
        """A field as it is in the file."""
        return np.array(self._array[name])

    def write(self, target: Path, rows: IntArray) -> None:
        """Write rows, in that order; all bytes of a row and of the header stay as they are."""
        shape = re.compile(rb"'shape': \(\d+,\)")
        header = shape.sub(b"'shape': (%d,)" % len(rows), self._header.rstrip())
        size = len(self._header)
        # Rows as bytes: NumPy takes them much faster than records, and padding comes along.
        bytes_of_row = self._array.view(np.uint8).reshape(-1, self.dtype.itemsize)
        with open(target, "wb") as out:
            out.write(self._head)
            out.write(header.ljust(size - 1) + b"\n")
            for begin in range(0, len(rows), _ROWS_AT_ONCE):
                chosen = bytes_of_row.take(rows[begin : begin + _ROWS_AT_ONCE], axis=0)
                out.write(chosen.data)


class StreamTable:
    """A ``.cs`` file that is a stream of (compressed) columns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with open(path, "rb") as file:
            self._read_layout(file, path.stat().st_size)

    def _read_layout(self, file: BinaryIO, size: int) -> None:
        file.seek(len(STREAM_MAGIC))
        header_size = self._read_size(file)
        try:
            self._header = json.loads(file.read(min(header_size, _LARGEST_HEADER)))
            self._n = int(self._header["length"])
            fields = [(str(field[0]), *field[1:]) for field in self._header["dtype"]]
            self._is_text = {name: kind == "|O" for name, kind, *_ in fields}
            self.dtype = np.dtype(
                [
                    (name, "<u8" if kind == "|O" else kind, *map(tuple, shape))
                    for name, kind, *shape in fields
                ]
            )
            self._compressed = set(self._header["compressed_fields"])
            compression = self._header["compression"]
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise self._damaged("its header can't be understood") from error
        if compression not in (None, "lz4") or self.dtype.hasobject or self._n < 0:
            raise InputError(
                f"The stream is compressed by {compression!r} or of a type not known here; lz4 "
                "was expected.",
                path=self.path,
                hint="Write it again with cryosparc-tools: Dataset.load(…).save(…).",
            )
        self._place: dict[str, tuple[int, int]] = {}
        for name in (self.dtype.names or ()) if self._n else ():
            length = self._read_size(file)
            self._place[name] = (file.tell(), length)
            raw = self._n * self.dtype[name].itemsize
            allowed = length * _LZ4_LARGEST_RATIO if name in self._compressed else length
            if file.tell() + length > size or raw > allowed:
                raise self._damaged(f"the column {name} is cut short")
            file.seek(length, 1)
        self._heap = file.read()

    def _read_size(self, file: BinaryIO) -> int:
        four = file.read(4)
        if len(four) < 4:
            raise self._damaged("it ends too early")
        return int(struct.unpack("<I", four)[0])

    def _damaged(self, how: str) -> InputError:
        return InputError(f"The table is damaged: {how}.", path=self.path, hint=_HINT)

    def __len__(self) -> int:
        return self._n

    def _stored(self, name: str) -> npt.NDArray[Any]:
        dtype = self.dtype[name]
        if self._n == 0:
            return np.empty((0, *dtype.shape), dtype=dtype.base)
        begin, length = self._place[name]
        with open(self.path, "rb") as file:
            file.seek(begin)
            data = file.read(length)
        if name in self._compressed:
            import lz4.block

            try:
                data = lz4.block.decompress(data, uncompressed_size=self._n * dtype.itemsize)
            except lz4.block.LZ4BlockError as error:
                raise self._damaged(f"the column {name} can't be unpacked") from error
        if len(data) != self._n * dtype.itemsize:
            raise self._damaged(f"the column {name} has the wrong length")
        return np.frombuffer(data, dtype=dtype.base).reshape(self._n, *dtype.shape)

    def values(self, name: str) -> npt.NDArray[Any]:
        """A field; strings as str."""
        if name not in (self.dtype.names or ()):
            raise KeyError(name)
        stored = self._stored(name)
        if not self._is_text[name]:
            return stored
        offsets, place = np.unique(stored, return_inverse=True)
        if len(offsets) and offsets[-1] >= max(1, len(self._heap)):
            raise self._damaged(f"the column {name} points outside the strings")
        words = [self._word(int(offset)) for offset in offsets]
        return np.array(words or [""], dtype=np.str_)[place.reshape(stored.shape)]

    def _word(self, offset: int) -> str:
        end = self._heap.find(b"\0", offset)
        return self._heap[offset : end if end >= 0 else len(self._heap)].decode("utf-8", "replace")

    def write(self, target: Path, rows: IntArray) -> None:
        """Write rows, in that order; values, field order and strings stay as they are."""
        import lz4.block

        header = json.dumps({**self._header, "length": len(rows)}).encode()
        with open(target, "wb") as out:
            out.write(STREAM_MAGIC + struct.pack("<I", len(header)) + header)
            for name in (self.dtype.names or ()) if len(rows) else ():
                data = self._stored(name)[rows].tobytes()
                if name in self._compressed:
                    data = lz4.block.compress(data, store_size=False)
                out.write(struct.pack("<I", len(data)))
                out.write(data)
            out.write(self._heap)
