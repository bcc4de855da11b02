"""Which averages look like no view: what was measured on each, and why it is suspected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rebalance.model.arrays import BoolArray, DoubleArray, IntArray


@dataclass(frozen=True, eq=False)
class AverageQuality:
    """What class averages tell of their own quality, and which are suspected of being junk.

    Parameters
    ----------
    class_id : int64 (N,)
    is_judged : bool (N,)
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
    is_judged: BoolArray
    measures: Mapping[str, DoubleArray]
    scores: Mapping[str, DoubleArray]
    reasons: tuple[tuple[str, ...], ...]
    n_particles: IntArray | None = None
    resolution: DoubleArray | None = None

    @property
    def suspects(self) -> tuple[int, ...]:
        """Class numbers of the averages that are suspected, rising."""
        pairs = zip(self.class_id.tolist(), self.reasons, strict=True)
        return tuple(sorted(number for number, reasons in pairs if reasons))

    def reasons_of(self, class_number: int) -> tuple[str, ...]:
        """Why a class is suspected."""
        return self.reasons[self.class_id.tolist().index(class_number)]
