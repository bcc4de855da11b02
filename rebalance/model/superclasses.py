"""Sets of averages of similar view: as a clustering gives them, and as they are numbered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rebalance.model.arrays import DoubleArray, IntArray
from rebalance.model.in_a_notebook import shown_in_a_notebook

BY_CLUSTERING, BY_LABELS, BY_NONE = "clustering", "labels", "off"
"""What superclasses come from, in `Superclasses.by`."""

UNASSIGNED = -1
"""Label of a class average that is in no superclass (an empty one)."""


@dataclass(frozen=True, eq=False)
class ClusteringResult:
    """What a clustering plugin gives back, for the n averages that it was shown.

    Parameters
    ----------
    label : int64 (n,)
        Any distinct numbers; they are renumbered afterwards.
    linkage : float64 (n−1, 4), optional
        As in `scipy.cluster.hierarchy`: every number of clusters at once.
    order : int64 (n,), optional
        An order of the averages in which similar ones are neighbours.
    """

    label: IntArray
    linkage: DoubleArray | None = None
    order: IntArray | None = None


@dataclass(frozen=True, eq=False)
class Superclasses:
    """Sets of class averages of similar view, numbered 0… by falling particle count.

    Parameters
    ----------
    label : int64 (N,)
        Superclass of each average; −1 (`UNASSIGNED`) for empties and for those left out.
    class_id : int64 (N,)
    size : int64 (K,)
        Particles of each superclass; averages, where there are no particles.
    medoid : int64 (K,)
        Index of the average with the highest mean affinity to the rest of its superclass; of the
        one with most particles where no affinity is known.
    mean_affinity : float64 (K,)
        Mean affinity between pairs within; 1 for a superclass of one, NaN where none is known.
    clustering : str
        Name of the clustering.
    by : {"clustering", "labels", "off"}
        What they come from: a clustering, a person's own grouping, or superclassification off,
        each average by itself.
    options : mapping
        Its options after defaults.
    linkage : float64 (n−1, 4), optional
        Over the averages that are in a superclass, in order.
    order : int64 (N,)
        Indices of all averages sorted for display: by superclass, similar ones side by side,
        those in no superclass last.
    left_out : tuple of int
        Class numbers that a person chose to leave out; label −1 like the empties.
    junk : tuple of int
        Those of ``left_out`` that are left out as junk.
    notes : tuple of str
        What was decided on the way, one sentence each.
    """

    label: IntArray
    class_id: IntArray
    size: IntArray
    medoid: IntArray
    mean_affinity: DoubleArray
    order: IntArray
    clustering: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    linkage: DoubleArray | None = None
    left_out: tuple[int, ...] = ()
    junk: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    by: str = BY_CLUSTERING

    def __len__(self) -> int:
        return len(self.size)

    @property
    def is_off(self) -> bool:
        """Whether superclassification is off: each average by itself."""
        return self.by == BY_NONE

    def members(self, superclass: int) -> IntArray:
        """Indices of the averages of one superclass, in display order."""
        return self.order[self.label[self.order] == superclass]

    def __iter__(self) -> Iterator[IntArray]:
        return (self.members(number) for number in range(len(self)))

    def _repr_html_(self) -> str:
        return shown_in_a_notebook(self)
