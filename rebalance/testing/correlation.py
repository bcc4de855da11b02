"""The correlation that an affinity is the maximum of, written plainly, for one motion of one pair.

As in docs/method.md: under a soft disc, in a band of frequencies, rings whitened; by FFT on the
pixel grid, where the kernels work in polar coordinates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.model import FloatArray

PADDING = 4
"""Rings that are fine enough for the edges of the band."""

FAINTEST = 1e-6
"""Power density, part of the strongest ring's, below which a ring is not raised further."""


def masked_image(image: FloatArray, radius: float) -> FloatArray:
    """Under a soft disc, 1 up to 0.9 of its radius (pixels), less the mean under it."""
    axis = np.arange(len(image)) - len(image) // 2
    from_middle = np.hypot(axis[:, None], axis[None, :]) / radius
    disc = 0.5 + 0.5 * np.cos(np.pi * np.clip((from_middle - 0.9) / 0.1, 0, 1))
    return np.asarray(disc * (image - (disc * image).sum() / disc.sum()), dtype=np.float32)


def correlation(first: FloatArray, second: FloatArray, facts: Mapping[str, Any]) -> float:
    """Normalised correlation of two masked images as they lie.

    Parameters
    ----------
    first, second : float32 (L, L)
    facts : mapping
        What the metric says of itself: ``low_pass_px`` and ``high_pass_px``, where None or absent
        sets no limit; ``whitening``, the exponent by which the amplitude about each ring is evened
        out, and with it ``mask_diameter_px``.
    """
    a, b = (_spectrum(image, facts) for image in (first, second))
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.vdot(a, b).real) / norm if norm > 0 else 0.0


def _spectrum(image: FloatArray, facts: Mapping[str, Any]) -> npt.NDArray[np.complex128]:
    size = PADDING * len(image)
    frequency = np.fft.fftfreq(size)
    radius = np.hypot(frequency[:, None], frequency[None, :])
    low_pass, high_pass = facts.get("low_pass_px"), facts.get("high_pass_px")
    keep = np.ones_like(radius, dtype=np.bool_)
    if high_pass:
        keep &= radius >= 1.0 / high_pass
    if low_pass:
        keep &= radius <= 1.0 / low_pass
    spectrum = np.where(keep, np.fft.fft2(image.astype(np.float64), (size, size)), 0.0)
    whitening = float(facts.get("whitening") or 0.0)
    if whitening == 0.0:
        return spectrum
    ring = np.rint(radius * size).astype(np.int64)
    power = np.bincount(ring.ravel(), (np.abs(spectrum) ** 2).ravel())
    samples = np.bincount(ring.ravel(), keep.ravel())
    # A mask of radius R smears frequencies by about 1 / 2R.
    at = np.arange(len(power)) / size
    near = np.exp(-0.5 * (float(facts["mask_diameter_px"]) * (at[:, None] - at)) ** 2)
    density = (near @ power) / np.maximum(near @ samples, np.finfo(np.float64).tiny)
    inside = samples > 0
    density = np.maximum(density, FAINTEST * density[inside].max())
    return np.asarray(spectrum * density[ring] ** (-whitening / 2))
