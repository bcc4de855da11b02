"""The tiles that cover every pair i < j, the same whatever runs them."""

from __future__ import annotations

from dataclasses import dataclass

TILE_SHAPE = (128, 32)
"""Rows and columns of a tile, unless a metric states ``tile_shapes`` for its device."""

TILES_IN_FLIGHT = 3
"""Tiles per thread in progress at a time; limits the memory of unread results."""


@dataclass(frozen=True)
class Tile:
    """Pairs of rows × columns; those with row ≥ column are not looked at."""

    rows: range
    columns: range

    @property
    def n_pairs(self) -> int:
        """Pairs with row < column."""
        return sum(max(0, min(j, self.rows.stop) - self.rows.start) for j in self.columns)


def tiles(n: int, shape: tuple[int, int] = TILE_SHAPE) -> list[Tile]:
    """Tiles of ``shape`` over all pairs of ``n`` averages."""
    height, width = shape
    return [
        Tile(range(row, min(row + height, n)), range(column, min(column + width, n)))
        for row in range(0, n, height)
        for column in range(row, n, width)
        if column + width > row + 1 and min(column + width, n) - 1 > row
    ]
