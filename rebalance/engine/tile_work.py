"""What a tile needs, wherever it is computed: the metric, its features, and what it asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rebalance.contracts import Block
from rebalance.engine.assemble import tile_of_alignment
from rebalance.engine.schedule import Tile
from rebalance.kernels.compiled_code import keep_by_sources
from rebalance.model import Alignment, FloatArray
from rebalance.plugin_validation import implementation


@dataclass(frozen=True, eq=False)
class TileWork:
    """The same for every tile; called with a tile, it computes that.

    Parameters
    ----------
    metric : Metric
    features : object
        What ``metric.prepare`` gave; picklable.
    alignment : Alignment, optional
        Of the averages that are compared, where the metric asks for it.
    others : mapping of str to float32 (n, n)
        Affinities of other metrics that it asks for.
    """

    metric: Any
    features: Any
    alignment: Alignment | None = None
    others: Mapping[str, FloatArray] = field(default_factory=dict)

    def given(self, tile: Tile) -> dict[str, Any]:
        """The part of ``alignment`` and ``others`` that one tile covers."""
        given: dict[str, Any] = {}
        if self.alignment is not None:
            given["alignment"] = tile_of_alignment(self.alignment, tile)
        if self.others:
            rows = slice(tile.rows.start, tile.rows.stop)
            columns = slice(tile.columns.start, tile.columns.stop)
            given["others"] = {name: values[rows, columns] for name, values in self.others.items()}
        return given

    def __call__(self, tile: Tile) -> Block:
        # A worker may load the metric's package here.
        keep_by_sources(type(implementation(self.metric)).__module__)
        block: Block = self.metric.tile(self.features, tile.rows, tile.columns, **self.given(tile))
        return block
