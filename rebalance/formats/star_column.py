"""Tokens of a star file: those of one line, and the values of one column."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rebalance.model import IntArray

if TYPE_CHECKING:
    from rebalance.formats.star_loop import StarLoop

_MISSING = (b"<NA>", b"?", b".")

_TOKEN = re.compile(
    rb"""(?P<quote>["'])(?P<quoted>.*?)(?P=quote)(?=\s|$)|(?P<comment>\#)|(?P<bare>\S+)"""
)

Bytes = npt.NDArray[np.uint8]


def split_tokens(line: bytes) -> list[str]:
    """The tokens of one line, without quotes and comment."""
    tokens = []
    for match in _TOKEN.finditer(line):
        if match["comment"] is not None:
            break
        found = match["bare"] if match["bare"] is not None else match["quoted"]
        tokens.append(found.decode("utf-8", "replace"))
    return tokens


def read_column(loop: StarLoop, column: int, begin: IntArray | None) -> npt.NDArray[Any]:
    """int64 if all tokens are whole numbers, float64 if all are numbers, else str; (P,).

    Parameters
    ----------
    loop : StarLoop
    column : int
    begin : int64 (P,), optional
        Where the column's tokens begin, if that is known already.
    """
    from rebalance.formats.star_scan import OTHER, WHOLE, end_tokens, find_tokens, read_numbers

    text = loop.file.bytes
    row_begin, row_end = loop.row_bounds
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

    loop.for_rows(read)
    for row in np.flatnonzero(kind == OTHER):
        value = _python_number(text[begin[row] : end[row]].tobytes())
        if value is None:
            return _words(loop, begin, end)
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


def _words(loop: StarLoop, begin: IntArray, end: IntArray) -> npt.NDArray[np.str_]:
    from rebalance.formats.star_scan import gather_tokens

    width = max(1, int((end - begin).max(initial=0)))
    matrix = np.zeros((len(begin), width), dtype=np.uint8)
    loop.for_rows(lambda rows: gather_tokens(loop.file.bytes, begin[rows], end[rows], matrix[rows]))
    words = matrix.view(f"S{width}")[:, 0]
    if matrix.max(initial=0) < 128:
        return words.astype(f"U{width}")
    return np.char.decode(words, "utf-8", "replace")
