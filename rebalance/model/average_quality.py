"""Which averages look like no view: one verdict each, by what every source has to say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rebalance.model.arrays import BoolArray, DoubleArray, IntArray
from rebalance.model.counting import counted
from rebalance.model.data_frames import data_frame, whole_numbers

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, eq=False)
class Evidence:
    """What one source says of class averages: the picture, the likeness to others, a program.

    Parameters
    ----------
    source : str
        A name: ``picture``, ``isolation``, …
    words : tuple of tuple of str
        What speaks against each average; empty where nothing does.
    names : bool
        Whether that is enough to name an average. What is not, such as being alone, is said of one
        that another source names.
    short : str
        Of those it names, in a sentence that counts them: ``by their picture``.
    clears : bool (N,), optional
        Averages that this source vouches for: none of the sources that only measure names them.
    is_measured : bool
        Whether it is a measurement of our own; else it is a verdict that came with the data.
    note : str
        What a person should know of the source; a sentence.
    """

    source: str
    words: tuple[tuple[str, ...], ...]
    names: bool = True
    short: str = ""
    clears: BoolArray | None = None
    is_measured: bool = True
    note: str = ""

    @property
    def speaks_against(self) -> BoolArray:
        """bool (N,)."""
        return np.array([bool(said) for said in self.words], dtype=np.bool_)


@dataclass(frozen=True, eq=False)
class AverageQuality:
    """What is known of the quality of class averages, and which are suspected of being junk.

    Parameters
    ----------
    class_id : int64 (N,)
    is_scored : bool (N,)
        False for empties and those left out.
    measures : mapping of str to float64 (N,)
        ``contrast``, ``structure``, ``middle`` and ``level`` of the picture
        (`rebalance.imaging.pictures`), ``highest_affinity`` and ``median_affinity`` with the
        others, ``nearest_affinity``, the mean of the four highest; NaN where not judged or not
        known.
    points : mapping of str to float64 (N,)
        What speaks against the picture: ``strong``, ``bright``, ``flat``, ``dim`` and ``level``,
        likewise; from one point on an average is suspected.
    evidence : tuple of Evidence
        Of every source that was asked.
    n_particles : int64 (N,), optional
    resolution : float64 (N,), optional
        Å, as read.
    """

    class_id: IntArray
    is_scored: BoolArray
    measures: Mapping[str, DoubleArray]
    points: Mapping[str, DoubleArray]
    evidence: tuple[Evidence, ...] = ()
    n_particles: IntArray | None = None
    resolution: DoubleArray | None = None

    def __repr__(self) -> str:
        averages = counted(len(self.class_id), "class average")
        return f"AverageQuality({averages}, {len(self.suspects):,} suspected)"

    def named_by(self, evidence: Evidence) -> BoolArray:
        """bool (N,): averages that one source names."""
        named = evidence.speaks_against & self.is_scored
        if not evidence.names:
            return np.zeros_like(named)
        for other in self.evidence if evidence.is_measured else ():
            if other.clears is not None:
                named &= ~other.clears
        return named

    @cached_property
    def is_suspected(self) -> BoolArray:
        """bool (N,): named by any source."""
        named = np.zeros(len(self.class_id), dtype=np.bool_)
        for evidence in self.evidence:
            named |= self.named_by(evidence)
        return named

    @cached_property
    def reasons(self) -> tuple[tuple[str, ...], ...]:
        """Why each is suspected, what names it first; empty for those that are not."""
        of: list[tuple[str, ...]] = []
        order = sorted(self.evidence, key=lambda evidence: not evidence.names)
        for i, suspected in enumerate(self.is_suspected.tolist()):
            said = (evidence.words[i] for evidence in order) if suspected else ()
            of.append(tuple(reason for reasons in said for reason in reasons))
        return tuple(of)

    @property
    def suspects(self) -> tuple[int, ...]:
        """Class numbers of the averages that are suspected, rising."""
        return tuple(sorted(self.class_id[self.is_suspected].tolist()))

    def reasons_of(self, class_number: int) -> tuple[str, ...]:
        """Why a class is suspected."""
        return self.reasons[self.class_id.tolist().index(class_number)]

    def because(self) -> dict[str, int]:
        """How many averages are suspected by which source, each by the first that names it."""
        found: Counter[str] = Counter()
        left = self.is_suspected
        for evidence in self.evidence:
            named = self.named_by(evidence) & left
            if named.any():
                found[evidence.short or evidence.source] += int(named.sum())
                left = left & ~named
        return dict(found)

    def to_dataframe(self) -> DataFrame:
        """A row for each class average, with the columns of `junk.csv`.

        Returns
        -------
        pandas.DataFrame
            ``class_id``, ``suspected`` (1 or 0, blank where not judged), ``reasons``,
            ``particles`` and ``resolution_A`` where known, the measures and, with ``points_``
            before their names, the points.

        Raises
        ------
        RebalanceError
            If pandas can't be imported.
        """
        suspected = self.is_suspected.astype(np.int64)
        columns: dict[str, Any] = {
            "class_id": self.class_id,
            "suspected": whole_numbers(suspected, self.is_scored),
            "reasons": ["; ".join(reasons) for reasons in self.reasons],
        }
        if self.n_particles is not None:
            columns["particles"] = self.n_particles
        if self.resolution is not None:
            columns["resolution_A"] = self.resolution
        columns |= self.measures
        columns |= {f"points_{name}": values for name, values in self.points.items()}
        return data_frame(columns)
