"""Superclasses: as a clustering returns them, and as they are numbered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rebalance.display import Displayed
from rebalance.model.arrays import DoubleArray, IntArray
from rebalance.model.counting import counted
from rebalance.model.data_frames import data_frame, whole_numbers

if TYPE_CHECKING:
    from pandas import DataFrame

BY_CLUSTERING, BY_LABELS, BY_NONE = "clustering", "labels", "off"
"""How superclasses were made, in `Superclasses.by`."""

UNASSIGNED = -1
"""Label of a class average in no superclass: empty, without particles, or left out."""

SET_ASIDE = -2
"""Label of one in no superclass, whose particles stay."""


@dataclass(frozen=True, eq=False)
class ClusteringResult:
    """The result of a clustering plugin for n averages.

    Parameters
    ----------
    label : int64 (n,)
        One number per superclass; they are renumbered afterwards.
    linkage : float64 (n−1, 4), optional
        As in `scipy.cluster.hierarchy`.
    order : int64 (n,), optional
        An order with similar averages next to each other; by default from the linkage, or else
        from the affinity.
    """

    label: IntArray
    linkage: DoubleArray | None = None
    order: IntArray | None = None

    def __repr__(self) -> str:
        groups = counted(len(np.unique(self.label)), "cluster")
        return f"ClusteringResult({groups} of {counted(len(self.label), 'class average')})"


@dataclass(frozen=True, eq=False)
class Superclasses(Displayed):
    """Sets of class averages with similar views, numbered from 0, the largest first.

    They behave like a list of arrays of class numbers. A *row* is the position of a class average
    among all class averages, from 0. To look up images or affinities, use `member_rows` and
    `medoid_row`, which give rows instead of class numbers.

    Parameters
    ----------
    label : int64 (N,)
        Superclass of each average; −2 (`SET_ASIDE`) if in none, with particles kept, −1
        (`UNASSIGNED`) for others in none.
    class_id : int64 (N,)
        Class numbers of all averages.
    size : int64 (K,)
        Particles of each superclass; averages if there are no particles.
    medoid : int64 (K,)
        Class number of the most central average of each superclass: with the highest mean affinity
        to the others, or with most particles if the affinity is unknown.
    mean_affinity : float64 (K,)
        Mean affinity of pairs within; 1 for a superclass of one, NaN if unknown.
    clustering : str
        Name of the clustering.
    by : {"clustering", "labels", "off"}
        How they were made: by a clustering, from given labels, or superclassification off, with
        one average each.
    options : mapping
        Its options after defaults.
    linkage : float64 (n−1, 4), optional
        For the averages in superclasses, by row; its leaves are in the order below.
    order : int64 (N,)
        Rows of all averages, ordered by similarity: averages of a superclass are together, and
        similar superclasses are next to each other, whatever their numbers. Averages set aside
        follow, then the others, both by class number.
    left_out : tuple of int
        Class numbers left out on request; label −1, like empty averages.
    junk : tuple of int
        Those of ``left_out`` that are junk.
    notes : tuple of str
        Decisions on the way, one sentence each.
    n_particles : int64 (N,), optional
        Particles of each average, as given to `rebalance.cluster`.
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
    n_particles: IntArray | None = None

    def __post_init__(self) -> None:
        unknown = self.medoid[~np.isin(self.medoid, self.class_id)]
        if len(unknown):
            raise ValueError(f"medoid must contain class numbers; {unknown[0]} is not one")

    def __len__(self) -> int:
        return len(self.size)

    def __repr__(self) -> str:
        groups = counted(len(self), "superclass", "superclasses")
        used = counted(int(np.count_nonzero(self.label >= 0)), "class average")
        aside = f", {len(self.set_aside):,} set aside" if self.set_aside else ""
        how = f", {self.clustering}" if self.clustering else ""
        return f"Superclasses({groups} of {used}{aside}{how})"

    @property
    def is_off(self) -> bool:
        """Whether superclassification is off: one average each."""
        return self.by == BY_NONE

    @cached_property
    def set_aside(self) -> tuple[int, ...]:
        """Class numbers of the averages that are set aside, increasing."""
        return tuple(sorted(self.class_id[self.label == SET_ASIDE].tolist()))

    @cached_property
    def medoid_row(self) -> IntArray:
        """int64 (K,): rows of the medoids."""
        by_number = np.argsort(self.class_id)
        return by_number[np.searchsorted(self.class_id, self.medoid, sorter=by_number)]

    def members(self, superclass: int) -> IntArray:
        """Class numbers of the averages of one superclass, similar ones side by side."""
        return self.class_id[self.member_rows(superclass)]

    def member_rows(self, superclass: int) -> IntArray:
        """Rows of the averages of one superclass, similar ones side by side."""
        return self.order[self.label[self.order] == superclass]

    def __iter__(self) -> Iterator[IntArray]:
        return (self.members(number) for number in range(len(self)))

    def to_dataframe(self) -> DataFrame:
        """A row for each class average, with names of columns as in `superclasses.csv`.

        Returns
        -------
        pandas.DataFrame
            ``class_id``, ``superclass`` (−1 for none, −2 for none but set aside), ``particles``
            where known, ``medoid`` (the class number of the medoid of its superclass, blank for
            none), ``is_medoid``, ``superclass_mean_affinity``, ``left_out``, ``junk``,
            ``set_aside``.

        Raises
        ------
        RebalanceError
            If pandas can't be imported.
        """
        grouped = self.label >= 0
        medoid = np.zeros(len(self.label), dtype=np.int64)
        medoid[grouped] = self.medoid[self.label[grouped]]
        mean_affinity = np.full(len(self.label), np.nan)
        mean_affinity[grouped] = self.mean_affinity[self.label[grouped]]
        columns: dict[str, Any] = {"class_id": self.class_id, "superclass": self.label}
        if self.n_particles is not None:
            columns["particles"] = self.n_particles
        columns |= {
            "medoid": whole_numbers(medoid, grouped),
            "is_medoid": np.isin(self.class_id, self.medoid),
            "superclass_mean_affinity": mean_affinity,
            "left_out": np.isin(self.class_id, self.left_out),
            "junk": np.isin(self.class_id, self.junk),
            "set_aside": self.label == SET_ASIDE,
        }
        return data_frame(columns)
