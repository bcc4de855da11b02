"""Metrics that count their tiles, for the tests of what happens when a run is interrupted.

Their version stands for that of an installed package: without one nothing is kept.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from rebalance.contracts import Block
from rebalance.metrics.frc import FourierRingCorrelation
from rebalance.metrics.rotational_cc import RotationalCC
from rebalance.model import Affinity, ClassAverages

N, BOX = 150, 16
"""Nine tiles, of two rows."""


def noise(n: int = N) -> ClassAverages:
    """Class averages of noise: nothing is alike, so no value is like another."""
    images = np.random.default_rng(7).normal(size=(n, BOX, BOX))
    return ClassAverages(images.astype(np.float32), np.arange(1, n + 1))


def digest(affinity: Affinity) -> str:
    """Of everything that tiles decide."""
    content = hashlib.sha256(affinity.values.tobytes())
    if affinity.alignment is not None:
        for part in (
            affinity.alignment.rotation,
            affinity.alignment.shift,
            affinity.alignment.mirror,
        ):
            content.update(part.tobytes())
    return content.hexdigest()


class Counted(RotationalCC):
    """The search, with a list of the tiles computed; after ``stop_after`` it computes no more."""

    version: ClassVar[str] = "1"
    # Tiles of the usual shape, so that a few averages make several.
    tile_shapes: ClassVar[Mapping[str, tuple[int, int]]] = {}

    def __init__(self, stop_after: float = np.inf) -> None:
        self.stop_after = stop_after
        self.tiles: list[tuple[range, range]] = []
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[Counted], tuple[float]]:
        return type(self), (self.stop_after,)

    def tile(self, features: Any, rows: range, columns: range, **given: Any) -> Block:
        with self._lock:
            is_stuck = len(self.tiles) >= self.stop_after
            if not is_stuck:
                self.tiles.append((rows, columns))
        if is_stuck:
            threading.Event().wait()
        return super().tile(features, rows, columns, **given)


class Frc(FourierRingCorrelation):
    """Ring correlations by a metric that is installed nowhere."""
