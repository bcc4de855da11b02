"""Reprojections of the map from the viewing directions of the class averages.

A projection is a central slice of the transform. The slice of each pose is interpolated from the
transform of the padded map and summed at the pixels of the average, shifted to its center.
"""

from __future__ import annotations

import numpy as np

from rebalance.blas import single_threaded
from rebalance.imaging.masks import EDGE_FRACTION
from rebalance.model import DoubleArray, FloatArray, Views
from rebalance.views.fourier_map import BOX

_PADDING = 3
"""Times the side of the map: between samples of its transform a cubic spline reads well."""

BLUR = 0.6
"""Standard deviation, in voxels, of what the map makes of an edge."""


def reprojections(
    views: Views,
    box: int,
    *,
    side: int | None = None,
    radius: float | None = None,
    like: FloatArray | None = None,
) -> FloatArray:
    """The map as each average should show it, in the average's pose and soft mask.

    Parameters
    ----------
    views : Views
    box : int
        Side L of the averages, pixels.
    side : int, optional
        Pixels along a side of the result, which shows the whole box; by default L.
    radius : float, optional
        Of the soft disc about the centre of the molecule, pixels of the averages; by default that
        of the sphere inside the map.
    like : float32 (N, L, L), optional
        The averages: each reprojection gets the contrast, and the levels of grey inside and outside
        of the mask that averages were compared in, with which it comes nearest to its average. The
        map has no mean of its own, since that under the mask was taken off.

    Returns
    -------
    float32 (N, side, side)
        In arbitrary units, without ``like`` the same for all; 0 where an average took no part.
    """
    side = box if side is None else side
    # Pixel p of the result lies at scale·(p + ½) − ½ of the average.
    scale = box / side
    pixel: DoubleArray = scale * (np.arange(side, dtype=np.float64) + 0.5) - 0.5 - box // 2
    known = np.flatnonzero(np.isfinite(views.rotation).all(axis=(1, 2)))
    images = np.zeros((len(views), side, side), dtype=np.float32)
    images[known] = project_map(
        views.map, views.voxel_size, views.rotation[known], views.shift[known], pixel
    )
    if radius is None:
        radius = len(views.map) / 2 * views.voxel_size
    mask = len(views.map) * views.voxel_size / (2 * BOX)
    nearest = np.clip(np.rint(pixel).astype(np.int64) + box // 2, 0, box - 1)
    for row in known.tolist():
        far = np.hypot(pixel - views.shift[row, 0], (pixel - views.shift[row, 1])[:, None])
        images[row] *= _soft_disc(far, radius)
        if like is not None:
            level = _blurred_disc(far, mask, views.voxel_size)
            images[row] = _nearest_to(like[row][np.ix_(nearest, nearest)], images[row], level)
    return images


def _nearest_to(average: FloatArray, image: FloatArray, level: DoubleArray) -> FloatArray:
    """a · image + b · level + c of least squared distance from the average, where a > 0."""
    parts = np.stack([image.ravel(), level.ravel(), np.ones(image.size)]).astype(np.float64)
    products = np.einsum("ip,jp->ij", parts, parts)
    wanted = np.einsum("ip,p->i", parts, average.ravel().astype(np.float64))
    factors = np.linalg.lstsq(products, wanted, rcond=1e-10)[0]
    if factors[0] <= 0:
        return image
    return np.einsum("i,ip->p", factors, parts).reshape(image.shape).astype(np.float32)


def project_map(
    density: FloatArray,
    voxel_size: float,
    rotation: DoubleArray,
    shift: DoubleArray,
    pixel: DoubleArray,
) -> FloatArray:
    """Projections of a map.

    Parameters
    ----------
    density : float32 (n, n, n)
        z, y, x; the centre is voxel n/2.
    voxel_size : float
        Pixels of the averages.
    rotation : float64 (M, 3, 3)
        Rows: the x and y axes of the image and the direction of view, in the frame of the map.
    shift : float64 (M, 2)
        Where the centre of the map falls, (x, y), pixels of the averages.
    pixel : float64 (S,)
        Where the image is wanted along x and y, from the same point as the shift.

    Returns
    -------
    float32 (M, S, S)
        Integrals along the view, in voxels.
    """
    from scipy import ndimage

    side = _PADDING * len(density)
    side += side % 2
    spectrum = _centred_transform(density, side)
    parts = [ndimage.spline_filter(part, 3) for part in (spectrum.real, spectrum.imag)]
    # A real map's transform is the conjugate of itself on the other side: half of it is read.
    fx, fy = np.arange(-(side // 2), side // 2), np.arange(side // 2)
    column, row = np.meshgrid(fx, fy)
    # Beyond the Nyquist frequency there is nothing to read.
    is_read = (np.hypot(column, row) < side / 2 - 1) & ((row > 0) | (column >= 0))
    points = np.stack([column[is_read], row[is_read]], axis=1)
    weight = np.where(points.any(axis=1), 2.0, 1.0)
    images = np.empty((len(rotation), len(pixel), len(pixel)), dtype=np.float32)
    plane = np.zeros(is_read.shape, dtype=np.complex128)
    length = side * voxel_size
    with single_threaded():
        for frame, (x, y), image in zip(rotation, shift, images, strict=True):
            place = (points @ frame[:2])[:, ::-1].T + side // 2
            real, imaginary = (
                ndimage.map_coordinates(part, place, order=3, prefilter=False) for part in parts
            )
            plane[is_read] = weight * (real + 1j * imaginary)
            along_x = np.exp(2j * np.pi * fx[:, None] / length * (pixel - x))
            along_y = np.exp(2j * np.pi * (pixel - y)[:, None] * fy / length)
            image[:] = (along_y @ plane @ along_x).real / side**2
    return images


def _soft_disc(far: DoubleArray, radius: float) -> DoubleArray:
    """1 inside, a cosine fall to 0 at the radius, as the averages are compared through."""
    fall = np.clip((far / radius - 1 + EDGE_FRACTION) / EDGE_FRACTION, 0, 1)
    return 0.5 + 0.5 * np.cos(np.pi * fall)


def _blurred_disc(far: DoubleArray, radius: float, voxel_size: float) -> DoubleArray:
    """The same, as coarse as the map is: its edge would stand out as a ring."""
    from scipy.special import erfc

    middle, width = (1 - EDGE_FRACTION / 2) * radius, BLUR * voxel_size
    disc: DoubleArray = 0.5 * erfc((far - middle) / (np.sqrt(2) * width))
    return disc


def _centred_transform(density: FloatArray, side: int) -> np.ndarray:
    """Transform of the map in a larger cube, both with their origin at half the side."""
    from scipy import fft

    n = len(density)
    padded = np.zeros((side,) * 3, dtype=np.float32)
    first = side // 2 - n // 2
    within = slice(first, first + n)
    padded[within, within, within] = density
    return fft.fftshift(fft.fftn(fft.ifftshift(padded)))
