"""``.cs`` tables in the older encoding: a NumPy file of one structured array, read in blocks."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.formats.unchanged_file import UnchangedFile
from rebalance.model import IntArray

NUMPY_MAGIC = b"\x93NUMPY"
_LARGEST_HEADER = 1 << 18
"""Bytes: some thousand fields; Python's parser takes hundreds of times as much memory."""
_HEADER_MULTIPLE = 64
_READ_AT_ONCE = 1 << 22
_SORT_AT_ONCE = 1 << 26
_HINT = "Export the file again from the job that wrote it, e.g. J42_020_particles.cs."


def _read_header_3_0(
    file: BinaryIO, max_header_size: int
) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """NumPy's version for field names outside Latin-1, for which it has no public function."""
    size = int.from_bytes(file.read(4), "little")
    if size > max_header_size:
        raise ValueError("its header is too long")
    content = ast.literal_eval(file.read(size).decode("utf-8"))
    dtype = np.lib.format.descr_to_dtype(content["descr"])
    return tuple(map(int, content["shape"])), content["fortran_order"], dtype


_READ_HEADER: dict[tuple[int, int], Any] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
    (3, 0): _read_header_3_0,
}


def with_fields(dtype: np.dtype[Any], added: np.dtype[Any]) -> np.dtype[Any]:
    """A row type with further fields behind its own, in place of any of the same names."""
    names = [name for name in dtype.names or () if name not in (added.names or ())]
    formats = [dtype[name] for name in names] + [added[name] for name in added.names or ()]
    # A list of fields would give a name to one without.
    return np.dtype({"names": [*names, *(added.names or ())], "formats": formats})


