"""Which particles stay, and why each of the others goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.model.arrays import BoolArray, IntArray

KEPT = "kept"
BALANCED = "balanced"
NOT_SELECTED = "class not selected"
NO_SUCH_AVERAGE = "no such average"
EMPTY_AVERAGE = "empty average"
JUNK = "junk"
REASONS = (KEPT, BALANCED, NOT_SELECTED, NO_SUCH_AVERAGE, EMPTY_AVERAGE, JUNK)
"""Why a particle stays or goes, by code in `Selection.reason`."""


@dataclass(frozen=True, eq=False)
class Selection:
    """Which particles stay; selected and excluded together are the input, always.

    Parameters
    ----------
    selected : bool (P,)
    reason : uint8 (P,)
        Index into `REASONS`.
    superclass : int64 (P,)
        Superclass of each candidate; −1 for a particle that was out before balancing.
    cap : int or None
        Largest superclass size allowed; None when balancing is off.
    before, after : int64 (K,)
        Particles of each superclass that were candidates, and that were kept.
    strategy : str
    options : mapping
    seed : int
    warnings, notes : tuple of str
    """

    selected: BoolArray
    reason: npt.NDArray[np.uint8]
    superclass: IntArray
    cap: int | None
    before: IntArray
    after: IntArray
    strategy: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.selected)

    def count(self, reason: str) -> int:
        """Number of particles with a reason from `REASONS`."""
        return int(np.count_nonzero(self.reason == REASONS.index(reason)))
