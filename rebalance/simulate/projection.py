"""Projections of a density along any direction: of Gaussian blobs in closed form.

A 3D Gaussian projects to a 2D Gaussian, which is a product of one factor along x and one along y:
a projection is one small matrix product, without interpolation. Rotation, shift and mirror of the
object are therefore those of the image, to rounding. A density on a grid projects itself
(`Volume`).
"""

from __future__ import annotations

import numpy as np

from rebalance.blas import single_threaded
from rebalance.model import DoubleArray, FloatArray
from rebalance.simulate.blobs import Blobs
from rebalance.simulate.volume import Volume

_CHUNK_BYTES = 32 * 2**20


def project(
    blobs: Blobs | Volume,
    rotations: DoubleArray,
    box: int,
    pixel_size: float,
    *,
    shifts: DoubleArray | None = None,
) -> FloatArray:
    """Line integrals of the density, sampled at the pixel centers.

    Parameters
    ----------
    blobs : Blobs or Volume
        The density.
    rotations : float64 (n, 3, 3)
        Each takes object coordinates to image coordinates: x to the right, y down, z along the
        beam, so that the last row is the direction of view. Euler angles (rot, tilt, psi) of
        RELION give the same matrix.
    box : int
        Side of the images in pixels.
    pixel_size : float
        Å.
    shifts : float64 (n, 2), optional
        (x, y) in pixels, of the origin from pixel (box/2, box/2).

    Returns
    -------
    float32 (n, box, box)
        Per Å².
    """
    if isinstance(blobs, Volume):
        return blobs.project(rotations, box, pixel_size, shifts=shifts)
    rotations = np.asarray(rotations, dtype=np.float64)
    if rotations.ndim != 3 or rotations.shape[1:] != (3, 3):
        raise ValueError(f"rotations must be (n, 3, 3), not {rotations.shape}")
    n = len(rotations)
    shift = np.zeros((n, 2)) if shifts is None else np.asarray(shifts, dtype=np.float64)
    axis = (np.arange(box) - box // 2) * pixel_size
    images = np.empty((n, box, box), dtype=np.float32)
    weight = (blobs.mass / (2 * np.pi * blobs.sigma**2)).astype(np.float32)
    narrow = (np.sqrt(0.5) / blobs.sigma)[:, None, None]
    chunk = max(1, _CHUNK_BYTES // (8 * box * len(blobs)))
    # Products this small run faster on one thread, and then their last bits don't depend on how
    # many there are.
    with single_threaded():
        for start in range(0, n, chunk):
            part = slice(start, start + chunk)
            # (m, B, 2): where each blob falls, Å.
            centre = np.einsum("mij,bj->mbi", rotations[part, :2], blobs.centre)
            centre += pixel_size * shift[part, None, :]
            offset = ((axis - centre[..., None]) * narrow).astype(np.float32)
            factor = np.exp(-np.square(offset))
            along_y = (factor[:, :, 1] * weight[:, None]).transpose(0, 2, 1)
            images[part] = along_y @ factor[:, :, 0]
    return images


def in_plane(degrees: DoubleArray | float) -> DoubleArray:
    """Rotations about the beam, counter-clockwise as displayed, as in `model.Transform`.

    Parameters
    ----------
    degrees : float64 (n,) or float

    Returns
    -------
    float64 (n, 3, 3)
        ``project(in_plane(θ) @ rotations)`` is ``project(rotations)`` turned by θ.
    """
    angle = np.atleast_1d(np.deg2rad(degrees))
    matrix = np.zeros((len(angle), 3, 3))
    matrix[:, 0, 0] = matrix[:, 1, 1] = np.cos(angle)
    matrix[:, 0, 1] = np.sin(angle)
    matrix[:, 1, 0] = -np.sin(angle)
    matrix[:, 2, 2] = 1
    return matrix
