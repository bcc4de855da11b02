"""Which averages look like no view: what was measured on each, and why it is suspected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rebalance.model.arrays import BoolArray, DoubleArray, IntArray
from rebalance.model.counting import counted
from rebalance.model.data_frames import data_frame, whole_numbers

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, eq=False)
class AverageQuality:
    """What class averages tell of their own quality, and which are suspected of being junk.

    Parameters
    ----------
    class_id : int64 (N,)
    is_scored : bool (N,)
        False for empties and those left out.
    measures : mapping of str to float64 (N,)
        ``mean_frequency`` (cycles per pixel) and ``fine_share`` of the power inside the mask,
        ``edge_energy`` at the mask's edge ÷ in the middle, ``highest_affinity`` and
        ``median_affinity`` with the others; NaN where not judged or not known.
    scores : mapping of str to float64 (N,)
        Robust z-scores ``coarse``, ``noise``, ``edge`` and ``few``, likewise.
    reasons : tuple of tuple of str
        Why each is suspected; empty for those that are not.
    n_particles : int64 (N,), optional
    resolution : float64 (N,), optional
        Å, as read.
    """

    class_id: IntArray
    is_scored: BoolArray
    measures: Mapping[str, DoubleArray]
    scores: Mapping[str, DoubleArray]
    reasons: tuple[tuple[str, ...], ...]
    n_particles: IntArray | None = None
    resolution: DoubleArray | None = None

    def __repr__(self) -> str:
        averages = counted(len(self.class_id), "class average")
        return f"AverageQuality({averages}, {len(self.suspects):,} suspected)"

    @property
    def suspects(self) -> tuple[int, ...]:
        """Class numbers of the averages that are suspected, rising."""
        pairs = zip(self.class_id.tolist(), self.reasons, strict=True)
        return tuple(sorted(number for number, reasons in pairs if reasons))

    def reasons_of(self, class_number: int) -> tuple[str, ...]:
        """Why a class is suspected."""
        return self.reasons[self.class_id.tolist().index(class_number)]

    def to_dataframe(self) -> DataFrame:
        """A row for each class average, with the columns of `junk.csv`.

        Returns
        -------
        pandas.DataFrame
            ``class_id``, ``suspected`` (1 or 0, blank where not judged), ``reasons``,
            ``particles`` and ``resolution_A`` where known, the measures and, with ``z_`` before
            their names, the scores.

        Raises
        ------
        RebalanceError
            If pandas can't be imported.
        """
        suspected = np.array([bool(reasons) for reasons in self.reasons], dtype=np.int64)
        columns: dict[str, Any] = {
            "class_id": self.class_id,
            "suspected": whole_numbers(suspected, self.is_scored),
            "reasons": ["; ".join(reasons) for reasons in self.reasons],
        }
        if self.n_particles is not None:
            columns["particles"] = self.n_particles
        if self.resolution is not None:
            columns["resolution_A"] = self.resolution
        for name, values in self.measures.items():
            columns["mean_frequency_per_px" if name == "mean_frequency" else name] = values
        columns |= {f"z_{name}": values for name, values in self.scores.items()}
        return data_frame(columns)
