"""Cubic B-spline coefficients of images, from which they are laid onto one another."""

from __future__ import annotations

import numpy as np

from rebalance.model import FloatArray


def spline_coefficients(images: FloatArray) -> FloatArray:
    """Coefficients of the cubic B-spline through the pixels, mirrored at the edges.

    Parameters
    ----------
    images : float32 (N, L, L)

    Returns
    -------
    float32 (N, L, L)
    """
    from scipy.ndimage import spline_filter

    out = np.empty(images.shape, dtype=np.float32)
    for image, coefficients in zip(images, out, strict=True):
        coefficients[:] = spline_filter(image.astype(np.float64), order=3)
    return out
