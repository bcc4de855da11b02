"""A copy of a star file in which some columns of one table say something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from rebalance.formats.star_loop import StarLoop
from rebalance.formats.star_text import split_tokens
from rebalance.model import BoolArray, DoubleArray

_BLANK = b" \t"


def write_with_columns(
    loop: StarLoop,
    out: BinaryIO,
    keep: BoolArray,
    columns: Mapping[str, DoubleArray],
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
    columns : mapping of str to float64 (rows kept,)
        By label; written with six digits behind the point, as RELION does.
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
    words = {label: [f"{value:.6f}".encode() for value in columns[label]] for label in columns}
    added = [
        b"".join(b" " + word for word in row)
        for row in zip(*(words[one] for one in new), strict=True)
    ]
    out.writelines(loop.text.pieces(0, loop.labels_begin))
    out.write(_labels(loop, gone, new))
    n = 0
    for row, before, line, tokens in _rows(loop, cut):
        out.write(before)
        if not keep[row]:
            continue
        done = 0
        for label, (begin, end) in zip(cut, tokens, strict=True):
            if label in gone:
                out.write(line[done:begin].rstrip(_BLANK))
            elif label in words:
                # Behind spaces, as wide as the old value with these, if it is no longer.
                before, word = line[done:begin], words[label][n]
                left = before.rstrip(b" ")
                if len(left) < len(before):
                    word = b" " + word.rjust(end - done - len(left) - 1)
                out.write(left + word)
            else:
                out.write(line[done:end])
            done = end
        if new:
            out.write(added[n])
        out.write(line[done:])
        n += 1
    out.writelines(loop.text.pieces(int(loop.row_bounds[1][-1]), len(loop.text)))


def _rows(
    loop: StarLoop, labels: Sequence[str]
) -> Iterator[tuple[int, bytes, bytes, list[tuple[int, int]]]]:
    """Number, what comes before it, its bytes, and in these where the tokens begin and end."""
    row_begin, row_end = loop.row_bounds
    bounds = [loop.token_bounds(label) for label in labels]
    at = loop.body_begin
    for rows in loop.slices_of_rows():
        text = loop.text.window(at, int(row_end[rows.stop - 1])).tobytes()
        places = [
            list(zip((begin[rows] - at).tolist(), (end[rows] - at).tolist(), strict=True))
            for begin, end in [(row_begin, row_end), *bounds]
        ]
        done = 0
        for row, ((begin, end), *tokens) in enumerate(zip(*places, strict=True), rows.start):
            inside = [(start - begin, stop - begin) for start, stop in tokens]
            yield row, text[done:begin], text[begin:end], inside
            done = end
        at += len(text)


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
