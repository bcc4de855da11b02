"""Viewing directions from a 3D refinement, and how evenly they sample Fourier space."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rebalance.model.arrays import BoolArray, DoubleArray, IntArray
from rebalance.model.counting import counted


@dataclass(frozen=True, eq=False)
class Orientations:
    """Poses of particles from a 3D refinement, classification or initial model.

    Parameters
    ----------
    angles : float64 (P, 3)
        RELION's rot, tilt and psi in degrees, for files of any program; NaN for particles without
        a pose.
    columns : tuple of str
        Columns they were read from: ``("rlnAngleRot", "rlnAngleTilt", "rlnAnglePsi")``,
        ``("alignments3D/pose",)``.
    convention : {"relion", "cryosparc"}
        Program whose orientation of T and I the map has (`rebalance.point_groups`).
    symmetry : str
        Point group of the refinement; empty if its files don't state it.
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
        # A sum over a short axis, or all() over it, takes ten times as long.
        rot, tilt, psi = self.angles.T
        return np.asarray(np.isfinite(rot) & np.isfinite(tilt) & np.isfinite(psi))

    @cached_property
    def direction(self) -> DoubleArray:
        """float64 (P, 3): viewing direction of each particle; NaN without a pose.

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
    """Bins of equal area on the sphere of viewing directions, counting symmetric ones once.

    ``len(bins)`` is B.

    Parameters
    ----------
    centre : float64 (B, 3)
        A unit vector in the middle of each bin.
    operations : float64 (G, 3, 3)
        Rotations of the point group; directions that they relate are in the same bin.
    symmetry : str
        Name of the point group.
    antipodal : bool
        Opposite directions share a bin.
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
    """How evenly the particles' central slices sample the directions of Fourier space.

    Parameters
    ----------
    directions : float64 (D, 3)
        Unit vectors over half a sphere of Fourier space.
    slices : float64 (D,)
        Number of particles, with symmetry copies, whose slice passes through each direction.
    n_particles : int
        Number of particles with a pose. SCF and SCF* depend on it if there are gaps.
    symmetry : str
    scf : float
        Sampling compensation factor over the sampled directions; meaningless if there are gaps,
        where it can exceed 1.
    scf_star : float
        The same including gaps: 1 for uniform views, 0.81 for side views only, down to 0.
    uniformity : float
        Uniformity U (`rebalance.views.uniformity`).
    unsampled : float
        Fraction of the directions that no slice passes through.
    thinned_to : int64 (T,)
        Smaller numbers of particles, drawn at random, for which SCF* was calculated; increasing.
    thinned_scf_star : float64 (T, R)
        SCF* of R draws of each.
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
