"""Rotations as RELION and CryoSPARC write them, and back; pure arrays.

A rotation takes coordinates in the map to those in the image, x right and y down:

- RELION: A = Rz(psi) · Ry(tilt) · Rz(rot), with Rz(a) = [[cos a, sin a, 0], [−sin a, cos a, 0],
  [0, 0, 1]] and Ry(b) = [[cos b, 0, −sin b], [0, 1, 0], [sin b, 0, cos b]]. The image is shifted
  by rlnOriginX, Y *before* it is compared, so that the center of the map is at −origin.
- CryoSPARC: the rotation vector of Aᵀ, axis times angle in radians; the center of the map is at
  −shift.

RELION's are proven with RELION 3.1 itself (`tests/poses/test_relion_agrees.py`). CryoSPARC can't be
run here. Its rotation vectors and the sign of its shifts are those of two converters in daily use,
pyem (Asarnow, doi:10.5281/zenodo.3576630) and cryoDRGN (Zhong 2021,
doi:10.1038/s41592-020-01049-4). That alignments2D/pose is the same angle as rlnAnglePsi, and
alignments2D/shift of the sign of alignments3D/shift, is pyem's reading, and what was found best by
cryosparc-particle-reposition, which lays averages on micrographs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.model import DoubleArray

_ALONG = 1e-9
"""Sine of the tilt below which rot and psi turn about the same axis."""

_PIECE = 1 << 16
"""Number of poses converted at a time."""


def in_plane(psi: DoubleArray) -> DoubleArray:
    """Rz of angles in degrees; float64 (n, 3, 3)."""
    angle = np.deg2rad(np.asarray(psi, dtype=np.float64))
    matrix = np.zeros((*angle.shape, 3, 3))
    matrix[..., 0, 0] = matrix[..., 1, 1] = np.cos(angle)
    matrix[..., 0, 1] = np.sin(angle)
    matrix[..., 1, 0] = -np.sin(angle)
    matrix[..., 2, 2] = 1
    return matrix


def rotation_of_angles(rot: DoubleArray, tilt: DoubleArray, psi: DoubleArray) -> DoubleArray:
    """RELION's A of angles in degrees; float64 (n, 3, 3)."""
    angle = np.deg2rad(np.asarray(tilt, dtype=np.float64))
    middle = np.zeros((*angle.shape, 3, 3))
    middle[..., 0, 0] = middle[..., 2, 2] = np.cos(angle)
    middle[..., 0, 2] = -np.sin(angle)
    middle[..., 2, 0] = np.sin(angle)
    middle[..., 1, 1] = 1
    rotation: DoubleArray = in_plane(psi) @ middle @ in_plane(rot)
    return rotation


def angles_of_rotation(rotation: DoubleArray) -> DoubleArray:
    """RELION's rot, tilt, psi in degrees: float64 (n, 3).

    tilt is from 0 to 180, the others from −180 to 180. Seen along z, where rot and psi turn about
    one axis, rot is 0.
    """
    view, beam = rotation[:, 2], rotation[:, :, 2]
    across = np.hypot(view[:, 0], view[:, 1])
    tilt = np.arctan2(across, view[:, 2])
    along = across < _ALONG
    rot = np.where(along, 0.0, np.arctan2(view[:, 1], view[:, 0]))
    sign = np.sign(view[:, 2])
    psi = np.where(
        along,
        np.arctan2(-sign * rotation[:, 1, 0], sign * rotation[:, 0, 0]),
        np.arctan2(beam[:, 1], -beam[:, 0]),
    )
    return np.rad2deg(np.stack([rot, tilt, psi], axis=1))


def angles_of_vector(vector: npt.NDArray[Any]) -> DoubleArray:
    """RELION's rot, tilt, psi in degrees of CryoSPARC's rotation vectors; float64 (n, 3).

    By way of the unit quaternion (w, x, y, z) of the vector, in which tan²(tilt/2) is
    (x² + y²) / (w² + z²), so that no matrix is made. As `angles_of_rotation` has them.

    Parameters
    ----------
    vector : float (n, 3)
        Radians. The pose of a vector with a number that is not finite is NaN.
    """
    angles = np.empty((len(vector), 3))
    for begin in range(0, len(vector), _PIECE):
        piece = slice(begin, begin + _PIECE)
        with np.errstate(invalid="ignore", over="ignore"):
            _convert(np.asarray(vector[piece].T, dtype=np.float64), angles[piece].T)
    return angles


def _convert(vector: DoubleArray, angles: DoubleArray) -> None:
    """rot, tilt and psi of vectors (3, n), into an array (3, n)."""
    turn = np.sqrt(np.einsum("in,in->n", vector, vector))
    # sin(turn/2) / turn, which is 1/2 at 0.
    x, y, z = vector * (np.sinc(turn / (2 * np.pi)) / 2)
    w = np.cos(turn / 2)
    across, along = np.hypot(x, y), np.hypot(w, z)
    # Half of rot + psi and of rot − psi.
    plus, minus = np.arctan2(z, w), np.arctan2(-x, y)
    is_seen_along = 2 * across * along < _ALONG
    rot, psi = plus + minus, plus - minus
    psi[is_seen_along] += np.where(across < along, 1, -1)[is_seen_along] * rot[is_seen_along]
    rot[is_seen_along] = 0
    angles[0], angles[1], angles[2] = rot, 2 * np.arctan2(across, along), psi
    np.rad2deg(angles, out=angles)
    for turned in (angles[0], angles[2]):
        turned -= 360 * np.rint(turned / 360)


def vector_of_rotation(rotation: DoubleArray) -> DoubleArray:
    """CryoSPARC's rotation vectors, in radians: float64 (n, 3)."""
    from scipy.spatial.transform import Rotation

    # A copy: older versions of SciPy refuse a read-only array.
    transposed = np.array(np.swapaxes(rotation, -1, -2))
    return np.asarray(Rotation.from_matrix(transposed).as_rotvec(), dtype=np.float64)


def rotation_of_vector(vector: DoubleArray) -> DoubleArray:
    """The rotations of CryoSPARC's vectors; float64 (n, 3, 3)."""
    from scipy.spatial.transform import Rotation

    matrix = np.asarray(Rotation.from_rotvec(vector).as_matrix(), dtype=np.float64)
    return np.swapaxes(matrix, -1, -2)
