"""Star files as bytes: memory-mapped, only what is asked for parsed.

A `StarFile` has blocks (``data_…``), a block has pairs or a loop, which is a table.

Format: S. R. Hall, J. Chem. Inf. Comput. Sci. 31 (1991) 326, doi:10.1021/ci00002a020, as RELION
writes it: one row a line.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np

from rebalance.errors import InputError
from rebalance.formats.star_column import Bytes, split_tokens
from rebalance.formats.star_loop import StarLoop

_CHUNK = 1 << 25


class StarFile:
    """A star file, memory-mapped.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        If the file can't be opened, is empty or binary, has no ``data_`` block, or has one twice.
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
        self.blocks = tuple(self._find_blocks())
        if not self.blocks:
            raise InputError(
                "No data_ block was found; a star file has at least one.",
                path=path,
                hint="Give a star file such as run_it025_data.star.",
            )
        self._refuse_repeated_blocks()

    def __len__(self) -> int:
        return len(self.bytes)

    def _find_blocks(self) -> Iterator[StarBlock]:
        begins: list[int] = []
        at = 3 if self._map[:3] == b"\xef\xbb\xbf" else 0
        if self._map[at : at + 5] != b"data_":
            at = self._next_header(at)
        while at >= 0:
            # A row may begin with the letters data_ too, but it has more than one token.
            if len(split_tokens(self.line_at(at))) == 1:
                begins.append(at)
            at = self._next_header(at)
        for number, begin in enumerate(begins, 1):
            yield StarBlock(self, begin, begins[number] if number < len(begins) else len(self))

    def _refuse_repeated_blocks(self) -> None:
        first: dict[str, StarBlock] = {}
        for block in self.blocks:
            earlier = first.setdefault(block.name, block)
            if earlier is block:
                continue
            lines = [self.line_number(one.begin) for one in (earlier, block)]
            raise InputError(
                f"The block data_{block.name} is there twice, on lines {lines[0]} and {lines[1]}; "
                "each block has a name of its own.",
                path=self.path,
                location=f"line {lines[1]}",
                hint="Were two star files written one behind the other? Join them with RELION's "
                "Join star files job (relion_star_handler --combine).",
            )

    def _next_header(self, at: int) -> int:
        mark = b"\ndata_"
        while at < len(self):
            found = self._map.find(mark, at, at + _CHUNK + len(mark))
            if found >= 0:
                return found + 1
            self.release(at, at + _CHUNK)
            at += _CHUNK
        return -1

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

    def slice(self, begin: int, end: int) -> bytes:
        """Bytes of the file."""
        return self._map[begin:end]

    def block(self, name: str) -> StarBlock | None:
        """The first block ``data_<name>``, or None."""
        return next((block for block in self.blocks if block.name == name), None)


class StarBlock:
    """One ``data_`` block: the bytes from its header to the next one's."""

    def __init__(self, file: StarFile, begin: int, end: int) -> None:
        self.file = file
        self.begin = begin
        self.end = end
        self.name = split_tokens(file.line_at(begin))[0].removeprefix("data_")

    @cached_property
    def _content(self) -> tuple[dict[str, str], StarLoop | None]:
        pairs: dict[str, str] = {}
        at = self.file.next_line(self.begin)
        while at < self.end:
            tokens = split_tokens(self.file.line_at(at))
            at = self.file.next_line(at)
            if tokens and tokens[0].lower() == "loop_":
                return pairs, StarLoop(self, at)
            if len(tokens) >= 2 and tokens[0].startswith("_"):
                pairs[tokens[0][1:]] = tokens[1]
        return pairs, None

    @property
    def pairs(self) -> dict[str, str]:
        """``_name value`` lines, names without the underscore."""
        return self._content[0]

    @property
    def loop(self) -> StarLoop | None:
        """The table of the block, or None if it has only pairs."""
        return self._content[1]
