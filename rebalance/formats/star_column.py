"""The values of one column of a star table."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.formats.star_text import Bytes
from rebalance.model import IntArray

_MISSING = (b"<NA>", b"?", b".")

ForRows = Callable[[Callable[[slice], None]], None]
"""Does a task for all rows, a slice of them at a time."""


def read_column(
    text: Bytes,
    row_bounds: tuple[IntArray, IntArray],
    column: int,
    begin: IntArray | None,
    for_rows: ForRows,
) -> npt.NDArray[Any]:
    """int64 if all tokens are whole numbers, float64 if all are numbers, else str; (P,).

    Parameters
    ----------
    text : uint8 (B,)
        The file.
    row_bounds : int64 (P,), int64 (P,)
        Where rows begin and end.
    column : int
    begin : int64 (P,), optional
        Where the column's tokens begin, if that is known already.
    for_rows : callable
    """
    from rebalance.formats.star_scan import OTHER, WHOLE, end_tokens, find_tokens, read_numbers

    row_begin, row_end = row_bounds
    known = begin
    begin = np.empty_like(row_begin) if known is None else known.copy()
    end = np.empty_like(begin)
    whole = np.zeros(len(begin), dtype=np.int64)
    real = np.zeros(len(begin), dtype=np.float64)
    kind = np.zeros(len(begin), dtype=np.uint8)

    def read(rows: slice) -> None:
        if known is None:
            find_tokens(text, row_begin[rows], row_end[rows], column, begin[rows])
        end_tokens(text, row_end[rows], begin[rows], end[rows])
        read_numbers(text, begin[rows], end[rows], whole[rows], real[rows], kind[rows])

    for_rows(read)
    for row in np.flatnonzero(kind == OTHER):
        value = _python_number(text[begin[row] : end[row]].tobytes())
        if value is None:
            return _words(text, begin, end, for_rows)
        if isinstance(value, int):
            kind[row], whole[row] = WHOLE, value
        real[row] = value
    return whole if np.all(kind == WHOLE) else real


def _python_number(token: bytes) -> int | float | None:
    if token in _MISSING:
        return float("nan")
    # Python reads 1_000 as a number; a star file does not.
    if b"_" in token:
        return None
    try:
        if re.fullmatch(rb"[+-]?\d+", token):
            value = int(token)
            return value if -(2**63) <= value < 2**63 else float(value)
        return float(token)
    except ValueError:
        return None


def _words(text: Bytes, begin: IntArray, end: IntArray, for_rows: ForRows) -> npt.NDArray[np.str_]:
    from rebalance.formats.star_scan import gather_tokens

    width = max(1, int((end - begin).max(initial=0)))
    matrix = np.zeros((len(begin), width), dtype=np.uint8)
    for_rows(lambda rows: gather_tokens(text, begin[rows], end[rows], matrix[rows]))
    words = matrix.view(f"S{width}")[:, 0]
    if matrix.max(initial=0) < 128:
        return words.astype(f"U{width}")
    return np.char.decode(words, "utf-8", "replace")
