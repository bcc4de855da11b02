"""A density made of Gaussians, as that of the phantom or of an atomic model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance.model import DoubleArray


@dataclass(frozen=True, eq=False)
class Blobs:
    """A density made of isotropic 3D Gaussians.

    Parameters
    ----------
    centre : float64 (B, 3)
        Å, about the origin of rotation.
    sigma : float64 (B,)
        Å; standard deviation of each Gaussian.
    mass : float64 (B,)
        Integral of each Gaussian over space.
    """

    centre: DoubleArray
    sigma: DoubleArray
    mass: DoubleArray

    def __post_init__(self) -> None:
        n = len(self.mass)
        if self.centre.shape != (n, 3) or self.sigma.shape != (n,):
            raise ValueError(
                f"{n} blobs need centres ({n}, 3) and sigmas ({n},), not {self.centre.shape} "
                f"and {self.sigma.shape}"
            )
        if not (self.sigma > 0).all():
            raise ValueError("sigma must be positive")

    def __len__(self) -> int:
        return len(self.mass)

    @property
    def diameter(self) -> float:
        """Å; of the sphere about the origin that holds every blob to two standard deviations."""
        return float(2 * (np.linalg.norm(self.centre, axis=1) + 2 * self.sigma).max())

    def density(self, points: DoubleArray) -> DoubleArray:
        """Density at points (..., 3) in Å, per Å³."""
        distance2 = ((points[..., None, :] - self.centre) ** 2).sum(axis=-1)
        norm = self.mass / (2 * np.pi * self.sigma**2) ** 1.5
        return (norm * np.exp(-distance2 / (2 * self.sigma**2))).sum(axis=-1)
