"""A table of a star file: columns parsed on demand, rows kept as slices of the file.

Rows are written back as the bytes they were read as, and so is all that lies between and around
them: other blocks, comments, blank lines.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.formats.star_column import read_column
from rebalance.formats.star_text import StarText, split_tokens
from rebalance.model import BoolArray, IntArray

_CHUNK = 1 << 25
_ROWS_AT_ONCE = 1 << 17


class StarLoop:
    """A table in a star file; a `rebalance.model.TableHandle`.

    Parameters
    ----------
    text : StarText
    block : str
        Name of the block that it is in.
    begin, end : int
        Where its labels begin, and its block ends.

    Attributes
    ----------
    labels : tuple of str
        Column names without the leading underscore.
    """

    def __init__(self, text: StarText, block: str, begin: int, end: int) -> None:
        self.text = text
        self.block = block
        self.labels_begin = begin
        labels: list[str] = []
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
                        f"The column {tokens[0]} is named twice in data_{block}.",
                        path=self.text.path,
                        location=f"line {self.text.line_number(line)}",
                        hint="Remove one of the two columns, label and values.",
                    )
                labels.append(tokens[0][1:])
                self.body_begin = at
        self.body_end = end
        self.labels = tuple(labels)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names that `read_column` knows."""
        return self.labels

    def __len__(self) -> int:
        return len(self._rows[0])

    @cached_property
    def _rows(self) -> tuple[IntArray, IntArray, dict[str, IntArray]]:
        return self._scan(None)

    def scan(self, column: str) -> None:
        """Find the rows, and on the way the tokens of a column that will be read.

        Raises
        ------
        InputError
            If a row has the wrong number of values; names its line.
        """
        if "_rows" not in self.__dict__:
            self.__dict__["_rows"] = self._scan(column)

    def _scan(self, column: str | None) -> tuple[IntArray, IntArray, dict[str, IntArray]]:
        from rebalance.formats.star_scan import count_lines, find_rows

        text = self.text.bytes
        wanted = -1 if column is None else self.labels.index(column)

        def scan_chunk(bounds: tuple[int, int]) -> tuple[IntArray, IntArray, IntArray, int, int]:
            begin, end = bounds
            lines = count_lines(text, begin, end)
            row_begin, row_end, token = (np.empty(lines, dtype=np.int64) for _ in range(3))
            n, bad, tokens = find_rows(
                text, begin, end, len(self.labels), wanted, row_begin, row_end, token
            )
            self.text.release(begin, end)
            return row_begin[:n], row_end[:n], token[:n], bad, tokens

        parts = _in_threads(scan_chunk, self._chunks())
        for *_, bad, tokens in parts:
            if bad >= 0:
                raise self._ragged(bad, tokens)
        row_begin, row_end, token = (
            np.concatenate([part[which] for part in parts] or [np.empty(0, dtype=np.int64)])
            for which in range(3)
        )
        return row_begin, row_end, {} if column is None else {column: token}

    def _chunks(self) -> list[tuple[int, int]]:
        chunks = []
        begin = self.body_begin
        while begin < self.body_end:
            end = self.body_end
            if begin + _CHUNK < end:
                end = self.text.next_line(begin + _CHUNK)
            chunks.append((begin, end))
            begin = end
        return chunks

    def _ragged(self, at: int, tokens: int) -> InputError:
        line = self.text.line_at(at)
        if split_tokens(line)[:1] == ["loop_"]:
            problem = f"A second loop_ in data_{self.block}; one table a block was expected."
        else:
            problem = (
                f"This row of data_{self.block} has {tokens} values; the table has "
                f"{len(self.labels)} columns."
            )
        return InputError(
            problem,
            path=self.text.path,
            location=f"line {self.text.line_number(at)}",
            hint="Mend or remove the line: one particle a line, a value for each label.",
        )

    def row_line(self, row: int) -> int:
        """1-based line number of a row."""
        return self.text.line_number(int(self._rows[0][row]))

    def row_bytes(self, row: int) -> bytes:
        """One row as it is in the file, newline included."""
        return self.text.slice(int(self._rows[0][row]), int(self._rows[1][row]))

    @property
    def has_blank_lines(self) -> bool:
        """True if blank lines or comments lie before or between the rows."""
        begin, end, _ = self._rows
        if len(begin) == 0:
            return False
        return bool(begin[0] != self.body_begin or np.any(begin[1:] != end[:-1]))

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
        """
        label = name.removeprefix("_")
        if label not in self.labels:
            raise KeyError(name)
        row_begin, row_end, tokens = self._rows
        return read_column(
            self.text.bytes,
            (row_begin, row_end),
            self.labels.index(label),
            tokens.get(label),
            self._for_rows,
        )

    def read_integers(self, name: str) -> IntArray:
        """A column of whole numbers, int64 (P,); ``3.000000`` counts as 3.

        Raises
        ------
        InputError
            Names the line of the first value that is no whole number.
        """
        column = self.read_column(name)
        if column.dtype == np.int64:
            return column
        if column.dtype == np.float64:
            good = np.isfinite(column) & (np.abs(column) < 2.0**53)
            good[good] = column[good] == np.rint(column[good])
        else:
            good = np.array([re.fullmatch(r"[+-]?\d+", word) is not None for word in column])
        if good.all():
            return column.astype(np.int64)
        row = int(np.argmin(good))
        raise InputError(
            f"_{name} is {column[row]!s}; a whole number was expected.",
            path=self.text.path,
            location=f"line {self.row_line(row)}",
            hint="Mend the value, or give the table again from the job that wrote it.",
        )

    def _for_rows(self, task: Callable[[slice], None]) -> None:
        """Do something for all rows, so many at a time and on several threads."""
        row_begin, row_end, _ = self._rows

        def do(rows: slice) -> None:
            task(rows)
            self.text.release(int(row_begin[rows.start]), int(row_end[rows.stop - 1]))

        n = len(row_begin)
        bounds = range(0, n, _ROWS_AT_ONCE)
        _in_threads(do, [slice(at, min(at + _ROWS_AT_ONCE, n)) for at in bounds])

    def write(self, out: BinaryIO, keep: BoolArray) -> None:
        """Write the whole file without the rows of this table that are not kept.

        Parameters
        ----------
        out : binary file
        keep : bool (P,)
        """
        from rebalance.formats.star_scan import copy_kept

        row_begin, row_end, _ = self._rows
        if keep.shape != row_begin.shape:
            raise ValueError(f"keep must be ({len(row_begin)},), not {keep.shape}")
        text = self.text.bytes
        buffer = np.empty(0, dtype=np.uint8)
        out.write(text[: self.body_begin].data)
        at, first = self.body_begin, 0
        while at < self.body_end:
            last = int(np.searchsorted(row_begin, at + _CHUNK))
            last = min(max(last, first + 1), len(row_begin))
            end = self.body_end if last >= len(row_begin) else int(row_end[last - 1])
            if len(buffer) < end - at:
                buffer = np.empty(end - at, dtype=np.uint8)
            rows = slice(first, last)
            size = copy_kept(text, at, end, row_begin[rows], row_end[rows], keep[rows], buffer)
            out.write(buffer[:size].data)
            self.text.release(at, end)
            at, first = end, last
        out.write(text[self.body_end :].data)


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
