"""A soft disc about any point, and images masked by it."""

from __future__ import annotations

import numpy as np

from rebalance.kernels.compile import jit


@jit
def soft_disc(box, x0, y0, radius, edge, out):
    """1 inside radius − edge, 0 beyond the radius, a cosine between.

    Parameters
    ----------
    box : int
    x0, y0 : float
        Centre from pixel (L/2, L/2), pixels.
    radius, edge : float
        Pixels.
    out : float32 (L, L)
    """
    middle = box // 2
    inner = max(radius - edge, 0.0)
    for row in range(box):
        for column in range(box):
            square = (column - middle - x0) ** 2 + (row - middle - y0) ** 2
            if square <= inner * inner:
                out[row, column] = 1.0
            elif square >= radius * radius:
                out[row, column] = 0.0
            else:
                ramp = (radius - np.sqrt(square)) / edge
                out[row, column] = 0.5 - 0.5 * np.cos(np.pi * ramp)


@jit
def mask_images(images, centre, radius, edge, out):
    """Remove the mean under the disc, weighted by it, and multiply by it.

    Parameters
    ----------
    images : float32 (N, L, L)
    centre : float64 (N, 2)
        (x, y) from pixel (L/2, L/2).
    radius, edge : float
        Pixels.
    out : float32 (N, L, L)
    """
    box = images.shape[1]
    mask = np.empty((box, box), dtype=np.float32)
    for n in range(images.shape[0]):
        if n == 0 or centre[n, 0] != centre[n - 1, 0] or centre[n, 1] != centre[n - 1, 1]:
            soft_disc(box, centre[n, 0], centre[n, 1], radius, edge, mask)
        weight = 0.0
        total = 0.0
        for row in range(box):
            for column in range(box):
                weight += mask[row, column]
                total += np.float64(mask[row, column]) * images[n, row, column]
        mean = np.float32(total / weight) if weight > 0.0 else np.float32(0.0)
        for row in range(box):
            for column in range(box):
                out[n, row, column] = (images[n, row, column] - mean) * mask[row, column]
