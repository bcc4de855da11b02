"""Where the power of an average lies in frequency, and in the picture: for `benchmarks.realism`."""

from __future__ import annotations

import numpy as np

from rebalance.imaging.masks import radius_of_pixels, soft_disc
from rebalance.model import DoubleArray, FloatArray

_INNER, _RING = 0.7, (0.75, 0.95)
"""Radii of the middle and of the ring at the edge, as fractions of the mask's radius."""
_OUTLINE = 6.0
"""Cycles per mask diameter up to which the energy at the edge is looked at, so that the noise of
an average of few particles is no energy at its edge."""
_FINE = 10.0
"""Cycles per mask diameter from which power is fine."""


def spectral_measures(images: FloatArray, radius: float) -> tuple[DoubleArray, DoubleArray]:
    """Mean spatial frequency of the power inside the mask, and the share of fine power.

    Blur, carbon edges and ice have their power in coarse rings, so that the first is low; noise
    has it in all, so that the second is high. Both depend on the power spectrum alone, which is
    the same for an object that is turned.

    Parameters
    ----------
    images : float32 (n, L, L)
    radius : float
        Of the mask, pixels.

    Returns
    -------
    float64 (n,)
        Cycles per pixel.
    float64 (n,)
        Power from ten cycles per mask diameter ÷ all power.
    """
    box = images.shape[1]
    mask = soft_disc(box, radius).astype(np.float64)
    frequency = _frequency(box)
    inside = frequency <= 0.5
    fine = inside & (frequency >= min(_FINE / (2 * radius), 0.45))
    mean_frequency, fine_share = np.zeros(len(images)), np.zeros(len(images))
    for i, image in enumerate(images):
        values = image.astype(np.float64)
        values = (values - (values * mask).sum() / mask.sum()) * mask
        power = np.abs(np.fft.fft2(values)) ** 2
        total = power[inside].sum() or 1.0
        mean_frequency[i] = (power * frequency)[inside].sum() / total
        fine_share[i] = power[fine].sum() / total
    return mean_frequency, fine_share


def edge_energy(images: FloatArray, radius: float) -> DoubleArray:
    """Mean square in a ring at the mask's edge ÷ that in the middle, above the background.

    Of the picture up to six cycles per mask diameter; the background is the median outside of
    nine tenths of the radius. A carbon film, neighbours and two particles side by side raise it.

    Parameters
    ----------
    images : float32 (n, L, L)
    radius : float
        Of the mask, pixels.

    Returns
    -------
    float64 (n,)
    """
    box = images.shape[1]
    distance = radius_of_pixels(box)
    middle = distance < _INNER * radius
    ring = (distance >= _RING[0] * radius) & (distance < _RING[1] * radius)
    outside = distance > 0.9 * radius
    keep = np.exp(-0.5 * (_frequency(box) * 2 * radius / _OUTLINE) ** 2)
    energy = np.zeros(len(images))
    for i, image in enumerate(images):
        values = image.astype(np.float64)
        smooth = np.fft.ifft2(np.fft.fft2(values) * keep).real - np.median(values[outside])
        within = float((smooth[middle] ** 2).mean())
        energy[i] = float((smooth[ring] ** 2).mean()) / (within or 1.0)
    return energy


def _frequency(box: int) -> DoubleArray:
    """float64 (L, L): cycles per pixel of each coefficient of the Fourier transform."""
    axis = np.fft.fftfreq(box)
    return np.hypot(axis[:, None], axis[None, :])