class NumpyTable:
    """A ``.cs`` file that is a NumPy file of one structured array."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = UnchangedFile(path)
        self._version, self._begin, shape, self.dtype = self._read_layout()
        if len(shape) != 1 or self.dtype.names is None:
            raise InputError(
                f"The array has shape {shape} and type {self.dtype}; a table with named fields "
                "was expected.",
                path=path,
                hint=_HINT,
            )
        self._n = int(shape[0])
        if self.dtype.itemsize == 0 or self._n < 0:
            raise self._damaged(
                "its header states rows without bytes, or a negative number of rows"
            )
        there, rest = divmod(self._file.size - self._begin, self.dtype.itemsize)
        if there < self._n:
            raise InputError(
                f"The table is cut short: {self._n:,} rows according to the header, {there:,} in "
                "the file.",
                path=path,
                hint="Copy the file again. Was a transfer interrupted?",
            )
        if (there, rest) != (self._n, 0):
            extra = self._file.size - self._begin - self._n * self.dtype.itemsize
            raise self._damaged(f"{extra:,} bytes follow the {self._n:,} rows stated in the header")
        try:
            self._header(self._n)
        except (ValueError, TypeError) as error:
            raise self._damaged("its fields have names or types that can't be written") from error

    def _read_layout(self) -> tuple[tuple[int, int], int, tuple[int, ...], np.dtype[Any]]:
        try:
            with self._file.open() as file, warnings.catch_warnings():
                # Headers of Python 2 are as good.
                warnings.simplefilter("ignore")
                version = np.lib.format.read_magic(file)
                shape, _, dtype = _READ_HEADER[version](file, max_header_size=_LARGEST_HEADER)
                begin = file.tell()
        except InputError:
            raise
        except Exception as error:
            # NumPy hands the header to Python's own parser, which fails in many ways.
            raise self._damaged(str(error)) from error
        if dtype.hasobject:
            raise self._pickled()
        return version, begin, shape, dtype

    def _pickled(self) -> InputError:
        return InputError(
            "The table has Python objects, which could run any program when loaded, and is "
            "refused.",
            path=self.path,
            hint="Write it again with cryosparc-tools: Dataset.load(…).save(…).",
        )

    def _damaged(self, how: str) -> InputError:
        return InputError(f"The table is damaged: {how}.", path=self.path, hint=_HINT)

    def __len__(self) -> int:
        return self._n

    def values(self, name: str) -> npt.NDArray[Any]:
        """A field as it is in the file."""
        field = self.dtype[name]
        values = np.empty((self._n, *field.shape), dtype=field.base)
        for begin, block in self._blocks():
            values[begin : begin + len(block)] = block.view(self.dtype)[:, 0][name]
        return values

    def first_value(self, name: str) -> Any:
        """The value of the first row, of a table that has rows."""
        _, block = next(self._blocks(np.zeros(1, dtype=np.int64)))
        return block.view(self.dtype)[:, 0][name][0]

    def count_marked(self, names: Sequence[str], mark: str) -> dict[str, int]:
        """For each of these fields of text, the rows whose text begins with the mark."""
        fields: Mapping[str, Any] = self.dtype.fields or {}
        starts = {name: fields[name][1] for name in names}
        # Text of fixed width: bytes, or UTF-32 in the byte order of the field.
        marks = {name: np.array(mark, dtype=self.dtype[name].str[:2] + "1") for name in names}
        found = dict.fromkeys(names, 0)
        for _, block in self._blocks():
            for name, start in starts.items():
                first = block[:, start : start + marks[name].itemsize]
                same = first == np.frombuffer(marks[name].tobytes(), dtype=np.uint8)
                found[name] += int(np.count_nonzero(same.all(axis=1)))
        return found

    def _blocks(self, rows: IntArray | None = None) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
        """Number of the first row, and bytes (n, bytes of a row), of block after block.

        With ``rows``, in rising order, only the blocks that hold some of them. The bytes are
        overwritten by the next block.
        """
        size = self.dtype.itemsize
        at_once = min(max(1, _READ_AT_ONCE // size), max(1, self._n))
        buffer = np.empty((at_once, size), dtype=np.uint8)
        starts: Any = range(0, self._n, at_once)
        if rows is not None:
            starts = (np.unique(rows // at_once) * at_once).tolist()
        with self._file.open() as file:
            for begin in starts:
                block = buffer[: self._n - begin]
                file.seek(self._begin + begin * size)
                self._file.read_into(file, block.reshape(-1).data)
                yield begin, block

    def _take(self, rows: IntArray) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
        """Bytes of rows, given in rising order: how many came before, and the next ones."""
        for begin, block in self._blocks(rows):
            low, high = np.searchsorted(rows, [begin, begin + len(block)])
            yield int(low), block.take(rows[low:high] - begin, axis=0)

    def write(self, target: Path, rows: IntArray, added: npt.NDArray[Any] | None = None) -> None:
        """Write rows, in that order; all bytes of a row stay as they are.

        With ``added``, a table of as many rows, which have to be in rising order then, its fields
        come last, in place of any of the same names.
        """
        if added is not None:
            return self._write_with(target, rows, added)
        size = self.dtype.itemsize
        # Rows out of order are sorted in parts that fit into memory, and the file is read once
        # for each part.
        at_once = max(_SORT_AT_ONCE, self._file.size // 8) // size + 1
        with open(target, "wb") as out:
            out.write(self._header(len(rows)))
            if len(rows) < 2 or (rows[1:] >= rows[:-1]).all():
                for _, taken in self._take(rows):
                    out.write(taken.data)
                return
            for begin in range(0, len(rows), at_once):
                part = rows[begin : begin + at_once]
                order = np.argsort(part, kind="stable")
                wanted = np.empty((len(part), size), dtype=np.uint8)
                for low, taken in self._take(part[order]):
                    wanted[order[low : low + len(taken)]] = taken
                out.write(wanted.data)

    def _write_with(self, target: Path, rows: IntArray, added: npt.NDArray[Any]) -> None:
        dtype = with_fields(self.dtype, added.dtype)
        with open(target, "wb") as out:
            out.write(self._header(len(rows), dtype))
            for low, taken in self._take(rows):
                old, new = taken.view(self.dtype)[:, 0], added[low : low + len(taken)]
                table = np.empty(len(taken), dtype=dtype)
                for name in dtype.names or ():
                    table[name] = (new if name in (added.dtype.names or ()) else old)[name]
                out.write(table.tobytes())

    def _header(self, n: int, dtype: np.dtype[Any] | None = None) -> bytes:
        """A header for so many rows, as NumPy writes it; as long as the input's if it fits."""
        content = {
            "descr": np.lib.format.dtype_to_descr(self.dtype if dtype is None else dtype),
            "fortran_order": False,
            "shape": (n,),
        }
        words = "".join(f"'{key}': {value!r}, " for key, value in content.items())
        text = f"{{{words}}}".encode("latin1" if self._version < (3, 0) else "utf-8")
        version, length_bytes = self._version, 2 if self._version[0] == 1 else 4
        if length_bytes == 2 and len(text) > 65_000:
            version, length_bytes = (2, 0), 4
        prefix = len(NUMPY_MAGIC) + 2 + length_bytes
        total = self._begin
        if prefix + len(text) + 1 > total:
            total = -(-(prefix + len(text) + 1) // _HEADER_MULTIPLE) * _HEADER_MULTIPLE
        length = (total - prefix).to_bytes(length_bytes, "little")
        return NUMPY_MAGIC + bytes(version) + length + text.ljust(total - prefix - 1) + b"\n"
