"""``.cs`` tables in the newer encoding: a stream of columns, raw or packed by LZ4.

As in cryosparc-tools ≥ 4.1 (``CSDAT_FORMAT``): the magic ``\\x95CSDAT``, a length (uint32,
little-endian) and that many bytes of JSON (``length``, ``dtype``, ``compression``,
``compressed_fields``), then for each field a length (uint32) and its values, raw or as an LZ4
block, last the heap of strings, to which fields of type ``|O`` hold uint64 offsets.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.formats.unchanged_file import UnchangedFile
from rebalance.model import IntArray

STREAM_MAGIC = b"\x95CSDAT"
_LARGEST_HEADER = 1 << 18
_LZ4_LARGEST_RATIO = 256
_LARGEST_COLUMN = 1 << 26
"""Bytes that any column may have when unpacked; above this, at most four times the file size."""
_LONGEST_WORD = 1 << 12
_HINT = "Export the file again from the job that wrote it, e.g. J42_020_particles.cs."


class StreamTable:
    """A ``.cs`` file that is a stream of (compressed) columns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = UnchangedFile(path)
        with self._file.open() as file:
            file.seek(len(STREAM_MAGIC))
            header_size = self._read_size(file)
            if header_size > min(_LARGEST_HEADER, self._file.size - file.tell()):
                raise self._damaged("its header can't be understood")
            self._read_header(self._file.read(file, header_size))
            self._place: dict[str, tuple[int, int]] = {}
            for name in self._names if self._n else ():
                self._find_column(file, name)
            self._heap = self._file.read(file, self._file.size - file.tell())

    def _read_header(self, text: bytes) -> None:
        try:
            header = json.loads(text)
            n, compression = header["length"], header["compression"]
            kinds = {name: (kind, tuple(*shape)) for name, kind, *shape in header["dtype"]}
            self.dtype = np.dtype(
                [
                    (name, "<u8" if kind == "|O" else kind, shape)
                    for name, (kind, shape) in kinds.items()
                ]
            )
            self._names = self.dtype.names or ()
            self._is_text = {name: kinds[name][0] == "|O" for name in self._names}
            self._compressed = set(header["compressed_fields"])
            sound = (
                type(n) is int
                and len(kinds) == len(header["dtype"])
                and all(isinstance(kind, str) and kind for kind, _ in kinds.values())
                and all(self.dtype[name].itemsize > 0 for name in self._names)
                and all(self.dtype[name].names is None for name in self._names)
                and (n == 0 or self._names)
            )
        except Exception as error:
            # JSON and NumPy's types fail in many ways on nonsense, by depth and by size too.
            raise self._damaged("its header can't be understood") from error
        if not sound:
            raise self._damaged("its header can't be understood")
        if compression not in (None, "lz4") or self.dtype.hasobject or n < 0:
            raise InputError(
                f"The stream is compressed with {compression!r}, which is not supported; lz4 was "
                "expected.",
                path=self.path,
                hint="Write it again with cryosparc-tools: Dataset.load(…).save(…).",
            )
        self._header, self._n = header, n

    def _find_column(self, file: FileIO, name: str) -> None:
        length = self._read_size(file)
        self._place[name] = (file.tell(), length)
        raw = self._n * self.dtype[name].itemsize
        size = self._file.size
        allowed = length
        if name in self._compressed:
            allowed = min(length * _LZ4_LARGEST_RATIO, max(_LARGEST_COLUMN, 4 * size))
        if file.tell() + length > size or raw > allowed:
            raise self._damaged(f"the column {name} is cut short")
        file.seek(length, 1)

    def _read_size(self, file: FileIO) -> int:
        if self._file.size - file.tell() < 4:
            raise self._damaged("it ends too early")
        return int(struct.unpack("<I", self._file.read(file, 4))[0])

    def _damaged(self, how: str) -> InputError:
        return InputError(f"The table is damaged: {how}.", path=self.path, hint=_HINT)

    def __len__(self) -> int:
        return self._n

    def _stored(self, name: str) -> npt.NDArray[Any]:
        dtype = self.dtype[name]
        if self._n == 0:
            return np.empty((0, *dtype.shape), dtype=dtype.base)
        begin, length = self._place[name]
        with self._file.open() as file:
            file.seek(begin)
            data = self._file.read(file, length)
        if name in self._compressed:
            import lz4.block

            try:
                data = lz4.block.decompress(data, uncompressed_size=self._n * dtype.itemsize)
            except (lz4.block.LZ4BlockError, ValueError, OverflowError) as error:
                raise self._damaged(f"the column {name} can't be unpacked") from error
        if len(data) != self._n * dtype.itemsize:
            raise self._damaged(f"the column {name} has the wrong length")
        return np.frombuffer(data, dtype=dtype.base).reshape(self._n, *dtype.shape)

    def values(self, name: str) -> npt.NDArray[Any]:
        """A field; strings as str."""
        if name not in self._names:
            raise KeyError(name)
        stored = self._stored(name)
        if not self._is_text[name]:
            return stored
        words, place = self._words(name, stored)
        return np.array(words or [""], dtype=np.str_)[place.reshape(stored.shape)]

    def _words(self, name: str, stored: npt.NDArray[Any]) -> tuple[list[str], IntArray]:
        """The texts of a field, each once, and the place among them of each value."""
        offsets, place = np.unique(stored, return_inverse=True)
        if len(offsets) and offsets[-1] >= max(1, len(self._heap)):
            raise self._damaged(f"the column {name} points outside the strings")
        words = [self._word(name, int(offset)) for offset in offsets]
        return words, place.astype(np.int64)

    def _word(self, name: str, offset: int) -> str:
        # A word that never ends would be kept once for each row.
        end = self._heap.find(b"\0", offset, offset + _LONGEST_WORD)
        if end < 0 and len(self._heap) - offset > _LONGEST_WORD:
            raise self._damaged(f"a text in the column {name} is too long")
        return self._heap[offset : end if end >= 0 else len(self._heap)].decode("utf-8", "replace")

    def first_value(self, name: str) -> Any:
        """The value of the first row, of a table that has rows."""
        stored = self._stored(name)[:1]
        return self._words(name, stored)[0][0] if self._is_text[name] else stored[0]

    def count_marked(self, names: Sequence[str], mark: str) -> dict[str, int]:
        """For each of these fields of text, the rows whose text begins with the mark."""
        found = {}
        for name in names:
            if self._is_text[name]:
                words, place = self._words(name, self._stored(name))
                marked = np.array([word.startswith(mark) for word in words], dtype=bool)
                found[name] = int(np.count_nonzero(marked[place])) if words else 0
            else:
                values = self._stored(name)
                prefix = mark if values.dtype.kind == "U" else mark.encode()
                found[name] = int(np.count_nonzero(np.char.startswith(values, prefix)))
        return found

    def write(self, target: Path, rows: IntArray, added: npt.NDArray[Any] | None = None) -> None:
        """Write rows, in that order; values, field order and strings stay as they are.

        With ``added``, a table of as many rows, its fields come last, in place of any of the same
        names.
        """
        import lz4.block

        new: dict[str, npt.NDArray[Any]] = {}
        if added is not None:
            new = {name: added[name] for name in added.dtype.names or ()}
        names = [name for name in self._names if name not in new]
        kinds = [kind for kind in self._header["dtype"] if kind[0] not in new]
        kinds += [
            [name, column.dtype.str, *([list(column.shape[1:])] if column.ndim > 1 else [])]
            for name, column in new.items()
        ]
        packed = [name for name in self._header["compressed_fields"] if name not in new]
        changed = {"length": len(rows), "dtype": kinds, "compressed_fields": packed}
        header = json.dumps({**self._header, **changed}).encode()
        with open(target, "wb") as out:
            out.write(STREAM_MAGIC + struct.pack("<I", len(header)) + header)
            for name in names if len(rows) else ():
                data = self._stored(name)[rows].tobytes()
                if name in self._compressed:
                    data = lz4.block.compress(data, store_size=False)
                out.write(struct.pack("<I", len(data)))
                out.write(data)
            for column in new.values() if len(rows) else ():
                out.write(struct.pack("<I", column.nbytes))
                out.write(column.tobytes())
            out.write(self._heap)
