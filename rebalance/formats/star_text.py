"""The text of a star file, memory-mapped: its lines, and the tokens of one line."""

from __future__ import annotations

import mmap
import os
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError

Bytes = npt.NDArray[np.uint8]

_CHUNK = 1 << 25
_TOKEN = re.compile(
    rb"""(?P<quote>["'])(?P<quoted>.*?)(?P=quote)(?=\s|$)|(?P<comment>\#)|(?P<bare>\S+)"""
)


class StarText:
    """The bytes of a star file; positions in it count from 0.

    Parameters
    ----------
    path : Path

    Attributes
    ----------
    bytes : uint8 (B,)
        The whole file, read when it is looked at.

    Raises
    ------
    InputError
        If the file can't be opened, is empty or binary.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with open(path, "rb") as file:
                if os.fstat(file.fileno()).st_size == 0:
                    raise InputError(
                        "The file is empty; a star file was expected.",
                        path=path,
                        hint="Give the file again from the job that wrote it.",
                    )
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise InputError(
                f"The file can't be read: {error.strerror}.",
                path=path,
                hint="Check the name and the permissions.",
            ) from error
        self.bytes: Bytes = np.frombuffer(self._map, dtype=np.uint8)
        if self._map.find(b"\0", 0, 1 << 16) >= 0:
            raise InputError(
                "This is a binary file; a star file (text) was expected.",
                path=path,
                hint="Give a star file such as run_it025_data.star.",
            )

    def __len__(self) -> int:
        return len(self.bytes)

    def slice(self, begin: int, end: int) -> bytes:
        """Bytes of the file."""
        return self._map[begin:end]

    def release(self, begin: int, end: int) -> None:
        """Let go of the memory of a part that was read; it is read again when needed.

        Without this a table of gigabytes would be resident whole.
        """
        if end - begin < _CHUNK or not hasattr(mmap, "MADV_DONTNEED"):
            return
        first = begin - begin % mmap.PAGESIZE
        self._map.madvise(mmap.MADV_DONTNEED, first, min(end, len(self)) - first)

    def line_at(self, begin: int) -> bytes:
        """The line that begins at a position, without its newline."""
        end = self._map.find(b"\n", begin)
        return self._map[begin : end if end >= 0 else len(self)]

    def next_line(self, begin: int) -> int:
        """Where the line after the one at a position begins."""
        end = self._map.find(b"\n", begin)
        return end + 1 if end >= 0 else len(self)

    def line_number(self, at: int) -> int:
        """1-based number of the line that a position is in."""
        return 1 + sum(
            self._map[begin : min(begin + _CHUNK, at)].count(b"\n")
            for begin in range(0, at, _CHUNK)
        )

    def next_line_with(self, start: bytes, at: int) -> int:
        """Where the next line after a position that begins with some bytes is; −1 for none."""
        mark = b"\n" + start
        while at < len(self):
            found = self._map.find(mark, at, at + _CHUNK + len(mark))
            if found >= 0:
                return found + 1
            self.release(at, at + _CHUNK)
            at += _CHUNK
        return -1


def split_tokens(line: bytes) -> list[str]:
    """The tokens of one line, without quotes and comment."""
    tokens = []
    for match in _TOKEN.finditer(line):
        if match["comment"] is not None:
            break
        found = match["bare"] if match["bare"] is not None else match["quoted"]
        tokens.append(found.decode("utf-8", "replace"))
    return tokens
