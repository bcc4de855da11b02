"""The soft circular mask of all comparisons, and its automatic radius."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rebalance.model import BoolArray, DoubleArray, FloatArray

EDGE_FRACTION = 0.1
"""Width of the cosine edge as a fraction of the radius."""


def soft_disc(box: int, radius: float, *, centre: tuple[float, float] = (0.0, 0.0)) -> FloatArray:
    """A disc: 1 inside, falling to 0 at the radius as a cosine over `EDGE_FRACTION` of it.

    Parameters
    ----------
    box : int
        Side L in pixels.
    radius : float
        Radius in pixels where the mask reaches 0.
    centre : tuple of float
        (x, y) from pixel (L/2, L/2), in pixels.

    Returns
    -------
    float32 (L, L)
    """
    # Not by the kernel, so that no compiler is loaded for one disc.
    axis = np.arange(box) - box // 2
    distance = np.sqrt((axis - centre[0]) ** 2 + (axis[:, None] - centre[1]) ** 2)
    edge = EDGE_FRACTION * radius
    ramp = np.clip((radius - distance) / edge, 0.0, 1.0)
    disc: FloatArray = (0.5 - 0.5 * np.cos(np.pi * ramp)).astype(np.float32)
    return disc


def radius_of_pixels(box: int) -> npt.NDArray[np.float64]:
    """float64 (L, L): distance of each pixel from (L/2, L/2)."""
    axis = np.arange(box) - box // 2
    return np.hypot(axis[:, None], axis[None, :])


def mask_about(images: FloatArray, centre: DoubleArray, radius: float) -> FloatArray:
    """Subtract the weighted mean under a soft disc, then multiply by the disc.

    Parameters
    ----------
    images : float32 (N, L, L)
    centre : float64 (N, 2)
        (x, y) of each disc from pixel (L/2, L/2), in pixels.
    radius : float
        As in `soft_disc`.

    Returns
    -------
    float32 (N, L, L)
    """
    from rebalance.kernels import mask_cpu

    out = np.empty(images.shape, dtype=np.float32)
    mask_cpu.mask_images(images, centre, radius, EDGE_FRACTION * radius, out)
    return out


def estimate_radius(images: FloatArray, is_empty: BoolArray | None = None) -> float:
    """Radius in pixels of the disc that contains the objects, from the images.

    2 % of the power above the background is outside of it; it is then widened by a tenth for the
    soft edge and kept within the box.

    Parameters
    ----------
    images : float32 (N, L, L)
    is_empty : bool (N,), optional
        Images to leave out.
    """
    box = images.shape[1]
    largest = box / 2.0
    usable = images if is_empty is None else images[~is_empty]
    if len(usable) == 0:
        return largest
    ring = np.minimum(radius_of_pixels(box).astype(np.int64), box // 2)
    n_rings = int(box // 2)
    counts = np.bincount(ring.ravel(), minlength=n_rings + 1)[:n_rings]
    profile = np.zeros(n_rings)
    for image in usable:
        values = image.astype(np.float64)
        border = values[(ring >= n_rings - 2) & (ring < n_rings)]
        values = (values - np.median(border)) / (values.std() or 1.0)
        power = np.bincount(ring.ravel(), (values**2).ravel(), minlength=n_rings + 1)[:n_rings]
        profile += power / counts
    profile /= len(usable)
    background = profile[int(0.9 * n_rings) :].min()
    signal = np.clip(profile - background, 0.0, None) * counts
    total = signal.sum()
    if total <= 0:
        return largest
    inside = np.cumsum(signal) / total
    radius = (int(np.searchsorted(inside, 0.98)) + 1) / (1.0 - EDGE_FRACTION)
    return float(np.clip(radius, 0.25 * largest, largest))
