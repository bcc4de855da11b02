"""Tiles into a matrix: fills (j, i), the diagonal, the empties, and maps distances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from rebalance.contracts import Block
from rebalance.engine.schedule import Tile
from rebalance.errors import PluginError
from rebalance.model import Alignment, BoolArray, FloatArray

ROUNDING = 1e-5
"""How far out of range a value may be and still count as the limit."""

DISTANCE_MAP = "exp(-distance / median)"


class Assembly:
    """Collects the blocks of n averages, in any order.

    Parameters
    ----------
    n : int
        Non-empty averages.
    metric : str
        For errors.
    returns : {"affinity", "distance"}
    """

    def __init__(self, n: int, metric: str, returns: str) -> None:
        self.n = n
        self.metric = metric
        self.is_distance = returns == "distance"
        self.values = np.zeros((n, n), dtype=np.float32)
        self.alignment: Alignment | None = None

    def add(self, tile: Tile, block: Block) -> None:
        """Put one block in its place.

        Raises
        ------
        PluginError
            If the metric gave a block of another shape, values that are not finite, or out of
            range.
        """
        shape = (len(tile.rows), len(tile.columns))
        if not isinstance(block, Block):
            raise self._broken(f"gave {type(block).__name__} for a tile, expected Block")
        if block.values.shape != shape:
            raise self._broken(f"gave a block of {block.values.shape} for a tile of {shape}")
        is_whole = tile.rows.stop <= tile.columns.start
        values = block.values if is_whole else block.values[_wanted(tile)]
        if not np.isfinite(values).all():
            raise self._broken("gave values that are not finite")
        highest = np.inf if self.is_distance else 1.0
        if values.size and (values.min() < -ROUNDING or values.max() > highest + ROUNDING):
            raise self._broken(
                f"gave values from {values.min():.9g} to {values.max():.9g}, "
                f"expected {'at least 0' if self.is_distance else '0 to 1'}"
            )
        for row, i, j, _ in _pieces(tile, self.n):
            clipped = np.clip(block.values[row], 0.0, highest)
            self.values[i, j] = clipped
            self.values[j, i] = clipped
        if block.rotation is not None and block.shift is not None and block.mirror is not None:
            for name, expected in (("rotation", shape), ("shift", (*shape, 2)), ("mirror", shape)):
                part = getattr(block, name)
                if part.shape != expected:
                    raise self._broken(f"gave a {name} of {part.shape}, expected {expected}")
                wanted = part if is_whole else part[_wanted(tile)]
                if not np.isfinite(wanted).all():
                    raise self._broken(f"gave a {name} that is not finite")
            if self.alignment is None:
                self.alignment = no_motion(self.n)
            for row, _, _, at in _pieces(tile, self.n):
                self.alignment.rotation[at] = block.rotation[row]
                self.alignment.shift[at] = block.shift[row]
                self.alignment.mirror[at] = block.mirror[row]

    def _broken(self, what: str) -> PluginError:
        return PluginError(
            f"The metric {self.metric!r} {what}.", hint="Report it to the authors of the metric."
        )

    def finish(self) -> tuple[FloatArray, FloatArray | None, dict[str, Any]]:
        """Affinity, the raw distances where there are any, and how these were mapped."""
        if not self.is_distance:
            np.fill_diagonal(self.values, 1.0)
            return self.values, None, {}
        off_diagonal = self.values[np.triu_indices(self.n, 1)]
        scale = float(np.median(off_diagonal)) if len(off_diagonal) else 1.0
        scale = scale if scale > 0 else 1.0
        mapped = np.exp(-self.values / np.float32(scale)).astype(np.float32)
        np.fill_diagonal(mapped, 1.0)
        return mapped, self.values, {"distance_map": DISTANCE_MAP, "distance_scale": scale}


def no_motion(n: int) -> Alignment:
    """The alignment of n averages in which nothing moves."""
    pairs = n * (n - 1) // 2
    return Alignment(
        np.zeros(pairs, dtype=np.float32),
        np.zeros((pairs, 2), dtype=np.float32),
        np.zeros(pairs, dtype=np.bool_),
        n,
    )


def spread_matrix(values: FloatArray, is_empty: BoolArray, diagonal: float) -> FloatArray:
    """From the non-empty averages to all: rows of empties are 0 off the diagonal."""
    full = np.zeros((len(is_empty), len(is_empty)), dtype=np.float32)
    used = np.flatnonzero(~is_empty)
    full[np.ix_(used, used)] = values
    np.fill_diagonal(full, diagonal)
    return full


def spread_alignment(alignment: Alignment, is_empty: BoolArray) -> Alignment:
    """From the non-empty averages to all: pairs with an empty do not move."""
    used = np.flatnonzero(~is_empty)
    if len(used) == len(is_empty):
        return alignment
    full = no_motion(len(is_empty))
    i, j = np.triu_indices(len(used), 1)
    at = full.index(used[i], used[j])
    full.rotation[at] = alignment.rotation
    full.shift[at] = alignment.shift
    full.mirror[at] = alignment.mirror
    return full


def tile_of_alignment(alignment: Alignment, tile: Tile) -> Block:
    """The part of an alignment that a tile of the same averages covers; elsewhere nothing moves."""
    shape = (len(tile.rows), len(tile.columns))
    rotation = np.zeros(shape, dtype=np.float32)
    shift = np.zeros((*shape, 2), dtype=np.float32)
    mirror = np.zeros(shape, dtype=np.bool_)
    for row, _, _, at in _pieces(tile, alignment.n):
        rotation[row] = alignment.rotation[at]
        shift[row] = alignment.shift[at]
        mirror[row] = alignment.mirror[at]
    return Block(np.zeros(shape, dtype=np.float32), rotation, shift, mirror)


def _wanted(tile: Tile) -> BoolArray:
    """Which pairs of a tile have row < column."""
    rows, columns = np.ix_(tile.rows, tile.columns)
    return np.asarray(rows < columns)


def _pieces(tile: Tile, n: int) -> Iterator[tuple[tuple[int, slice], int, slice, slice]]:
    """The pairs i < j of a tile, a row at a time: each is one piece of every array.

    Yields
    ------
    row : tuple of int and slice
        Their place in the arrays of the block.
    i, j : int, slice
        Their place in the matrix.
    at : slice
        Their place in condensed arrays, as `Alignment.index` has it.
    """
    for i in tile.rows:
        first = max(i + 1, tile.columns.start)
        if first >= tile.columns.stop:
            continue
        start = i * (2 * n - i - 1) // 2 + first - i - 1
        row = (i - tile.rows.start, slice(first - tile.columns.start, None))
        yield (
            row,
            i,
            slice(first, tile.columns.stop),
            slice(start, start + tile.columns.stop - first),
        )
