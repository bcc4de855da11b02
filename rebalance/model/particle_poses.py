"""How particles are aligned to their class averages, and their viewing directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance.model.arrays import BoolArray, DoubleArray, IntArray
from rebalance.model.counting import counted


@dataclass(frozen=True, eq=False)
class InPlaneAlignment:
    """The in-plane alignment of each particle from a 2D classification.

    A point of the average maps to Rz(psi) · point + shift in the particle, where
    Rz(psi) = [[cos, sin], [−sin, cos]] acts on (x, y), x right and y down, from pixel (L/2, L/2).
    A positive psi turns the displayed average counterclockwise.

    Parameters
    ----------
    psi : float64 (P,)
        Degrees; NaN if unknown.
    shift : float64 (P, 2)
        (x, y), in pixels of the class averages.
    """

    psi: DoubleArray
    shift: DoubleArray

    def __len__(self) -> int:
        return len(self.psi)


@dataclass(frozen=True, eq=False)
class ParticlePoses:
    """Poses of particles in the frame of one map, from the views of their class averages.

    They combine the view of the average with the in-plane alignment of the particle. The tilt of a
    particle relative to its average is not known.

    Parameters
    ----------
    row : int64 (Q,)
        Rows of the particle table with a pose, rising.
    class_id : int64 (Q,)
        Their class averages.
    rotation : float64 (Q, 3, 3)
        From coordinates in the map to the image, x right, y down, z along the beam: RELION's
        A = Rz(psi) · Ry(tilt) · Rz(rot). The last row is the viewing direction.
    shift : float64 (Q, 2)
        Position of the map's center in the image, (x, y) from pixel (L/2, L/2), in pixels of the
        class averages.
    pixel_size : float, optional
        Å per such pixel.
    n_particles : int
        Rows of the particle table.
    n_misfit : int
        Particles in averages that fit no view.
    n_apart : int
        Particles without an average, or in one without a view.
    n_unaligned : int
        Other particles without in-plane alignment.
    """

    row: IntArray
    class_id: IntArray
    rotation: DoubleArray
    shift: DoubleArray
    pixel_size: float | None
    n_particles: int
    n_misfit: int = 0
    n_apart: int = 0
    n_unaligned: int = 0

    def __len__(self) -> int:
        return len(self.row)

    def __repr__(self) -> str:
        return f"ParticlePoses({len(self):,} of {counted(self.n_particles, 'particle')})"

    @property
    def direction(self) -> DoubleArray:
        """float64 (Q, 3): viewing direction of each particle."""
        return self.rotation[:, 2]

    @property
    def left_out(self) -> str:
        """Sentence on particles without a pose; empty if all have one."""
        said = [
            f"{counted(n, 'particle')} {why}"
            for n, why in (
                (self.n_misfit, "in averages that fit no view"),
                (self.n_apart, "in averages without a view"),
                (self.n_unaligned, "without in-plane alignment"),
            )
            if n
        ]
        if not said:
            return ""
        return f"Without a pose: {', '.join(said)}."

    def keep(self) -> BoolArray:
        """bool (n_particles,): the rows that have a pose."""
        kept = np.zeros(self.n_particles, dtype=np.bool_)
        kept[self.row] = True
        return kept
