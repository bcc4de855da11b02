"""The tiles that cover every pair i < j, the same whatever runs them."""

from __future__ import annotations

from dataclasses import dataclass

ROWS = 128
COLUMNS = 32


@dataclass(frozen=True)
class Tile:
    """Pairs of rows × columns; those with row ≥ column are not looked at."""

    rows: range
    columns: range

    @property
    def n_pairs(self) -> int:
        """Pairs with row < column."""
        return sum(max(0, min(j, self.rows.stop) - self.rows.start) for j in self.columns)


def tiles(n: int) -> list[Tile]:
    """Tiles over all pairs of ``n`` averages."""
    return [
        Tile(range(row, min(row + ROWS, n)), range(column, min(column + COLUMNS, n)))
        for row in range(0, n, ROWS)
        for column in range(row, n, COLUMNS)
        if column + COLUMNS > row + 1 and min(column + COLUMNS, n) - 1 > row
    ]
