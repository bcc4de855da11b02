"""The text of a star file, read a piece at a time: its lines, and the tokens of one line.

Not memory-mapped: a file that is cut short under a map kills the process, and a read says so.
"""

from __future__ import annotations

import os
import re
import stat
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.formats.unchanged_file import note_look

Bytes = npt.NDArray[np.uint8]

PIECE = 1 << 21
"""Bytes that are read and kept at a time, on each thread: they fit into a processor's cache."""

_PAGE = 1 << 16
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TOKEN = re.compile(rb"\S+")
_CLOSING = {quote: re.compile(quote + rb"(?=\s|$)") for quote in (b"'", b'"')}
_HINT_CHANGED = "Is another program writing it? Run again when it has finished."


class StarText:
    """The bytes of a star file; positions in it count from 0.

    The file is held open, so that one that is removed or replaced is read to its end.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        If the file can't be opened, is empty or binary. Every method raises it for a file that
        was changed since it was opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # Without waiting: for a pipe that would be for ever.
            self._file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            raise self._unreadable(error) from error
        weakref.finalize(self, os.close, self._file)
        self._state = self._read_state()
        note_look(path, os.fstat(self._file))
        self._size = self._state[0]
        if not stat.S_ISREG(os.fstat(self._file).st_mode):
            raise InputError(
                "This is not a regular file, but a star file was expected.",
                path=path,
                hint="Give a star file such as run_it025_data.star.",
            )
        self._page: tuple[int, bytes] = (0, b"")
        if self._size == 0:
            raise InputError(
                "The file is empty, but a star file was expected.",
                path=path,
                hint="Export the file again from the job that wrote it.",
            )
        if b"\0" in self.slice(0, _PAGE):
            raise InputError(
                "This is a binary file, but a star file (text) was expected.",
                path=path,
                hint="Give a star file such as run_it025_data.star.",
            )

    def __len__(self) -> int:
        return self._size

    def _read_state(self) -> tuple[int, int]:
        try:
            state = os.fstat(self._file)
        except OSError as error:
            raise self._unreadable(error) from error
        return state.st_size, state.st_mtime_ns

    def _unreadable(self, error: OSError) -> InputError:
        return InputError(
            f"The file can't be read: {error.strerror}.",
            path=self.path,
            hint="Check the name and the permissions.",
        )

    def slice(self, begin: int, end: int) -> bytes:
        """Bytes of the file, up to its end."""
        end = min(end, self._size)
        parts = []
        while begin < end:
            try:
                part = os.pread(self._file, end - begin, begin)
            except OSError as error:
                raise self._unreadable(error) from error
            if not part:
                break
            parts.append(part)
            begin += len(part)
        self._refuse_changes()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _refuse_changes(self) -> None:
        state = self._read_state()
        if state == self._state:
            return
        size = state[0]
        if size < self._size:
            problem = f"became shorter while it was read: {self._size:,} bytes, then {size:,}"
        else:
            problem = "was changed while it was read"
        raise InputError(f"The file {problem}.", path=self.path, hint=_HINT_CHANGED)

    def window(self, begin: int, end: int) -> Bytes:
        """Bytes of the file as uint8 (n,)."""
        return np.frombuffer(self.slice(begin, end), dtype=np.uint8)

    def pieces(self, begin: int, end: int) -> Iterator[bytes]:
        """Bytes of the file, some at a time."""
        for at in range(begin, end, PIECE):
            yield self.slice(at, min(at + PIECE, end))

    def _page_at(self, at: int) -> tuple[int, bytes]:
        """Some bytes from a position on, and where they begin; lines are read one by one."""
        begin, content = self._page
        if not begin <= at < begin + len(content):
            begin = at - at % _PAGE
            self._page = begin, self.slice(begin, begin + _PAGE)
        return self._page

    def _line_end(self, begin: int) -> int:
        """Where the newline after a position is, or the file ends."""
        while begin < self._size:
            page, content = self._page_at(begin)
            found = content.find(b"\n", begin - page)
            if found >= 0:
                return page + found
            begin = page + len(content)
        return self._size

    def line_at(self, begin: int) -> bytes:
        """The line that begins at a position, without its newline."""
        end = self._line_end(begin)
        page, content = self._page
        if page <= begin and end <= page + len(content):
            return content[begin - page : end - page]
        return self.slice(begin, end)

    def next_line(self, begin: int) -> int:
        """Where the line after the one at a position begins."""
        return min(self._line_end(begin) + 1, self._size)

    def line_number(self, at: int) -> int:
        """1-based number of the line that a position is in."""
        return 1 + sum(piece.count(b"\n") for piece in self.pieces(0, at))

    def lines_with(self, start: bytes) -> Iterator[int]:
        """Where the lines begin that begin with some bytes, blanks before them apart."""
        overlap = len(start) - 1
        for begin in range(0, self._size, PIECE):
            piece = self.slice(begin, begin + PIECE + overlap)
            found = piece.find(start)
            while found >= 0:
                # Most of what is found is in the middle of a path. A byte order mark has 3 bytes.
                if found == 0 or piece[found - 1] <= 32 or begin + found == 3:
                    line = self._blank_before(begin + found)
                    if line is not None:
                        yield line
                found = piece.find(start, found + 1)

    def _blank_before(self, at: int) -> int | None:
        """Where the line of a position begins, if there are only blanks before it."""
        line = at
        while line > 0:
            page = max(0, line - 256)
            before = self.slice(page, line)
            bare = before.rstrip(b" \t\r\f\v")
            line = page + len(bare)
            if bare == _BYTE_ORDER_MARK and page == 0:
                return line
            if bare:
                return line if bare.endswith(b"\n") else None
        return 0


def split_tokens(line: bytes) -> list[str]:
    """The tokens of one line, without quotes and comment."""
    tokens = []
    unclosed: set[bytes] = set()
    at = 0
    while (match := _TOKEN.search(line, at)) is not None:
        begin, at = match.span()
        first = line[begin : begin + 1]
        if first == b"#":
            break
        closing = None
        if first in _CLOSING and first not in unclosed:
            closing = _CLOSING[first].search(line, begin + 1)
            if closing is None:
                # Nor is a later one closed on this line, which may be long: look once.
                unclosed.add(first)
        if closing is not None:
            begin, stop, at = begin + 1, closing.start(), closing.end()
        else:
            stop = at
        tokens.append(line[begin:stop].decode("utf-8", "replace"))
    return tokens
