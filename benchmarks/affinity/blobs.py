"""Pictures of random blobs and turned copies of them, on which coarse detail tells little."""

from __future__ import annotations

import numpy as np

from rebalance.model import ClassAverages, FloatArray

_BLOBS = 24
"""Gaussians of a picture."""

_REACH = 0.28
"""Of their centres from the middle, as a part of the box."""

_WIDTHS = 0.01, 0.05
"""Of the Gaussians, as parts of the box."""


def blob_stack(
    pictures: int, copies: int, box: int = 128, *, noise: float = 0.0, seed: int = 0
) -> ClassAverages:
    """Each picture so many times, turned at random; every copy is drawn anew, not interpolated.

    Parameters
    ----------
    pictures, copies : int
        N is their product.
    box : int
        Pixels.
    noise : float
        Standard deviation of white noise, in those of its image.
    """
    rng = np.random.default_rng(seed)
    length = _REACH * box * np.sqrt(rng.uniform(size=(pictures, 1, _BLOBS)))
    bearing = rng.uniform(0, 2 * np.pi, size=(pictures, 1, _BLOBS))
    width = rng.uniform(*_WIDTHS, size=(pictures, 1, _BLOBS, 1)) * box
    height = rng.uniform(0.3, 1.0, size=(pictures, 1, _BLOBS, 1))
    bearing = bearing + rng.uniform(0, 2 * np.pi, size=(pictures, copies, 1))
    axis = np.arange(box) - box // 2
    across, down = (
        np.exp(-0.5 * ((axis - (length * wave)[..., None]) / width) ** 2)
        for wave in (np.cos(bearing), np.sin(bearing))
    )
    drawn = np.swapaxes(height * down, -1, -2) @ across
    images: FloatArray = drawn.reshape(-1, box, box).astype(np.float32)
    if noise:
        spread = noise * images.std(axis=(1, 2), keepdims=True)
        images += spread * rng.standard_normal(images.shape, dtype=np.float32)
    return ClassAverages(images, np.arange(1, len(images) + 1))
