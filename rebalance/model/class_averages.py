"""The class averages of one classification, and which of them are empty."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from rebalance.display import Displayed
from rebalance.model.arrays import BoolArray, DoubleArray, FloatArray, IntArray

SMALLEST_CONTRAST, LARGEST_VALUE = 1e-18, 1e18
"""Largest pixel value whose squares, and sums of these over an image, fit into float32."""


@dataclass(frozen=True, eq=False)
class ClassAverages(Displayed):
    """The 2D class averages (templates) of one classification.

    ``len(class_averages)`` is N, ``class_averages.box`` is L, the side of an image in pixels.
    ``class_averages.is_empty``, bool (N,), marks those without an image or particles.

    Parameters
    ----------
    images : float32 (N, L, L)
        As read; y down, x right.
    class_id : int64 (N,)
        Unique class numbers, as in the particle table; from 1 in stack order for a bare stack.
    pixel_size : float, optional
        Å per pixel; None if unknown.
    n_particles : int64 (N,), optional
        Particles of each average in the particle table; None without a table.
    resolution : float64 (N,), optional
        Å, as estimated by the classification program; may be inf or 999.
    mask_diameter : float, optional
        Å, the particle diameter of the classification, if the files state it.
    score : float64 (N,), optional
        Quality score of the classification program, 0 (bad) to 1 (good); NaN where missing.
    score_from : str
        Name of that column in the files.
    """

    images: FloatArray
    class_id: IntArray
    pixel_size: float | None = None
    n_particles: IntArray | None = None
    resolution: DoubleArray | None = None
    mask_diameter: float | None = None
    score: DoubleArray | None = None
    score_from: str = ""

    def __post_init__(self) -> None:
        n = len(self.images)
        if self.images.ndim != 3 or self.images.shape[1] != self.images.shape[2]:
            raise ValueError(f"images must be (N, L, L), not {self.images.shape}")
        for name in ("class_id", "n_particles", "resolution", "score"):
            column = getattr(self, name)
            if column is not None and column.shape != (n,):
                raise ValueError(f"{name} must have shape ({n},), not {column.shape}")
        if len(np.unique(self.class_id)) != n:
            raise ValueError("class_id must be unique")

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        size = "pixel size unknown" if self.pixel_size is None else f"{self.pixel_size:.4g} Å/px"
        return f"ClassAverages({len(self):,} of {self.box} × {self.box} px, {size})"

    @property
    def box(self) -> int:
        """Side of an image in pixels."""
        return int(self.images.shape[1])

    @cached_property
    def has_image(self) -> BoolArray:
        """bool (N,): the pixels are finite, differ, and can be squared and summed as float32."""
        low, high = self.pixel_range
        with np.errstate(invalid="ignore", over="ignore"):
            contrast = high.astype(np.float64) - low
            return (
                (contrast >= SMALLEST_CONTRAST) & (high <= LARGEST_VALUE) & (low >= -LARGEST_VALUE)
            )

    @cached_property
    def pixel_range(self) -> tuple[FloatArray, FloatArray]:
        """Smallest and largest pixel of each image, float32 (N,); NaN if any is NaN."""
        flat = self.images.reshape(len(self), self.box**2)
        with np.errstate(invalid="ignore"):
            return flat.min(axis=1), flat.max(axis=1)

    @cached_property
    def is_empty(self) -> BoolArray:
        """bool (N,): not compared, because it has no image or no particles."""
        return ~self.has_image | self.lacks_particles

    @property
    def lacks_particles(self) -> BoolArray:
        """bool (N,): there is a particle table, but no particles in this class."""
        if self.n_particles is None:
            return np.zeros(len(self), dtype=np.bool_)
        return self.n_particles == 0

    def subset(self, which: BoolArray | IntArray) -> ClassAverages:
        """The averages selected by a mask or indices, in that order."""
        return replace(
            self,
            images=self.images[which],
            class_id=self.class_id[which],
            n_particles=None if self.n_particles is None else self.n_particles[which],
            resolution=None if self.resolution is None else self.resolution[which],
            score=None if self.score is None else self.score[which],
        )
