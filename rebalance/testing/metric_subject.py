"""A metric under test: its options, what it requires, and the values of small sets of images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from rebalance.contracts import ALIGNMENT, Block
from rebalance.engine.assemble import no_motion
from rebalance.engine.requirements import handed_down, required
from rebalance.engine.schedule import Tile
from rebalance.engine.tile_work import TileWork
from rebalance.model import BoolArray, ClassAverages, DoubleArray, FloatArray
from rebalance.testing.common_checks import Subject
from rebalance.testing.example_images import averages_of, some_images
from rebalance.testing.outcome import require

PARTS = ("values", "rotation", "shift", "mirror")
"""The arrays of a `Block`."""


@dataclass(frozen=True, eq=False)
class Compared:
    """All pairs of a few averages, computed as one tile.

    Parameters
    ----------
    work : TileWork
        Computes any other tile of the same averages.
    block : Block
        Of all rows and columns; only row < column counts.
    n : int
    """

    work: TileWork
    block: Block
    n: int

    @property
    def above(self) -> BoolArray:
        """bool (n, n): row < column."""
        return np.triu(np.ones((self.n, self.n), dtype=np.bool_), 1)

    def part(self, tile: Tile) -> Block:
        """What the block has of a smaller tile."""
        rows = slice(tile.rows.start, tile.rows.stop)
        columns = slice(tile.columns.start, tile.columns.stop)
        arrays = (getattr(self.block, name) for name in PARTS)
        return Block(*(None if array is None else array[rows, columns] for array in arrays))  # type: ignore[arg-type]

    @property
    def pairs(self) -> FloatArray:
        """Values of the pairs i < j, in order of row."""
        return np.asarray(self.block.values)[self.above]


class MetricSubject(Subject):
    """What the checks of a metric are given.

    Parameters
    ----------
    written : Metric
    name : str
    given : mapping, optional
        Options; by default those of the metric.
    provides : tuple of str
        What its `PluginSpec` says that it provides.
    """

    kind = "metric"

    def __init__(
        self,
        written: Any,
        name: str,
        given: Mapping[str, Any] | None = None,
        provides: tuple[str, ...] = (),
    ) -> None:
        super().__init__(written, name, given)
        self.provides = provides

    def fresh_work(self, averages: ClassAverages, options: Any = None) -> TileWork:
        """Prepare averages, and compute what the metric requires of them."""
        import rebalance

        options = self.options if options is None else options
        alignment = None
        others = {}
        for word in self.plugin.requirements(options):
            other = required(word)
            model = other.load().options_model
            needed = rebalance.affinity(
                averages,
                other.name,
                options=handed_down(options, model, other.name),
                threads=1,
                device="cpu",
            )
            if word.partition(":")[0] == ALIGNMENT:
                alignment = needed.alignment or no_motion(len(averages))
            else:
                others[word] = needed.values
        features = self.plugin.prepare(averages, options, "cpu")
        return TileWork(self.plugin, features, alignment, others)

    def compare(self, images: FloatArray | ClassAverages, options: Any = None) -> Compared:
        """All pairs of some images, in one tile."""
        averages = images if isinstance(images, ClassAverages) else averages_of(images)
        work = self.fresh_work(averages, options)
        n = len(averages)
        return Compared(work, as_block(work(Tile(range(n), range(n)))), n)

    @cached_property
    def base(self) -> Compared:
        """All pairs of the kit's own averages; see `rebalance.testing.example_images`."""
        return self.compare(some_images())

    @property
    def gives_distances(self) -> bool:
        return bool(self.plugin.returns == "distance")

    @cached_property
    def _median(self) -> float:
        pairs = self.base.pairs
        median = float(np.median(np.abs(pairs))) if np.isfinite(pairs).all() else 1.0
        return median if median > 0 else 1.0

    def affinities(self, values: FloatArray) -> DoubleArray:
        """Values as affinities, in which tolerances are counted: distances as the engine maps them.

        The scale of distances is the median of the kit's own averages.
        """
        exact = np.asarray(values, dtype=np.float64)
        return np.exp(-exact / self._median) if self.gives_distances else exact

    def within(self, tolerance: float) -> str:
        """A tolerance in words."""
        how = f" as exp(-distance / {self._median:.3g})" if self.gives_distances else ""
        return f"within {tolerance:g}{how}"


def as_block(given: Any) -> Block:
    """What tile() gave, held to be a block of an array."""
    require(
        isinstance(given, Block),
        f"tile() gave {type(given).__name__}, expected a Block, as in Block(values).",
    )
    require(
        isinstance(given.values, np.ndarray),
        f"values are {type(given.values).__name__}, expected an array, float32 (rows, columns).",
    )
    block: Block = given
    return block


def first_difference(expected: Block, tile: Tile, block: Block) -> str | None:
    """The first pair of a tile whose bytes in two blocks of it are not the same, in words."""
    looked_at = np.asarray(tile.rows)[:, None] < np.asarray(tile.columns)[None, :]
    for part in PARTS:
        wanted, found = getattr(expected, part), getattr(block, part)
        if (wanted is None) != (found is None):
            return f"{_name(tile)} has {'no' if found is None else 'a'} {part}, otherwise"
        if wanted is None:
            continue
        wanted, found = np.asarray(wanted), np.asarray(found)
        if found.shape != wanted.shape:
            return f"{_name(tile)} has {part} of shape {found.shape}, {wanted.shape}"
        differs = _bytes_differ(wanted, found) & looked_at
        if differs.any():
            i, j = np.argwhere(differs)[0]
            pair = (int(i) + tile.rows.start, int(j) + tile.columns.start)
            return f"pair {pair}: {part} {_shown(found[i, j])}, {_shown(wanted[i, j])}"
    return None


def _bytes_differ(first: Any, second: Any) -> BoolArray:
    # NaN is like NaN here; that it is no value is for another check to say.
    same = (first == second) | ((first != first) & (second != second))
    while same.ndim > 2:
        same = same.all(axis=-1)
    return ~same


def _shown(value: Any) -> str:
    return np.array2string(np.asarray(value), precision=9)


def _name(tile: Tile) -> str:
    return (
        f"tile of rows {tile.rows.start}–{tile.rows.stop - 1}, "
        f"columns {tile.columns.start}–{tile.columns.stop - 1}"
    )
