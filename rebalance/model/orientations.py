"""From where particles look as a 3D refinement found, and how evenly that fills Fourier space."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rebalance.model.arrays import BoolArray, DoubleArray, IntArray
from rebalance.model.counting import counted


@dataclass(frozen=True, eq=False)
class Orientations:
    """The poses that a 3D refinement, classification or initial model gave to particles.

    Parameters
    ----------
    angles : float64 (P, 3)
        RELION's rot, tilt and psi in degrees, whichever program wrote them; NaN for a particle
        without a pose.
    columns : tuple of str
        Where they were read: ``("rlnAngleRot", "rlnAngleTilt", "rlnAnglePsi")``,
        ``("alignments3D/pose",)``.
    convention : {"relion", "cryosparc"}
        Whose orientation of T and I the map is in (`rebalance.point_groups`).
    symmetry : str
        Point group that the refinement was run with; empty where its files don't say.
    """

    angles: DoubleArray
    columns: tuple[str, ...] = ()
    convention: str = "relion"
    symmetry: str = ""

    def __post_init__(self) -> None:
        if self.angles.ndim != 2 or self.angles.shape[1] != 3:
            raise ValueError(f"angles must be (P, 3), not {self.angles.shape}")

    def __len__(self) -> int:
        return len(self.angles)

    def __repr__(self) -> str:
        known = int(np.count_nonzero(self.is_known))
        return f"Orientations({known:,} of {counted(len(self), 'particle')})"

    @cached_property
    def is_known(self) -> BoolArray:
        """bool (P,): the particle has a pose."""
        return np.asarray(np.isfinite(self.angles).all(axis=1))

    @cached_property
    def direction(self) -> DoubleArray:
        """float64 (P, 3): unit vector from which each particle looks; NaN without a pose.

        The third row of A = Rz(psi) · Ry(tilt) · Rz(rot): (cos rot · sin tilt, sin rot · sin tilt,
        cos tilt).
        """
        rot, tilt = np.deg2rad(self.angles[:, 0]), np.deg2rad(self.angles[:, 1])
        direction = np.empty((len(self), 3))
        np.sin(tilt, out=direction[:, 2])
        np.multiply(np.cos(rot), direction[:, 2], out=direction[:, 0])
        np.multiply(np.sin(rot), direction[:, 2], out=direction[:, 1])
        np.cos(tilt, out=direction[:, 2])
        direction[~self.is_known] = np.nan
        return direction


@dataclass(frozen=True, eq=False)
class SphereBins:
    """Bins of equal area on the sphere of viewing directions, modulo a point group.

    ``len(bins)`` is B.

    Parameters
    ----------
    centre : float64 (B, 3)
        A unit vector in the middle of each bin.
    operations : float64 (G, 3, 3)
        Of the point group: directions that one of them takes into each other are in one bin.
    symmetry : str
        Name of the point group.
    antipodal : bool
        Opposite directions are in one bin.
    scheme : {"fibonacci", "healpix"}
    weight : float64 (B,), optional
        A direction is in the bin of which |direction − centre|² − weight is least; 0 by default.
    """

    centre: DoubleArray
    operations: DoubleArray
    symmetry: str = "C1"
    antipodal: bool = False
    scheme: str = "fibonacci"
    weight: DoubleArray | None = None

    def __len__(self) -> int:
        return len(self.centre)

    def __repr__(self) -> str:
        how = f"{self.scheme}, {self.symmetry}{', antipodal' if self.antipodal else ''}"
        return f"SphereBins({len(self):,}, {how})"


@dataclass(frozen=True, eq=False)
class FourierSampling:
    """How evenly the central slices of particles fill the directions of Fourier space.

    Parameters
    ----------
    directions : float64 (D, 3)
        Unit vectors over half a sphere of Fourier space.
    slices : float64 (D,)
        Particles and their copies under the point group whose slice passes each direction.
    n_particles : int
        That have a pose. SCF and SCF* go with it where there are gaps.
    symmetry : str
    scf : float
        Sampling compensation factor over the directions that are sampled; can exceed 1 where
        there are gaps, and is then no measure.
    scf_star : float
        The same, gaps counted: 1 for uniform views, 0.81 for side views alone, towards 0.
    uniformity : float
        Our own U (`rebalance.views.uniformity`).
    unsampled : float
        Share of the directions that no slice passes.
    thinned_to : int64 (T,)
        Numbers of particles at which SCF* was found too, each drawn at random; rising.
    thinned_scf_star : float64 (T, R)
        Of R draws.
    """

    directions: DoubleArray
    slices: DoubleArray
    n_particles: int
    symmetry: str
    scf: float
    scf_star: float
    uniformity: float
    unsampled: float
    thinned_to: IntArray
    thinned_scf_star: DoubleArray

    def at_random(self, n: int) -> tuple[float, float] | None:
        """Mean and standard deviation of SCF* of n particles drawn at random; None if unknown."""
        at = np.flatnonzero(self.thinned_to == n)
        if len(at) == 0:
            return None
        draws = self.thinned_scf_star[at[0]]
        return float(draws.mean()), float(draws.std(ddof=1)) if len(draws) > 1 else 0.0

    def __repr__(self) -> str:
        return (
            f"FourierSampling(SCF* {self.scf_star:.3f} of "
            f"{counted(self.n_particles, 'particle')}, {self.symmetry})"
        )
