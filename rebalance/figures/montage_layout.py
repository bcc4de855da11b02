"""Where everything in a montage goes: blocks of tiles on shelves, shelves on pages. No drawing.

A superclass is a block: a heading and a grid of tiles. Blocks stand on shelves from left to
right and from top to bottom, in the order of their numbers, like words on lines; the number of
tile rows of each shelf is chosen so that the page is as low as it can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log


@dataclass(frozen=True)
class Sizes:
    """Lengths in inches."""

    tile: float
    label: float
    gap: float = 0.06
    heading: float = 0.34
    between: float = 0.2

    @property
    def pitch(self) -> float:
        """From one tile to the next in a row."""
        return self.tile + self.gap

    @property
    def row(self) -> float:
        """From one row of tiles to the next."""
        return self.tile + self.label + self.gap

    def block_height(self, rows: int) -> float:
        """A block of so many rows of tiles, with its heading."""
        return self.heading + rows * self.row


@dataclass(frozen=True)
class Block:
    """What must be placed: the tiles of one superclass, or a part of them.

    Parameters
    ----------
    superclass : int
    first, count : int
        Which of its members, in display order.
    heading_width : float
        Inches that the heading needs.
    """

    superclass: int
    first: int
    count: int
    heading_width: float


@dataclass(frozen=True)
class Place:
    """A block with its upper left corner in inches from that of the page, and its columns."""

    block: Block
    left: float
    top: float
    columns: int


@dataclass(frozen=True)
class Page:
    """Blocks on one page, and the inches that they fill."""

    places: tuple[Place, ...]
    width: float
    height: float


def paginate(
    blocks: Sequence[Block],
    sizes: Sizes,
    *,
    aspect: float = 1.25,
    max_width: float = 13.5,
    max_height: float = 20.0,
) -> list[Page]:
    """Place all blocks, on one page if it can hold them.

    Parameters
    ----------
    blocks : sequence of Block
        At least one.
    sizes : Sizes
    aspect : float
        Width ÷ height that a single page should come near.
    max_width, max_height : float
        Inches.

    Returns
    -------
    list of Page
    """
    total = sum(block.count for block in blocks)
    widest = max(block.heading_width for block in blocks)
    most_columns = max(1, int((max_width + sizes.gap) / sizes.pitch))
    best: tuple[float, list[_Shelf], float] | None = None
    for columns in sorted({min(total, most_columns, c) for c in _candidates(most_columns)}):
        width = max(columns * sizes.pitch - sizes.gap, widest)
        shelves = _shelve(_split(blocks, columns, sizes, max_height), width, sizes)
        height = sum(shelf.height(sizes) + sizes.between for shelf in shelves) - sizes.between
        filled = max(shelf.width(sizes) for shelf in shelves)
        # Page area counts, its shape counts, and one page beats two.
        score = log(filled * height) + abs(log(filled / height / aspect))
        score += 10 * (height > max_height)
        if best is None or score < best[0]:
            best = score, shelves, width
    assert best is not None
    _, shelves, width = best
    if sum(shelf.height(sizes) + sizes.between for shelf in shelves) > max_height + sizes.between:
        width = max(most_columns * sizes.pitch - sizes.gap, widest)
        shelves = _shelve(_split(blocks, most_columns, sizes, max_height), width, sizes)
    return _pages(shelves, sizes, max_height)


@dataclass(frozen=True)
class _Shelf:
    blocks: tuple[Block, ...]
    rows: int

    def height(self, sizes: Sizes) -> float:
        return sizes.block_height(min(self.rows, max(self._rows_of(b) for b in self.blocks)))

    def width(self, sizes: Sizes) -> float:
        widths = (_width(block, self.rows, sizes) for block in self.blocks)
        return sum(widths) + sizes.between * (len(self.blocks) - 1)

    def _rows_of(self, block: Block) -> int:
        return ceil(block.count / ceil(block.count / self.rows))


def _candidates(most: int) -> list[int]:
    step = max(1, most // 12)
    return list(range(min(3, most), most + step, step))


def _width(block: Block, rows: int, sizes: Sizes) -> float:
    return max(ceil(block.count / rows) * sizes.pitch - sizes.gap, block.heading_width)


def _split(blocks: Sequence[Block], columns: int, sizes: Sizes, max_height: float) -> list[Block]:
    most = columns * max(1, int((max_height - sizes.heading) / sizes.row))
    return [
        Block(block.superclass, block.first + at, min(most, block.count - at), block.heading_width)
        for block in blocks
        for at in range(0, block.count, most)
    ]


def _shelve(blocks: Sequence[Block], width: float, sizes: Sizes) -> list[_Shelf]:
    """Break the row of blocks into shelves of least total height (dynamic programming)."""
    n = len(blocks)
    columns = max(1, int((width + sizes.gap + 1e-6) / sizes.pitch))
    lowest = [0.0] * (n + 1)
    shelf_at: list[_Shelf | None] = [None] * n
    for start in range(n - 1, -1, -1):
        least = ceil(blocks[start].count / columns)
        lowest[start] = float("inf")
        for rows in range(least, least + 6):
            end, filled = start, 0.0
            while end < n:
                filled += _width(blocks[end], rows, sizes) + (sizes.between if end > start else 0)
                if end > start and filled > width + 1e-6:
                    break
                end += 1
            shelf = _Shelf(tuple(blocks[start:end]), rows)
            height = shelf.height(sizes) + sizes.between + lowest[end]
            if height < lowest[start] - 1e-9:
                lowest[start], shelf_at[start] = height, shelf
    shelves, start = [], 0
    while start < n:
        chosen = shelf_at[start]
        assert chosen is not None
        shelves.append(chosen)
        start += len(chosen.blocks)
    return shelves


def _pages(shelves: Sequence[_Shelf], sizes: Sizes, max_height: float) -> list[Page]:
    pages: list[Page] = []
    places: list[Place] = []
    top = width = 0.0
    for shelf in shelves:
        height = shelf.height(sizes)
        if places and top + height > max_height:
            pages.append(Page(tuple(places), width, top - sizes.between))
            places, top, width = [], 0.0, 0.0
        left = 0.0
        for block in shelf.blocks:
            places.append(Place(block, left, top, ceil(block.count / shelf.rows)))
            left += _width(block, shelf.rows, sizes) + sizes.between
        width = max(width, left - sizes.between)
        top += height + sizes.between
    pages.append(Page(tuple(places), width, top - sizes.between))
    return pages
