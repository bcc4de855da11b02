"""The pose of an average, carried on to its particles; pure arrays."""

from __future__ import annotations

import numpy as np

from rebalance.model import DoubleArray, InPlaneAlignment
from rebalance.poses.conventions import in_plane


def combine(
    rotation: DoubleArray, shift: DoubleArray, alignment: InPlaneAlignment
) -> tuple[DoubleArray, DoubleArray]:
    """Rotation and shift of each particle.

    With the average at R = A · r + s of a point r of the map, and the average on the particle at
    Rz(psi) · R + t, the particle has Rz(psi) · A · r + (Rz(psi) · s + t).

    Parameters
    ----------
    rotation : float64 (Q, 3, 3)
        A of the average of each particle.
    shift : float64 (Q, 2)
        s, where the center of the map falls in that average.
    alignment : InPlaneAlignment
        Of Q particles.

    Returns
    -------
    rotation : float64 (Q, 3, 3)
    shift : float64 (Q, 2)
    """
    turn = in_plane(alignment.psi)
    return turn @ rotation, np.einsum("qij,qj->qi", turn[:, :2, :2], shift) + alignment.shift
