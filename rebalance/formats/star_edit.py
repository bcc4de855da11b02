"""A copy of a star file in which some columns of one table say something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import numpy as np

from rebalance.formats.star_loop import StarLoop
from rebalance.formats.star_text import split_tokens
from rebalance.model import BoolArray, DoubleArray, IntArray

_BLANK = b" \t"


def write_with_columns(
    loop: StarLoop,
    out: BinaryIO,
    keep: BoolArray,
    columns: Mapping[str, DoubleArray | IntArray],
    *,
    without: Sequence[str] = (),
) -> None:
    """Write the file without the rows that are not kept, and with some columns set.

    All else is byte for byte as it was, but for the blanks before what was set and the numbers of
    labels behind one that is left out. Columns that are not there yet come last.

    Parameters
    ----------
    loop : StarLoop
    out : binary file
    keep : bool (P,)
    columns : mapping of str to float64 or int64 (rows kept,)
        By label; numbers that are not whole have six digits behind the point, as in RELION.
    without : sequence of str
        Labels of columns that are left out, where they are there.

    Raises
    ------
    InputError
        If the file was changed since it was opened.
    """
    place = {label: number for number, label in enumerate(loop.labels)}
    new = [label for label in columns if label not in place]
    gone = [label for label in without if label in place]
    cut = sorted({*columns} - {*new} | {*gone}, key=place.__getitem__)
    if new and loop.labels[-1] not in cut:
        cut.append(loop.labels[-1])
    out.writelines(loop.text.pieces(0, loop.labels_begin))
    out.write(_labels(loop, gone, new))
    row_begin, row_end = loop.row_bounds
    bounds = [loop.token_bounds(label) for label in cut]
    at, n = loop.body_begin, 0
    for rows in loop.slices_of_rows():
        text = loop.text.window(at, int(row_end[rows.stop - 1])).tobytes()
        kept = slice(n, n + int(np.count_nonzero(keep[rows])))
        words = {label: iter(_words(column[kept])) for label, column in columns.items()}
        fields = [
            (label in gone, words.get(label), *_places(begin, end, rows, at))
            for label, (begin, end) in zip(cut, bounds, strict=True)
        ]
        more = [words[label] for label in new]
        places = _places(row_begin, row_end, rows, at)
        out.writelines(_edited(text, *places, keep[rows].tolist(), fields, more))
        at, n = at + len(text), kept.stop
    out.writelines(loop.text.pieces(at, len(loop.text)))


def _words(values: DoubleArray | IntArray) -> list[bytes]:
    if values.dtype.kind in "iu":
        return [b"%d" % value for value in values.tolist()]
    return [f"{value:.6f}".encode() for value in values.tolist()]


def _places(begin: IntArray, end: IntArray, rows: slice, at: int) -> tuple[list[int], list[int]]:
    """Where something begins and ends in each of some rows, from a place in the file."""
    return (begin[rows] - at).tolist(), (end[rows] - at).tolist()


def _edited(
    text: bytes,
    row_begin: list[int],
    row_end: list[int],
    keep: list[bool],
    fields: Sequence[tuple[bool, Iterator[bytes] | None, list[int], list[int]]],
    more: Sequence[Iterator[bytes]],
) -> list[bytes]:
    """Some rows, and what is between them, in pieces.

    A field is whether it goes, its new words, and where in the text the old ones begin and end. One
    that neither goes nor has new words is the last of its row, behind which more words come.
    """
    pieces, done = [], 0
    for row, is_kept in enumerate(keep):
        pieces.append(text[done : row_begin[row]])
        done = row_end[row]
        if not is_kept:
            continue
        at = row_begin[row]
        for goes, words, begin, end in fields:
            before = text[at : begin[row]]
            if goes:
                pieces.append(before.rstrip(_BLANK))
            elif words is None:
                pieces.append(text[at : end[row]])
            else:
                # Behind spaces, as wide as the old value with these, if it is no longer.
                word, left = next(words), before.rstrip(b" ")
                if len(left) < len(before):
                    word = b" " + word.rjust(end[row] - at - len(left) - 1)
                pieces += (left, word)
            at = end[row]
        for words in more:
            pieces += (b" ", next(words))
        pieces.append(text[at:done])
    return pieces


def _labels(loop: StarLoop, gone: Sequence[str], new: Sequence[str]) -> bytes:
    """The lines that name the columns, numbered anew where they are numbered."""
    lines = loop.text.slice(loop.labels_begin, loop.body_begin).splitlines(keepends=True)
    end = b"\r\n" if lines[-1].endswith(b"\r\n") else b"\n"
    written, count, is_numbered = [], 0, False
    for line in lines:
        tokens = split_tokens(line)
        if tokens and tokens[0][1:] in gone:
            continue
        if tokens:
            count += 1
            name, sign, rest = line.partition(b"#")
            if rest.strip().isdigit():
                is_numbered = True
                line = name + sign + rest.replace(rest.strip(), b"%d" % count)
        written.append(line)
    for number, label in enumerate(new, count + 1):
        tail = b" #%d " % number if is_numbered else b" "
        written.append(b"_" + label.encode() + tail + end)
    return b"".join(written)
