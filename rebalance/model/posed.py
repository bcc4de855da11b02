"""Particles and from where they look, with the point group that counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance.model.arrays import BoolArray, DoubleArray
from rebalance.model.dataset import Dataset
from rebalance.model.orientations import Orientations


@dataclass(frozen=True, eq=False)
class Posed:
    """Particles with poses, and the point group that these are modulo.

    Parameters
    ----------
    dataset : Dataset
    orientations : Orientations
    symmetry : str
    operations : float64 (G, 3, 3)
        Its rotations, as the program that refined has them.
    is_used : bool (P,)
        Particles that have a pose, and are of a class that is asked for.
    is_of_class : bool (P,)
        Particles of a class that is asked for; all where none is.
    notes, warnings : tuple of str
    """

    dataset: Dataset
    orientations: Orientations
    symmetry: str
    operations: DoubleArray
    is_used: BoolArray
    is_of_class: BoolArray
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.orientations)

    @property
    def direction(self) -> DoubleArray:
        """float64 (P, 3): from where each particle looks; NaN for those not used."""
        direction = self.orientations.direction
        if self.is_used.all():
            return direction
        return np.where(self.is_used[:, None], direction, np.nan)
