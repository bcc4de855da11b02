"""Tokens of a star file: those of one line, and the values of one column."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.model import IntArray

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


def parse_column(text: Bytes, begin: IntArray, end: IntArray) -> npt.NDArray[Any]:
    """int64 if all tokens are whole numbers, float64 if all are numbers, else str; (P,).

    Parameters
    ----------
    text : uint8
        The file.
    begin, end : int64 (P,)
        Of each token, quotes left out.
    """
    numbers = _numbers(text, begin, end)
    return _words(text, begin, end) if numbers is None else numbers


def _numbers(text: Bytes, begin: IntArray, end: IntArray) -> npt.NDArray[Any] | None:
    from rebalance.formats.star_scan import OTHER, WHOLE, read_numbers

    whole = np.zeros(len(begin), dtype=np.int64)
    real = np.zeros(len(begin), dtype=np.float64)
    kind = np.zeros(len(begin), dtype=np.uint8)
    read_numbers(text, begin, end, whole, real, kind)
    for row in np.flatnonzero(kind == OTHER):
        value = _python_number(text[begin[row] : end[row]].tobytes())
        if value is None:
            return None
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


def _words(text: Bytes, begin: IntArray, end: IntArray) -> npt.NDArray[np.str_]:
    from rebalance.formats.star_scan import gather_tokens

    width = max(1, int((end - begin).max(initial=0)))
    matrix = np.zeros((len(begin), width), dtype=np.uint8)
    gather_tokens(text, begin, end, matrix)
    words = matrix.view(f"S{width}")[:, 0]
    if matrix.max(initial=0) < 128:
        return words.astype(f"U{width}")
    return np.char.decode(words, "utf-8", "replace")
