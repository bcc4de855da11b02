"""The values of one column of a star table."""

from __future__ import annotations

import re
from collections.abc import Callable
from threading import Event
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.formats.star_bytes import OTHER, WHOLE
from rebalance.formats.star_text import Bytes
from rebalance.model import IntArray

_MISSING = (b"<NA>", b"?", b".")

_SMALL = 1 << 24
_MOST_BLANK = 16
"""A text column is as wide as its longest value. Beyond this many bytes, it may only be so much
wider than the text.
"""


class LongWordError(Exception):
    """A text that is far longer than the others of its column."""

    def __init__(self, row: int, length: int) -> None:
        self.row = row
        self.length = length
        super().__init__(f"row {row} has {length} characters")


ForRows = Callable[[Callable[[Bytes, int, slice], None]], None]
"""Runs a task on all rows, a slice at a time, given the bytes from the first to the last and where
in the file these begin.
"""


def read_column(
    row_bounds: tuple[IntArray, IntArray],
    column: int,
    begin: IntArray | None,
    for_rows: ForRows,
    passes: Any,
) -> npt.NDArray[Any]:
    """int64 if all tokens are whole numbers, float64 if all are numbers, else str; (P,).

    Parameters
    ----------
    row_bounds : int64 (P,), int64 (P,)
        Where rows begin and end.
    column : int
    begin : int64 (P,), optional
        Where the column's tokens begin, if that is known already.
    for_rows : callable
    passes : module
        `star_arrays` or `star_scan`.
    """
    row_begin, row_end = row_bounds
    known = begin
    begin = np.empty_like(row_begin) if known is None else known.copy()
    end = np.empty_like(begin)
    whole = np.zeros(len(begin), dtype=np.int64)
    real = np.zeros(len(begin), dtype=np.float64)
    kind = np.zeros(len(begin), dtype=np.uint8)
    is_text = Event()

    def read(text: Bytes, offset: int, rows: slice) -> None:
        row_stop = row_end[rows] - offset
        token_begin = begin[rows] - offset
        token_end = np.empty_like(token_begin)
        if known is None:
            passes.find_tokens(text, row_begin[rows] - offset, row_stop, column, token_begin)
        passes.end_tokens(text, row_stop, token_begin, token_end)
        begin[rows], end[rows] = token_begin + offset, token_end + offset
        if is_text.is_set():
            return
        passes.read_numbers(text, token_begin, token_end, whole[rows], real[rows], kind[rows])
        for row in np.flatnonzero(kind[rows] == OTHER).tolist():
            value = _python_number(text[token_begin[row] : token_end[row]].tobytes())
            if value is None:
                return is_text.set()
            if isinstance(value, int):
                kind[rows.start + row], whole[rows.start + row] = WHOLE, value
            real[rows.start + row] = value

    for_rows(read)
    if is_text.is_set():
        return _words(begin, end, for_rows, passes)
    return whole if np.all(kind == WHOLE) else real


def _python_number(token: bytes) -> int | float | None:
    if token in _MISSING:
        return float("nan")
    # Python reads 1_000 as a number; a star file does not.
    if b"_" in token:
        return None
    try:
        # An int64 has at most 19 digits.
        if re.fullmatch(rb"[+-]?\d+", token) and len(token.lstrip(b"+-0")) <= 19:
            value = int(token)
            if -(2**63) <= value < 2**63:
                return value
        return float(token)
    except ValueError:
        return None


def _words(begin: IntArray, end: IntArray, for_rows: ForRows, passes: Any) -> npt.NDArray[np.str_]:
    length = end - begin
    width = max(1, int(length.max(initial=0)))
    if width * len(length) > _SMALL + _MOST_BLANK * int(length.sum()):
        raise LongWordError(int(length.argmax()), width)
    matrix = np.zeros((len(begin), width), dtype=np.uint8)
    for_rows(
        lambda text, offset, rows: passes.gather_tokens(
            text, begin[rows] - offset, end[rows] - offset, matrix[rows]
        )
    )
    words = matrix.view(f"S{width}")[:, 0]
    if matrix.max(initial=0) < 128:
        return words.astype(f"U{width}")
    return np.char.decode(words, "utf-8", "replace")
