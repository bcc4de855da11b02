"""Compiled passes over the bytes of a star loop: find rows, find tokens, read numbers, copy rows.

Every function takes some bytes of the file, read-only, and positions in them; `star_loop` decides
what the positions mean. Imported late, since numba is heavy; `star_arrays` does the same for
tables that are not large.

A token ends at white space. A token that begins with a quote ends at the same quote before white
space, if there is one on the line. ``#`` at the beginning of a token starts a comment.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.formats.star_bytes import (
    DOUBLE_QUOTE,
    HASH,
    MINUS,
    NEWLINE,
    NINE,
    NUL,
    NUL_FOUND,
    OTHER,
    PLUS,
    POINT,
    REAL,
    SINGLE_QUOTE,
    SPACE,
    WHOLE,
    ZERO,
)
from rebalance.kernels.compile import jit
from rebalance.model import BoolArray, DoubleArray, IntArray

Bytes = npt.NDArray[np.uint8]

UPPER_E, LOWER_E = 69, 101

# Clinger (1990), doi:10.1145/93542.93557: a mantissa below 2**53 times or over an exact power of
# ten is rounded once, hence correctly.
LARGEST_EXACT = 2**53
EXACT_POWERS = 10.0 ** np.arange(23)

# Fowler, Noll and Vo: a hash of 64 bits, of which a few million names have no two alike by chance.
FNV_OFFSET, FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


@jit
def _bare_end(text: Bytes, at: int, end: int) -> int:
    stop = at
    while stop < end and text[stop] > SPACE:
        stop += 1
    return stop


@jit
def _quoted_end(text: Bytes, at: int, end: int) -> int:
    """Where a token in quotes ends; −1 if the quote at its beginning is not closed."""
    quote = text[at]
    stop = at + 1
    while stop < end and text[stop] != NEWLINE:
        if text[stop] == quote and (stop + 1 == end or text[stop + 1] <= SPACE):
            return stop + 1
        stop += 1
    return -1


@jit
def _token_end(text: Bytes, at: int, end: int) -> int:
    if text[at] in (DOUBLE_QUOTE, SINGLE_QUOTE):
        stop = _quoted_end(text, at, end)
        if stop >= 0:
            return stop
    return _bare_end(text, at, end)


@jit
def count_lines(text: Bytes) -> int:
    """Lines, the last of them with a newline or without."""
    n = 0
    for at in range(text.size):
        if text[at] == NEWLINE:
            n += 1
    if text.size > 0 and text[text.size - 1] != NEWLINE:
        n += 1
    return n


@jit
def _digest(text: Bytes, begin: int, end: int) -> Any:
    """FNV-1a of a token; ``000012@stack`` and ``12@stack`` are the same image."""
    at = begin
    while at < end and text[at] == ZERO:
        at += 1
    value = FNV_OFFSET
    while at < end:
        value = (value ^ np.uint64(text[at])) * FNV_PRIME
        at += 1
    return value


@jit
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
    """Fill in where each row begins and ends (after its newline), and its token of one column.

    Of another column, if it is not −1, the digest of each token is filled in, by which repeats
    are found. Lines without tokens are no rows. Returns the number of rows, the position and token
    count of the first row with the wrong number of tokens (−1, 0 if there is none), and the number
    of rows with a quote that is not closed.
    """
    n = 0
    n_unclosed = 0
    at = 0
    end = text.size
    while at < end:
        line = at
        tokens = 0
        wanted = line
        unclosed_double = unclosed_single = False
        while at < end and text[at] != NEWLINE:
            if text[at] == NUL:
                return n, line, NUL_FOUND, n_unclosed
            if text[at] <= SPACE:
                at += 1
                continue
            if text[at] == HASH:
                while at < end and text[at] != NEWLINE:
                    at += 1
                break
            stop = -1
            # A line may be long; where one quote is not closed, no later one of the kind is.
            if text[at] == DOUBLE_QUOTE and not unclosed_double:
                stop = _quoted_end(text, at, end)
                unclosed_double = stop < 0
            elif text[at] == SINGLE_QUOTE and not unclosed_single:
                stop = _quoted_end(text, at, end)
                unclosed_single = stop < 0
            if stop < 0:
                stop = _bare_end(text, at, end)
                if stop < end and text[stop] == NUL:
                    return n, line, NUL_FOUND, n_unclosed
            if tokens == column:
                wanted = at
            if tokens == name_column:
                digest[n] = _digest(text, at, stop)
            tokens += 1
            at = stop
        if at < end:
            at += 1
        if tokens == 0:
            continue
        if tokens != n_columns:
            return n, line, tokens, n_unclosed
        row_begin[n] = line
        row_end[n] = at
        token_begin[n] = wanted
        n_unclosed += unclosed_double or unclosed_single
        n += 1
    return n, -1, 0, n_unclosed


@jit
def find_tokens(
    text: Bytes, row_begin: IntArray, row_end: IntArray, column: int, token_begin: IntArray
) -> None:
    """Fill in where the token of one column begins in each row."""
    for row in range(row_begin.size):
        at = row_begin[row]
        end = row_end[row]
        tokens = 0
        while at < end:
            if text[at] <= SPACE:
                at += 1
                continue
            if tokens == column:
                break
            tokens += 1
            at = _token_end(text, at, end)
        token_begin[row] = at


@jit
def end_tokens(text: Bytes, row_end: IntArray, token_begin: IntArray, token_end: IntArray) -> None:
    """Fill in where each token ends; quotes around a token are left out of it."""
    for row in range(token_begin.size):
        begin = token_begin[row]
        stop = _token_end(text, begin, row_end[row])
        quote = text[begin]
        if stop - begin >= 2 and quote in (DOUBLE_QUOTE, SINGLE_QUOTE) and text[stop - 1] == quote:
            token_begin[row] = begin + 1
            stop -= 1
        token_end[row] = stop


@jit
def read_numbers(
    text: Bytes,
    token_begin: IntArray,
    token_end: IntArray,
    whole: IntArray,
    real: DoubleArray,
    kind: Bytes,
) -> None:
    """Read each token as an integer and a float, and say in ``kind`` which of the two it is."""
    for row in range(token_begin.size):
        at = token_begin[row]
        end = token_end[row]
        negative = False
        if at < end and (text[at] == MINUS or text[at] == PLUS):
            negative = text[at] == MINUS
            at += 1
        mantissa = np.int64(0)
        digits = 0
        significant = 0
        exponent = np.int64(0)
        is_whole = True
        while at < end:
            byte = text[at]
            if ZERO <= byte <= NINE:
                digits += 1
                if significant > 0 or byte != ZERO:
                    significant += 1
                if significant <= 18:
                    mantissa = mantissa * 10 + (np.int64(byte) - ZERO)
                if not is_whole:
                    exponent -= 1
            elif byte == POINT and is_whole:
                is_whole = False
            else:
                break
            at += 1
        power = np.int64(0)
        if at < end and digits > 0 and (text[at] == LOWER_E or text[at] == UPPER_E):
            is_whole = False
            at += 1
            minus = False
            if at < end and (text[at] == MINUS or text[at] == PLUS):
                minus = text[at] == MINUS
                at += 1
            power_digits = 0
            while at < end and ZERO <= text[at] <= NINE and power_digits < 6:
                power = power * 10 + (np.int64(text[at]) - ZERO)
                power_digits += 1
                at += 1
            if power_digits == 0:
                at = -1
            if minus:
                power = -power
        exponent += power
        if at != end or digits == 0 or significant > 18:
            kind[row] = OTHER
        elif is_whole:
            kind[row] = WHOLE
            whole[row] = -mantissa if negative else mantissa
            real[row] = whole[row]
        elif mantissa <= LARGEST_EXACT and -22 <= exponent <= 22:
            kind[row] = REAL
            value = np.float64(mantissa)
            value = (
                value * EXACT_POWERS[exponent]
                if exponent >= 0
                else (value / EXACT_POWERS[-exponent])
            )
            real[row] = -value if negative else value
        else:
            kind[row] = OTHER


@jit
def gather_tokens(text: Bytes, token_begin: IntArray, token_end: IntArray, out: Bytes) -> None:
    """Copy tokens into the rows of a zero-filled uint8 matrix."""
    for row in range(token_begin.size):
        begin = token_begin[row]
        for at in range(begin, token_end[row]):
            out[row, at - begin] = text[at]


@jit
def copy_kept(
    text: Bytes, row_begin: IntArray, row_end: IntArray, keep: BoolArray, out: Bytes
) -> int:
    """Copy text without the rows that are not kept; returns the bytes copied."""
    size = 0
    at = 0
    for row in range(row_begin.size):
        if keep[row]:
            continue
        stop = row_begin[row]
        out[size : size + stop - at] = text[at:stop]
        size += stop - at
        at = row_end[row]
    out[size : size + text.size - at] = text[at:]
    return size + text.size - at
