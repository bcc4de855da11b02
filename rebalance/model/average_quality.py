"""Which averages look like junk: one verdict for each, from several sources of evidence."""

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
    """Evidence on class averages from one source: the picture, similarity to others, a program.

    Parameters
    ----------
    source : str
        A name: ``picture``, ``isolation``, …
    words : tuple of tuple of str
        Reasons against each average; empty if there are none.
    names : bool
        Whether this is enough to suspect an average. Weaker reasons, such as isolation, are only
        given for averages that another source suspects.
    short : str
        Words for a count of its suspects: ``by image``.
    clears : bool (N,), optional
        Averages that this source approves: our own measurements then do not suspect them.
    is_measured : bool
        Whether it is our own measurement, or a verdict that came with the data.
    note : str
        What the user should know about the source; a sentence.
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
    """Quality of class averages, and which look like junk.

    Parameters
    ----------
    class_id : int64 (N,)
    is_scored : bool (N,)
        False for empty averages and those left out.
    measures : mapping of str to float64 (N,)
        ``contrast``, ``structure``, ``middle`` and ``level`` of the picture
        (`rebalance.imaging.pictures`), ``highest_affinity`` and ``median_affinity`` with the
        others, ``nearest_affinity``, the mean of the four highest; NaN if not judged or unknown.
    points : mapping of str to float64 (N,)
        Points against the picture: ``strong``, ``bright``, ``flat``, ``dim`` and ``level``. With
        one point or more, an average is suspected.
    evidence : tuple of Evidence
        From every source used.
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
        """Why each is suspected, the main reason first; empty for the others."""
        of: list[tuple[str, ...]] = []
        order = sorted(self.evidence, key=lambda evidence: not evidence.names)
        for i, suspected in enumerate(self.is_suspected.tolist()):
            said = (evidence.words[i] for evidence in order) if suspected else ()
            of.append(tuple(reason for reasons in said for reason in reasons))
        return tuple(of)

    @property
    def suspects(self) -> tuple[int, ...]:
        """Class numbers of the suspected averages, increasing."""
        return tuple(sorted(self.class_id[self.is_suspected].tolist()))

    def reasons_of(self, class_number: int) -> tuple[str, ...]:
        """Why a class is suspected."""
        return self.reasons[self.class_id.tolist().index(class_number)]

    def because(self) -> dict[str, int]:
        """Number of averages suspected by each source; each counts once, for the first source."""
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
            ``class_id``, ``suspected`` (1 or 0, blank if not judged), ``reasons``, ``particles``
            and ``resolution_A`` if known, the measures, and the points (prefix ``points_``).

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
