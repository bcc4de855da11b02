"""Viewing directions of superclasses from particle poses, and the effect of balancing."""

from __future__ import annotations

from dataclasses import dataclass

from rebalance.model.arrays import DoubleArray, IntArray

MIXED_BEYOND = 30.0
"""Degrees. If the median particle is farther than this from the most common view of its superclass,
the superclass shares no view. Random views are 60° from any one, with opposite views counted as
the same.
"""


@dataclass(frozen=True, eq=False)
class SuperclassOrientations:
    """Superclasses and the poses of their particles in a 3D refinement.

    Parameters
    ----------
    source : str
        Name of the refinement.
    symmetry : str
    operations : float64 (G, 3, 3)
        Of the point group.
    n_matched : int
        Particles of the run that have a pose there.
    n_particles : int
        Particles of the run.
    particles : int64 (K,)
        Of each superclass, with a pose.
    direction : float64 (K, 3)
        The most common view; NaN without poses. Opposite views count as the same, as for class
        averages.
    spread : float64 (K,)
        Median angle of the particles to that view, degrees.
    scf_star : float
        Of all particles of superclasses that have a pose.
    scf_star_after : float or None
        Of the selected ones; None if nothing was balanced.
    scf_star_at_random : float64 (R,)
        Of R times as many, drawn at random.
    n_after : int
        Selected particles that have a pose.
    """

    source: str
    symmetry: str
    operations: DoubleArray
    n_matched: int
    n_particles: int
    particles: IntArray
    direction: DoubleArray
    spread: DoubleArray
    scf_star: float
    scf_star_after: float | None
    scf_star_at_random: DoubleArray
    n_after: int

    def __len__(self) -> int:
        return len(self.particles)
