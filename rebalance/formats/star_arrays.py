"""The passes of `star_scan` over the bytes of a star loop, with NumPy alone.

For tables of some megabytes: loading numba takes longer than reading them so. What each function
gives is the same, byte for byte; text with quotes or NUL bytes is left to `star_scan`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rebalance.formats.star_bytes import (
    DOUBLE_QUOTE,
    HASH,
    MINUS,
    NEWLINE,
    NINE,
    OTHER,
    PLUS,
    POINT,
    REAL,
    SINGLE_QUOTE,
    SPACE,
    WHOLE,
    ZERO,
)
from rebalance.model import BoolArray, DoubleArray, IntArray

Bytes = npt.NDArray[np.uint8]

_LARGEST_EXACT = 2**53
_EXACT_POWERS = 10.0 ** np.arange(23)
_MOST_DIGITS = 18
_LONGEST_NUMBER = 32
_FNV_OFFSET, _FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


def count_lines(text: Bytes) -> int:
    """Lines, the last of them with a newline or without."""
    n = int(np.count_nonzero(text == NEWLINE))
    return n + (text.size > 0 and bool(text[-1] != NEWLINE))


def find_rows(
    text: Bytes,
    n_columns: int,
    column: int,
    name_column: int,
    row_begin: IntArray,
    row_end: IntArray,
    token_begin: IntArray,
    digest: npt.NDArray[np.uint64],
) -> tuple[int, int, int, int]:
    """As `star_scan.find_rows`."""
    begin = _token_begins(text)
    if begin is None:
        from rebalance.formats import star_scan

        found: tuple[int, int, int, int] = star_scan.find_rows(
            text, n_columns, column, name_column, row_begin, row_end, token_begin, digest
        )
        return found
    line_end = np.flatnonzero(text == NEWLINE) + 1
    if text.size and text[-1] != NEWLINE:
        line_end = np.append(line_end, text.size)
    line_begin = np.append(0, line_end)[:-1]
    first = np.searchsorted(begin, line_begin)
    tokens = np.diff(first, append=len(begin))
    is_row = tokens > 0
    ragged = np.flatnonzero(is_row & (tokens != n_columns))
    bad, found_tokens = -1, 0
    if len(ragged):
        bad, found_tokens = int(line_begin[ragged[0]]), int(tokens[ragged[0]])
        is_row[ragged[0] :] = False
    n = int(np.count_nonzero(is_row))
    row_begin[:n], row_end[:n] = line_begin[is_row], line_end[is_row]
    first = first[is_row]
    token_begin[:n] = begin[first + column] if column >= 0 else row_begin[:n]
    if name_column >= 0:
        names = begin[first + name_column]
        digest[:n] = _digests(text, names, _token_ends(text, names))
    return n, bad, found_tokens, 0


def find_tokens(
    text: Bytes, row_begin: IntArray, row_end: IntArray, column: int, token_begin: IntArray
) -> None:
    """As `star_scan.find_tokens`."""
    begin = _token_begins(text)
    if begin is None:
        from rebalance.formats import star_scan

        star_scan.find_tokens(text, row_begin, row_end, column, token_begin)
    else:
        token_begin[:] = begin[np.searchsorted(begin, row_begin) + column]


def end_tokens(text: Bytes, row_end: IntArray, token_begin: IntArray, token_end: IntArray) -> None:
    """As `star_scan.end_tokens`."""
    if np.isin(text[token_begin], (DOUBLE_QUOTE, SINGLE_QUOTE)).any():
        from rebalance.formats import star_scan

        star_scan.end_tokens(text, row_end, token_begin, token_end)
    else:
        token_end[:] = _token_ends(text, token_begin)


def read_numbers(
    text: Bytes,
    token_begin: IntArray,
    token_end: IntArray,
    whole: IntArray,
    real: DoubleArray,
    kind: Bytes,
) -> None:
    """As `star_scan.read_numbers`, but that numbers with an exponent are left for Python too."""
    length = token_end - token_begin
    width = min(int(length.max(initial=0)), _LONGEST_NUMBER)
    mantissa = np.zeros(len(length), dtype=np.int64)
    digits = np.zeros(len(length), dtype=np.int64)
    significant, decimals = np.zeros_like(digits), np.zeros_like(digits)
    has_point = np.zeros(len(length), dtype=np.bool_)
    is_number = length <= width
    sign = text[np.minimum(token_begin, max(text.size - 1, 0))] if text.size else text[:0]
    is_negative = (sign == MINUS) & (length > 0)
    is_signed = (is_negative | (sign == PLUS)) & (length > 0)
    for place in range(width):
        is_there = place < length
        byte = text[np.minimum(token_begin + place, text.size - 1)]
        is_digit = is_there & (byte >= ZERO) & (byte <= NINE)
        is_point = is_there & (byte == POINT) & ~has_point
        is_number &= ~is_there | is_digit | is_point | (is_signed & (place == 0))
        counts = is_digit & ((significant > 0) | (byte != ZERO))
        significant += counts
        takes = is_digit & (significant <= _MOST_DIGITS)
        mantissa[takes] = mantissa[takes] * 10 + (byte[takes].astype(np.int64) - ZERO)
        digits += is_digit
        decimals += is_digit & has_point
        has_point |= is_point
    is_number &= (digits > 0) & (significant <= _MOST_DIGITS)
    is_whole = is_number & ~has_point
    is_real = is_number & has_point & (mantissa <= _LARGEST_EXACT) & (decimals <= 22)
    signed = np.where(is_negative, -mantissa, mantissa)
    kind[:] = np.where(is_whole, WHOLE, np.where(is_real, REAL, OTHER))
    whole[is_whole] = signed[is_whole]
    real[is_whole] = signed[is_whole]
    value = mantissa[is_real].astype(np.float64) / _EXACT_POWERS[decimals[is_real]]
    real[is_real] = np.where(is_negative[is_real], -value, value)


def gather_tokens(text: Bytes, token_begin: IntArray, token_end: IntArray, out: Bytes) -> None:
    """As `star_scan.gather_tokens`."""
    length = token_end - token_begin
    for place in range(int(length.max(initial=0))):
        rows = np.flatnonzero(place < length)
        out[rows, place] = text[token_begin[rows] + place]


def copy_kept(
    text: Bytes, row_begin: IntArray, row_end: IntArray, keep: BoolArray, out: Bytes
) -> int:
    """As `star_scan.copy_kept`."""
    change = np.zeros(text.size + 1, dtype=np.int8)
    dropped = ~keep
    np.add.at(change, row_begin[dropped], 1)
    np.add.at(change, row_end[dropped], -1)
    stays = np.cumsum(change[:-1], dtype=np.int8) == 0
    kept = text[stays]
    out[: kept.size] = kept
    return int(kept.size)


def _token_begins(text: Bytes) -> IntArray | None:
    """Where each token begins, int64; None where quotes or NUL bytes have a say."""
    is_blank = text <= SPACE
    is_begin = ~is_blank
    is_begin[1:] &= is_blank[:-1]
    begin = np.flatnonzero(is_begin)
    first = text[begin]
    if not text.all() or ((first == DOUBLE_QUOTE) | (first == SINGLE_QUOTE)).any():
        return None
    comments = begin[first == HASH]
    return begin if not len(comments) else begin[~_is_in_comment(text, begin, comments)]


def _is_in_comment(text: Bytes, begin: IntArray, comments: IntArray) -> BoolArray:
    """Whether a ``#`` that begins a token stands at a place or before it on its line."""
    line_end = np.append(np.flatnonzero(text == NEWLINE), text.size)
    line, commented = np.searchsorted(line_end, begin), np.searchsorted(line_end, comments)
    lines, at = np.unique(commented, return_index=True)
    from_where = np.full(len(line_end), text.size)
    from_where[lines] = comments[at]
    return np.asarray(begin >= from_where[line])


def _token_ends(text: Bytes, begin: IntArray) -> IntArray:
    """Where the tokens that begin there end: before white space, or with the text."""
    blank = np.flatnonzero(text <= SPACE)
    following = np.searchsorted(blank, begin)
    return np.append(blank, text.size)[following]


def _digests(text: Bytes, begin: IntArray, end: IntArray) -> npt.NDArray[np.uint64]:
    """FNV-1a of tokens without the zeros at their beginning."""
    begin = begin.copy()
    while True:
        is_zero = (begin < end) & (text[np.minimum(begin, text.size - 1)] == ZERO)
        if not is_zero.any():
            break
        begin += is_zero
    value = np.full(len(begin), _FNV_OFFSET, dtype=np.uint64)
    length = end - begin
    for place in range(int(length.max(initial=0))):
        rows = np.flatnonzero(place < length)
        value[rows] = (value[rows] ^ text[begin[rows] + place]) * _FNV_PRIME
    return value
