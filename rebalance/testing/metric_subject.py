"""A metric under test: its options, what it requires, and the values of small sets of images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from rebalance.engine.assemble import no_motion
from rebalance.engine.requirements import handed_down, required, requirements
from rebalance.engine.schedule import Tile
from rebalance.engine.work import TileWork
from rebalance.hookspecs import ALIGNMENT, Block
from rebalance.model import BoolArray, ClassAverages, FloatArray
from rebalance.testing.objects import averages_of, some_images
from rebalance.testing.option_checks import options_of

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

    @property
    def pairs(self) -> FloatArray:
        """Values of the pairs i < j, in order of row."""
        return np.asarray(self.block.values)[self.above]


class MetricSubject:
    """What the checks of a metric are given.

    Parameters
    ----------
    plugin : Metric
    name : str
    given : dict, optional
        Options; by default those of the metric.
    """

    kind = "metric"

    def __init__(self, plugin: Any, name: str, given: dict[str, Any] | None = None) -> None:
        self.plugin = plugin
        self.name = name
        self.given = given

    @cached_property
    def options(self) -> Any:
        """Its options, validated."""
        return options_of(self.plugin, self.given, f"{self.kind} {self.name}")

    def fresh_work(self, averages: ClassAverages, options: Any = None) -> TileWork:
        """Prepare averages, and compute what the metric requires of them."""
        import rebalance

        options = self.options if options is None else options
        alignment = None
        others = {}
        for word in requirements(self.plugin, options):
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
        return Compared(work, work(Tile(range(n), range(n))), n)

    @cached_property
    def base(self) -> Compared:
        """All pairs of the kit's own averages; see `rebalance.testing.objects`."""
        return self.compare(some_images())

    @cached_property
    def scale(self) -> float:
        """What a tolerance is a part of: 1 for an affinity, the median of distances."""
        if getattr(self.plugin, "returns", "") != "distance":
            return 1.0
        pairs = self.base.pairs
        median = float(np.median(np.abs(pairs))) if np.isfinite(pairs).all() else 1.0
        return median if median > 0 else 1.0

    @property
    def best(self) -> float:
        """The value of two images that are the same."""
        return 0.0 if getattr(self.plugin, "returns", "") == "distance" else 1.0


def cut(n: int, shape: tuple[int, int], *, backwards: bool = False) -> list[Tile]:
    """Tiles of a shape over all pairs of n averages, in the engine's order or against it."""
    from rebalance.engine.schedule import tiles

    found = tiles(n, shape)
    return found[::-1] if backwards else found


def first_difference(whole: Compared, tile: Tile, block: Block) -> str | None:
    """The first pair of a tile whose bytes are not those of the whole, in words."""
    rows = slice(tile.rows.start, tile.rows.stop)
    columns = slice(tile.columns.start, tile.columns.stop)
    looked_at = whole.above[rows, columns]
    for part in PARTS:
        expected, found = getattr(whole.block, part), getattr(block, part)
        if (expected is None) != (found is None):
            return f"{_name(tile)} has {'no' if found is None else 'a'} {part}"
        if expected is None:
            continue
        expected, found = np.asarray(expected)[rows, columns], np.asarray(found)
        if found.shape != expected.shape:
            return f"{_name(tile)} has {part} of shape {found.shape}, expected {expected.shape}"
        differs = _bytes_differ(expected, found) & looked_at
        if differs.any():
            i, j = np.argwhere(differs)[0]
            pair = (int(i) + tile.rows.start, int(j) + tile.columns.start)
            return f"pair {pair}: {part} {_shown(found[i, j])}, expected {_shown(expected[i, j])}"
    return None


def tile_by_tile(compared: Compared, tiles: Sequence[Tile]) -> list[tuple[Tile, Block]]:
    """The blocks of tiles, computed one after the other."""
    return [(tile, compared.work(tile)) for tile in tiles]


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
