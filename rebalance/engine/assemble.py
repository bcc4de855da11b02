"""Tiles into a matrix: fills (j, i), the diagonal, the empties, and maps distances."""

from __future__ import annotations

from typing import Any

import numpy as np

from rebalance.engine.schedule import Tile
from rebalance.errors import PluginError
from rebalance.hookspecs import Block
from rebalance.model import Alignment, BoolArray, FloatArray

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
        if block.values.shape != shape:
            raise self._broken(f"gave a block of {block.values.shape} for a tile of {shape}")
        rows = np.arange(tile.rows.start, tile.rows.stop)
        columns = np.arange(tile.columns.start, tile.columns.stop)
        wanted = rows[:, None] < columns[None, :]
        values = block.values[wanted]
        if not np.isfinite(values).all():
            raise self._broken("gave values that are not finite")
        highest = np.inf if self.is_distance else 1.0
        if len(values) and (values.min() < 0.0 or values.max() > highest):
            raise self._broken(
                f"gave values from {values.min():g} to {values.max():g}, "
                f"expected {'at least 0' if self.is_distance else '0 to 1'}"
            )
        i, j = (index[wanted] for index in np.meshgrid(rows, columns, indexing="ij"))
        self.values[i, j] = values
        self.values[j, i] = values
        if block.rotation is not None and block.shift is not None and block.mirror is not None:
            if self.alignment is None:
                self.alignment = no_motion(self.n)
            at = self.alignment.index(i, j)
            self.alignment.rotation[at] = block.rotation[wanted]
            self.alignment.shift[at] = block.shift[wanted]
            self.alignment.mirror[at] = block.mirror[wanted]

    def _broken(self, what: str) -> PluginError:
        return PluginError(f"The metric {self.metric!r} {what}.", cure="Report it to its authors.")

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
    """The part of an alignment that a tile of the same averages covers."""
    rows = np.arange(tile.rows.start, tile.rows.stop)[:, None]
    columns = np.arange(tile.columns.start, tile.columns.stop)[None, :]
    wanted = rows < columns
    at = np.where(wanted, alignment.index(np.minimum(rows, columns - 1), columns), 0)
    return Block(
        values=np.zeros(wanted.shape, dtype=np.float32),
        rotation=alignment.rotation[at],
        shift=alignment.shift[at],
        mirror=alignment.mirror[at],
    )
