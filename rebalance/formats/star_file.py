"""Star files: blocks (``data_…``), each of pairs or a loop, which is a table.

Only what is asked for is parsed.

Format: S. R. Hall, J. Chem. Inf. Comput. Sci. 31 (1991) 326, doi:10.1021/ci00002a020, as RELION
writes it: one row a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from rebalance.errors import InputError
from rebalance.formats.star_loop import StarLoop
from rebalance.formats.star_text import StarText, split_tokens


class StarFile:
    """A star file, whose tables are read when they are asked for.

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
        self.text = StarText(path)
        self.blocks = tuple(self._find_blocks())
        if not self.blocks:
            raise InputError(
                "There is no data_ block, but a star file has at least one.",
                path=path,
                hint="Give a star file such as run_it025_data.star.",
            )
        self._refuse_repeated_blocks()

    def _find_blocks(self) -> Iterator[StarBlock]:
        text = self.text
        # A row may begin with the letters data_ too, but it has more than one token.
        begins = [
            begin
            for begin in text.lines_with(b"data_")
            if len(split_tokens(text.line_at(begin))) == 1
        ]
        for number, begin in enumerate(begins, 1):
            yield StarBlock(text, begin, begins[number] if number < len(begins) else len(text))

    def _refuse_repeated_blocks(self) -> None:
        first: dict[str, StarBlock] = {}
        for block in self.blocks:
            earlier = first.setdefault(block.name, block)
            if earlier is block:
                continue
            lines = [self.text.line_number(one.begin) for one in (earlier, block)]
            raise InputError(
                f"The block data_{block.name} occurs twice, on lines {lines[0]} and {lines[1]}; "
                "block names must be unique.",
                path=self.path,
                location=f"line {lines[1]}",
                hint="Were two star files concatenated? Join them with RELION's Join star files "
                "job instead (relion_star_handler --combine).",
            )

    def block(self, name: str) -> StarBlock | None:
        """The first block ``data_<name>``, or None."""
        return next((block for block in self.blocks if block.name == name), None)


class StarBlock:
    """One ``data_`` block: the bytes from its header to the next one's."""

    def __init__(self, text: StarText, begin: int, end: int) -> None:
        self.text = text
        self.begin = begin
        self.end = end
        self.name = split_tokens(text.line_at(begin))[0].removeprefix("data_")

    @cached_property
    def _content(self) -> tuple[dict[str, str], StarLoop | None]:
        pairs: dict[str, str] = {}
        at = self.text.next_line(self.begin)
        while at < self.end:
            tokens = split_tokens(self.text.line_at(at))
            at = self.text.next_line(at)
            if tokens and tokens[0].lower() == "loop_":
                return pairs, StarLoop(self.text, self.name, at, self.end, keyword=tokens[0])
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
