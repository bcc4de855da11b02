"""Similarity of every pair of averages: the output of a metric and input of a clustering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from rebalance.display import Displayed
from rebalance.model.alignment import Alignment
from rebalance.model.arrays import BoolArray, FloatArray, IntArray
from rebalance.model.data_frames import data_frame

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, eq=False)
class Affinity(Displayed):
    """Similarity of every pair of class averages.

    Parameters
    ----------
    values : float32 (N, N)
        Symmetric, unit diagonal, in [0, 1]; rows of empty averages are 0 off the diagonal.
    class_id : int64 (N,)
        The averages, in order.
    is_empty : bool (N,)
    metric : str
        Name of the metric.
    options : mapping
        Its options after defaults.
    alignment : Alignment, optional
        If the metric aligns.
    raw : float32 (N, N), optional
        The distances of a distance metric, before they were mapped to affinity.
    facts : mapping
        Decisions on the way (mask diameter, band, scale of the distance map, …), for log and
        record; JSON values only.
    key : str
        SHA-256 of images and options; its name in the cache.
    n_particles : int64 (N,), optional
        Particles of each average, if known.
    notes : tuple of str
        Notes of the metric for the user, one sentence each.
    results : mapping of str to array
        Further results of the metric.
    """

    values: FloatArray
    class_id: IntArray
    is_empty: BoolArray
    metric: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    alignment: Alignment | None = None
    raw: FloatArray | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    n_particles: IntArray | None = None
    notes: tuple[str, ...] = ()
    results: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.class_id)
        if self.values.shape != (n, n) or self.is_empty.shape != (n,):
            raise ValueError(f"values must be ({n}, {n}) and is_empty ({n},)")
        if self.n_particles is not None and self.n_particles.shape != (n,):
            raise ValueError(f"n_particles must be ({n},), not {self.n_particles.shape}")

    def __len__(self) -> int:
        return len(self.class_id)

    def __repr__(self) -> str:
        parts = [f"{len(self):,} × {len(self):,}", self.metric]
        if self.is_empty.any():
            parts.append(f"{np.count_nonzero(self.is_empty):,} not compared")
        return f"Affinity({', '.join(part for part in parts if part)})"

    def to_dataframe(self) -> DataFrame:
        """A row for each pair of averages that are not empty.

        Returns
        -------
        pandas.DataFrame
            ``class_id_1``, ``class_id_2``, ``affinity``; ``distance`` if the metric returns
            distances; if it aligns, the `Transform` that aligns the second average to the first:
            ``rotation_deg``, ``shift_x_px``, ``shift_y_px``, ``mirror``.

        Raises
        ------
        RebalanceError
            If pandas can't be imported.
        """
        used = np.flatnonzero(~self.is_empty)
        first, second = (used[ends] for ends in np.triu_indices(len(used), 1))
        columns: dict[str, Any] = {
            "class_id_1": self.class_id[first],
            "class_id_2": self.class_id[second],
            "affinity": self.values[first, second],
        }
        if self.raw is not None:
            columns["distance"] = self.raw[first, second]
        if self.alignment is not None:
            pair = self.alignment.index(first, second)
            columns |= {
                "rotation_deg": self.alignment.rotation[pair],
                "shift_x_px": self.alignment.shift[pair, 0],
                "shift_y_px": self.alignment.shift[pair, 1],
                "mirror": self.alignment.mirror[pair],
            }
        return data_frame(columns)
