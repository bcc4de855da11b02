"""How alike every pair of averages is: what a metric makes and a clustering takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rebalance.model.alignment import Alignment
from rebalance.model.arrays import BoolArray, FloatArray, IntArray
from rebalance.model.in_a_notebook import shown_in_a_notebook


@dataclass(frozen=True, eq=False)
class Affinity:
    """How alike every pair of class averages is.

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
        Where the metric aligns.
    raw : float32 (N, N), optional
        The matrix as a distance metric gave it, before it was mapped to affinity.
    facts : mapping
        What was decided on the way (mask diameter, band, scale of the distance map, …), for the
        log and the record; JSON values only.
    key : str
        SHA-256 of images and options; the name in the cache.
    n_particles : int64 (N,), optional
        Particles of each average, where they are known.
    notes : tuple of str
        What the metric has to say to a person, one sentence each.
    results : mapping of str to array
        What the metric found beside the affinity.
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

    def __len__(self) -> int:
        return len(self.class_id)

    def _repr_html_(self) -> str:
        return shown_in_a_notebook(self)
