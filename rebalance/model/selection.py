"""Which particles are kept, and why each of the others is dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rebalance.display import Displayed
from rebalance.model.arrays import BoolArray, IntArray
from rebalance.model.data_frames import categories, data_frame

if TYPE_CHECKING:
    from pandas import DataFrame

KEPT = "kept"
BALANCED = "balanced"
NOT_SELECTED = "class not selected"
NO_SUCH_AVERAGE = "no such average"
EMPTY_AVERAGE = "empty average"
JUNK = "junk"
NO_ORIENTATION = "no orientation"
REASONS = (KEPT, BALANCED, NOT_SELECTED, NO_SUCH_AVERAGE, EMPTY_AVERAGE, JUNK, NO_ORIENTATION)
"""Why a particle was kept or dropped, by code in `Selection.reason`."""


def _nothing() -> IntArray:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Selection(Displayed):
    """Which particles are kept. Selected and excluded particles together are always the input.

    Parameters
    ----------
    selected : bool (P,)
    reason : uint8 (P,)
        Index into `REASONS`.
    superclass : int64 (P,)
        Superclass of each candidate; −2 for one in a class that is set aside, −1 for a particle
        excluded before balancing. If other groups were balanced, such as bins of viewing
        directions (`rebalance.strategies.select_by_group`), they take the place of superclasses
        here and below.
    cap : int or None
        Largest superclass size allowed; None if nothing is balanced.
    before, after : int64 (K,)
        Candidates in each superclass, and particles kept.
    is_small : bool (K,), optional
        Superclasses too small to decide the cap; by default none.
    cap_from : int
        Particles that a superclass needs to decide the cap; 0 if each decides.
    set_aside : int64 (M,), optional
        Class numbers that are set aside and have candidates; by default none.
    aside_before, aside_after : int64 (M,), optional
        Candidates in each of them, and particles kept.
    strategy : str
    options : mapping
    seed : int
    warnings, notes : tuple of str
    class_id : int64 (P,), optional
        Class number of each particle, as `rebalance.select` gives it.
    group_name : str
        What a group is called: ``superclass``, or for example ``bin``.
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
    class_id: IntArray | None = None
    is_small: BoolArray | None = None
    cap_from: int = 0
    set_aside: IntArray = field(default_factory=_nothing)
    aside_before: IntArray = field(default_factory=_nothing)
    aside_after: IntArray = field(default_factory=_nothing)
    group_name: str = "superclass"

    def __len__(self) -> int:
        return len(self.selected)

    def __repr__(self) -> str:
        kept = int(np.count_nonzero(self.selected))
        balance = "not balanced" if self.cap is None else f"cap {self.cap:,}"
        return f"Selection({kept:,} of {len(self):,} particles, {balance})"

    @property
    def decides(self) -> BoolArray:
        """bool (K,): superclasses large enough to decide the cap."""
        small = self.is_small
        return np.ones(len(self.before), dtype=np.bool_) if small is None else ~small

    def count(self, reason: str) -> int:
        """Number of particles with a reason from `REASONS`."""
        return int(np.count_nonzero(self.reason == REASONS.index(reason)))

    def to_dataframe(self) -> DataFrame:
        """A row for each particle, in the order of the particle table.

        Returns
        -------
        pandas.DataFrame
            ``class_id`` if known, ``superclass`` (−2 for a class that is set aside, −1 if excluded
            before balancing), ``selected``, and ``reason``, a categorical of `REASONS`.

        Raises
        ------
        RebalanceError
            If pandas can't be imported.
        """
        columns: dict[str, Any] = {} if self.class_id is None else {"class_id": self.class_id}
        columns |= {
            "superclass": self.superclass,
            "selected": self.selected,
            "reason": categories(self.reason, REASONS),
        }
        return data_frame(columns)
