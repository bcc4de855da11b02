"""Finds the center of the object in each class average."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance.imaging.masks import EDGE_FRACTION
from rebalance.model import DoubleArray, FloatArray

SMALL_BOX = 48
"""Centres are looked for in images reduced to this box: an object is a blob there."""

LARGEST_OFFSET = 0.25
"""Farthest that a centre may be from the middle, as a fraction of the box."""


@dataclass(frozen=True, eq=False)
class Objects:
    """The object of each image.

    Parameters
    ----------
    centre : float64 (N, 2)
        (x, y) in pixels from pixel (L/2, L/2).
    extent : float64 (N,)
        Radius in pixels about the centre that holds 95 % of the density.
    """

    centre: DoubleArray
    extent: DoubleArray


def find_objects(images: FloatArray, radius: float) -> Objects:
    """Centre and extent of the bright density under a disc that moves with it.

    The disc starts in the middle; its centre moves to the centroid of the density above the mean
    under the disc until it stays. The fixed point turns, shifts and flips with the image, and
    neighbours outside the disc do not pull at it.

    Parameters
    ----------
    images : float32 (N, L, L)
    radius : float
        Of the disc, pixels.
    """
    from rebalance.kernels.centring_cpu import moving_centroid

    box = images.shape[1]
    small = min(SMALL_BOX, box - box % 2)
    scale = box / small
    centre = np.zeros((len(images), 2))
    extent = np.zeros(len(images))
    moving_centroid(
        _reduced(images, small),
        radius / scale,
        EDGE_FRACTION * radius / scale,
        LARGEST_OFFSET * small,
        centre,
        extent,
    )
    # Pixel (L/2, L/2) is the origin in both boxes.
    return Objects(centre * scale, extent * scale)


def _reduced(images: FloatArray, small: int) -> FloatArray:
    """Fourier cropping with a Gaussian that leaves little at the new Nyquist frequency."""
    from scipy import fft

    box = images.shape[1]
    half = small // 2
    rows = np.r_[0:half, box - half : box]
    frequency = fft.fftfreq(small, 1.0 / small)
    gauss = np.exp(-2.0 * (frequency / half) ** 2).astype(np.float32)
    out = np.empty((len(images), small, small), dtype=np.float32)
    # Sample r of the small grid is at r · L / small; the origins L/2 and small/2 must meet.
    offset = box // 2 - half * box / small
    phase = np.exp(2j * np.pi * frequency * offset / box).astype(np.complex64)
    for start in range(0, len(images), 64):
        spectrum = fft.rfft2(images[start : start + 64])[:, rows, : half + 1]
        spectrum *= (gauss * phase)[None, :, None]
        spectrum *= (gauss * phase)[None, None, : half + 1]
        spectrum[:, half] = 0.0
        spectrum[:, :, half] = 0.0
        out[start : start + 64] = fft.irfft2(spectrum, (small, small))
    return out
