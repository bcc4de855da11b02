"""A table of a star file: columns parsed on demand, rows kept as slices of the file.

Rows are written back as the bytes they were read as, and so is all that lies between and around
them: other blocks, comments, blank lines.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.formats import star_text
from rebalance.formats.star_bytes import NUL_FOUND
from rebalance.formats.star_column import LongWordError, read_column
from rebalance.formats.star_text import Bytes, StarText, split_tokens
from rebalance.model import BoolArray, DoubleArray, IntArray

_LONGEST_GAP = 1 << 16

_LARGE = 1 << 25
"""Bytes of a table above which loading compiled passes pays off: it takes half a second, like
reading them.
"""

_NO_NUMBER = ("", "none", "null", "na", "n/a", "<na>", "nan", "-nan", "?", ".")


class Rows(NamedTuple):
    """Where the rows of a table are in its file.

    Parameters
    ----------
    begin, end : int64 (P,)
        The end is behind the newline.
    tokens : dict of str to int64 (P,)
        Where the tokens of a column begin.
    digest : uint64 (P,)
        Of the names in another; (0,) if none was asked for.
    unclosed : int
        How many of them have a quote that is not closed.
    """

    begin: IntArray
    end: IntArray
    tokens: dict[str, IntArray]
    digest: npt.NDArray[np.uint64]
    unclosed: int

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """The rows of some pieces of a table, one behind the other."""
        if not parts:
            none = np.empty(0, dtype=np.int64)
            return cls(none, none, {}, none.astype(np.uint64), 0)
        return cls(
            np.concatenate([part.begin for part in parts]),
            np.concatenate([part.end for part in parts]),
            {
                name: np.concatenate([part.tokens[name] for part in parts])
                for name in parts[0].tokens
            },
            np.concatenate([part.digest for part in parts]),
            sum(part.unclosed for part in parts),
        )


class StarLoop:
    """A table in a star file; a `rebalance.model.TableHandle`.

    Parameters
    ----------
    text : StarText
    block : str
        Name of the block that it is in.
    begin, end : int
        Where its labels begin, and its block ends.
    keyword : str
        As it is spelt: ``loop_`` in any case.

    Attributes
    ----------
    labels : tuple of str
        Column names without the leading underscore.
    """

    def __init__(
        self, text: StarText, block: str, begin: int, end: int, keyword: str = "loop_"
    ) -> None:
        self.text = text
        self.block = block
        self.keyword = keyword
        self.labels_begin = begin
        labels: dict[str, None] = {}
        self.body_begin = at = begin
        while at < end:
            row = text.line_at(at)
            tokens = split_tokens(row)
            if tokens and not row.lstrip().startswith(b"_"):
                break
            line, at = at, self.text.next_line(at)
            if tokens:
                if tokens[0][1:] in labels:
                    raise InputError(
                        f"The column {tokens[0]} occurs twice in data_{block}.",
                        path=self.text.path,
                        location=f"line {self.text.line_number(line)}",
                        hint="Remove one of the two columns, label and values.",
                    )
                labels[tokens[0][1:]] = None
                self.body_begin = at
        self.body_end = end
        self.labels = tuple(labels)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names that `read_column` knows."""
        return self.labels

    def __len__(self) -> int:
        return len(self._rows.begin)

    @cached_property
    def _rows(self) -> Rows:
        return self._scan(None, None)

    def scan(self, column: str | None, names: str | None = None) -> None:
        """Find the rows, and on the way what will be asked of two columns.

        Parameters
        ----------
        column : str, optional
            To be read.
        names : str, optional
            Column whose `repeats` are to be counted.

        Raises
        ------
        InputError
            If a row has the wrong number of values; names its line.
        """
        if "_rows" not in self.__dict__:
            self.__dict__["_rows"] = self._scan(column, names)

    @property
    def _passes(self) -> Any:
        """The functions that go over the bytes of this table: of two modules that do the same."""
        if self.body_end - self.body_begin < _LARGE:
            from rebalance.formats import star_arrays

            return star_arrays
        from rebalance.formats import star_scan

        return star_scan

    def _scan(self, column: str | None, names: str | None) -> Rows:
        passes = self._passes
        wanted, named = (
            -1 if name is None else self.labels.index(name) for name in (column, names)
        )

        def scan_piece(bounds: tuple[int, int]) -> tuple[Rows, int, int]:
            begin, end = bounds
            text = self.text.window(begin, end)
            lines = passes.count_lines(text)
            places = [np.empty(lines, dtype=np.int64) for _ in range(3)]
            digest = np.empty(lines if names is not None else 0, dtype=np.uint64)
            n, bad, tokens, unclosed = passes.find_rows(
                text, len(self.labels), wanted, named, *places, digest
            )
            row_begin, row_end, token = (place[:n] + begin for place in places)
            rows = Rows(row_begin, row_end, {column: token} if column else {}, digest[:n], unclosed)
            return rows, bad + begin if bad >= 0 else -1, tokens

        parts = _in_threads(scan_piece, self._pieces())
        for _, bad, tokens in parts:
            if bad >= 0:
                raise self._ragged(bad, tokens)
        return Rows.joined([rows for rows, _, _ in parts])

    def repeats(self) -> tuple[int, int, int]:
        """Rows whose name an earlier row has already, and the first two rows that share one.

        The names are those of the column that `scan` was told of. All are 0 if there are none.
        """
        digest = self._rows.digest
        ordered = np.sort(digest)
        is_same = ordered[1:] == ordered[:-1]
        n = int(np.count_nonzero(is_same))
        if n == 0:
            return 0, 0, 0
        shared = np.flatnonzero(np.isin(digest, ordered[1:][is_same]))
        first, second = shared[digest[shared] == digest[shared[0]]][:2].tolist()
        return n, first, second

    def _pieces(self) -> list[tuple[int, int]]:
        """Where the body is to be cut: after lines, each piece of some size."""
        pieces = []
        begin = self.body_begin
        while begin < self.body_end:
            end = self.body_end
            if begin + star_text.PIECE < end:
                end = min(end, self.text.next_line(begin + star_text.PIECE))
            pieces.append((begin, end))
            begin = end
        return pieces

    def _ragged(self, at: int, tokens: int) -> InputError:
        if tokens == NUL_FOUND:
            return InputError(
                "This line contains NUL bytes: part of the file was not written, or was lost.",
                path=self.text.path,
                location=f"line {self.text.line_number(at)}",
                hint="Copy the file again, or give the table of another iteration.",
            )
        line = self.text.line_at(at)
        if split_tokens(line)[:1] == ["loop_"]:
            problem = (
                f"There is a second loop_ in data_{self.block}, but only one table per block was "
                "expected."
            )
        else:
            problem = (
                f"This row of data_{self.block} has {tokens} values, but the table has "
                f"{len(self.labels)} columns."
            )
        return InputError(
            problem,
            path=self.text.path,
            location=f"line {self.text.line_number(at)}",
            hint="Correct or remove the line: one particle per line, and one value per label.",
        )

    def row_line(self, row: int) -> int:
        """1-based line number of a row."""
        return self.text.line_number(int(self._rows.begin[row]))

    def row_bytes(self, row: int) -> bytes:
        """One row as it is in the file, newline included."""
        return self.text.slice(int(self._rows.begin[row]), int(self._rows.end[row]))

    @property
    def n_unclosed(self) -> int:
        """Rows with a quote that is not closed; it is a part of its word."""
        return self._rows.unclosed

    def first_gap(self) -> tuple[int, bytes] | None:
        """How many rows come before the first lines between rows that are none, and these lines."""
        begin, end = self._rows.begin, self._rows.end
        gaps = np.flatnonzero(begin[1:] != end[:-1])
        if len(gaps) == 0:
            return None
        row = int(gaps[0])
        stop = min(int(begin[row + 1]), int(end[row]) + _LONGEST_GAP)
        return row + 1, self.text.slice(int(end[row]), stop)

    def read_column(self, name: str) -> npt.NDArray[Any]:
        """One column, (P,): int64 if all are whole numbers, float64 if all are numbers, or str.

        Parameters
        ----------
        name : str
            With or without the leading underscore.

        Raises
        ------
        KeyError
            If the table has no such column.
        InputError
            If a text is so long that the column would not fit into memory.
        """
        label = name.removeprefix("_")
        if label not in self.labels:
            raise KeyError(name)
        rows = self._rows
        try:
            return read_column(
                (rows.begin, rows.end),
                self.labels.index(label),
                rows.tokens.get(label),
                self._for_rows,
                self._passes,
            )
        except LongWordError as error:
            raise InputError(
                f"A value of {label} has {error.length:,} characters, far more than the others.",
                path=self.text.path,
                location=f"line {self.row_line(error.row)}",
                hint="Is a quote or a line end missing?",
            ) from error

    @property
    def row_bounds(self) -> tuple[IntArray, IntArray]:
        """Where each row begins in the file and, behind its newline, ends; int64 (P,)."""
        return self._rows.begin, self._rows.end

    def token_bounds(self, name: str) -> tuple[IntArray, IntArray]:
        """Where the token of a column begins and ends in each row, quotes included; int64 (P,)."""
        passes = self._passes
        row_begin, row_end = self.row_bounds
        begin, end = np.empty_like(row_begin), np.empty_like(row_begin)
        column = self.labels.index(name)

        def find(text: Bytes, offset: int, rows: slice) -> None:
            row_stop, token_begin = row_end[rows] - offset, np.empty_like(begin[rows])
            passes.find_tokens(text, row_begin[rows] - offset, row_stop, column, token_begin)
            inside, token_end = token_begin.copy(), np.empty_like(token_begin)
            passes.end_tokens(text, row_stop, inside, token_end)
            begin[rows] = token_begin + offset
            end[rows] = token_end + (inside > token_begin) + offset

        self._for_rows(find)
        return begin, end

    def read_integers(self, name: str, missing: int | None = None) -> IntArray:
        """A column of whole numbers, int64 (P,); ``3.000000`` counts as 3.

        Parameters
        ----------
        name : str
            Without the leading underscore.
        missing : int, optional
            Stands for ``nan``, ``None``, ``?`` and what else programs write for no number; without
            it these are errors.

        Raises
        ------
        InputError
            Names the line of the first value that is no whole number.
        """
        column = self.read_column(name)
        if column.dtype == np.int64:
            return column
        if column.dtype.kind == "U":
            numbers = np.array([_number(word) for word in column.tolist()])
        else:
            numbers = column
        is_missing = np.isnan(numbers) & (missing is not None)
        good = np.isfinite(numbers) & (np.abs(numbers) < 2.0**53)
        good[good] = numbers[good] == np.rint(numbers[good])
        if (good | is_missing).all():
            return np.where(is_missing, missing or 0, np.where(good, numbers, 0)).astype(np.int64)
        row = int(np.argmin(good | is_missing))
        raise InputError(
            f"_{name} is {column[row]!s}, but a whole number was expected.",
            path=self.text.path,
            location=f"line {self.row_line(row)}",
            hint="Correct the value, or export the table again from the job that wrote it.",
        )

    def read_numbers(self, name: str) -> DoubleArray:
        """A column of numbers, float64 (P,); NaN for what programs write for no number.

        Parameters
        ----------
        name : str
            Without the leading underscore.

        Raises
        ------
        InputError
            Names the line of the first value that is none.
        """
        column = self.read_column(name)
        if column.dtype.kind != "U":
            return column.astype(np.float64, copy=False)
        numbers = np.array([_number(word) for word in column.tolist()])
        bad = np.isinf(numbers)
        if bad.any():
            row = int(np.argmax(bad))
            raise InputError(
                f"_{name} is {column[row]!s:.40}, but a number was expected.",
                path=self.text.path,
                location=f"line {self.row_line(row)}",
                hint="Correct the value, or export the table again from the job that wrote it.",
            )
        return numbers

    def _for_rows(self, task: Callable[[Bytes, int, slice], None]) -> None:
        """Do something for all rows, so many bytes at a time and on several threads."""
        row_begin, row_end = self._rows.begin, self._rows.end

        def do(rows: slice) -> None:
            begin = int(row_begin[rows.start])
            task(self.text.window(begin, int(row_end[rows.stop - 1])), begin, rows)

        _in_threads(do, list(self.slices_of_rows()))

    def slices_of_rows(self) -> Iterator[slice]:
        """All rows, so many bytes at a time."""
        row_begin, row_end = self._rows.begin, self._rows.end
        first = 0
        while first < len(row_begin):
            limit = row_begin[first] + star_text.PIECE
            stop = max(first + 1, int(np.searchsorted(row_end, limit, side="right")))
            yield slice(first, stop)
            first = stop

    def write(self, out: BinaryIO, keep: BoolArray) -> None:
        """Write the whole file without the rows of this table that are not kept.

        Parameters
        ----------
        out : binary file
        keep : bool (P,)

        Raises
        ------
        InputError
            If the file was changed since it was opened.
        """
        row_begin, row_end = self._rows.begin, self._rows.end
        if keep.shape != row_begin.shape:
            raise ValueError(f"keep must be ({len(row_begin)},), not {keep.shape}")
        out.writelines(self.text.pieces(0, self.body_begin))
        at = self.body_begin
        buffer = np.empty(0, dtype=np.uint8)
        for rows in self.slices_of_rows():
            text = self.text.window(at, int(row_end[rows.stop - 1]))
            if len(buffer) < len(text):
                buffer = np.empty(len(text), dtype=np.uint8)
            size = self._passes.copy_kept(
                text, row_begin[rows] - at, row_end[rows] - at, keep[rows], buffer
            )
            out.write(buffer[:size].data)
            at += len(text)
        out.writelines(self.text.pieces(at, len(self.text)))


def _number(word: str) -> float:
    if word.lower() in _NO_NUMBER:
        return math.nan
    # Python reads 1_000 as a number; a star file does not.
    try:
        return math.inf if "_" in word else float(word)
    except ValueError:
        return math.inf


def _in_threads(task: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    if len(items) < 2:
        return [task(item) for item in items]
    # numba compiles under a lock, so the first item warms up for the rest.
    first = task(items[0])
    with ThreadPoolExecutor(min(8, _processors())) as pool:
        return [first, *pool.map(task, items[1:])]


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
