"""Images that clearly show no object in their middle, and are not used for the map of views.

These are fewer than `rebalance.imaging.pictures` finds, since too strict a choice would make
misfits stand out less. The thresholds were chosen on realistic simulated jobs, with seeds that no
benchmark uses.
"""

from __future__ import annotations

import numpy as np

from rebalance.imaging.masks import radius_of_pixels
from rebalance.model import BoolArray, DoubleArray, FloatArray, IntArray

FEWEST = 20
"""Averages below which none is judged: what bright ones have is not known then."""
OBJECT = 0.5
"""Brightness of the middle of bright averages from which they show a solid object. Of shells and
rings it is less, and then a dim middle says nothing."""
DIM = 0.45
"""A middle is dim if its brightness is below this share of what bright averages have."""
_BRIGHT = 0.75
"""Quantile of the middles of all averages that stands for bright ones."""
LEVEL = 0.7
"""Skewness below which bright spots don't stand out."""
SMOOTH = 0.68
"""Share of the variance that a parabola explains from which a picture is a shade."""
DARK = -0.9
"""Skewness from which a picture is dark on bright."""


def middle_measures(images: FloatArray, radius: float) -> tuple[DoubleArray, ...]:
    """Brightness of the middle, skewness, and share of a parabola; of pixels inside the mask.

    Parameters
    ----------
    images : float32 (n, L, L)
    radius : float
        Of the mask, pixels.

    Returns
    -------
    middle : float64 (n,)
        Mean inside half the radius − mean outside three quarters, in standard deviations.
    skewness : float64 (n,)
    smooth : float64 (n,)
        Part of the variance that a polynomial of second degree explains.

    The sign of all images is turned where most are dark on bright.
    """
    box = images.shape[1]
    distance = radius_of_pixels(box)
    inside = distance <= radius
    values = images[:, inside].astype(np.float64)
    values -= values.mean(axis=1, keepdims=True)
    values /= values.std(axis=1, keepdims=True) + 1e-12
    r = distance[inside] / radius
    middle = values[:, r < 0.5].mean(axis=1) - values[:, r > 0.75].mean(axis=1)
    skewness = (values**3).mean(axis=1)
    y, x = (axis[inside] / radius for axis in np.indices((box, box)) - box // 2)
    basis, _ = np.linalg.qr(np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1))
    smooth = ((values @ basis) ** 2).sum(axis=1) / inside.sum()
    sign = -1.0 if len(images) and np.clip(skewness, -2, 2).mean() < 0 else 1.0
    return sign * middle, sign * skewness, smooth


def is_dim(middle: DoubleArray) -> BoolArray:
    """bool (n,): averages whose middle is far less bright than that of others."""
    if len(middle) < FEWEST:
        return np.zeros(len(middle), dtype=np.bool_)
    bright = float(np.quantile(middle, _BRIGHT))
    return np.asarray((bright >= OBJECT) & (middle < DIM * bright))


def why_no_object(
    images: FloatArray, radius: float, n_particles: IntArray | None
) -> list[tuple[str, ...]]:
    """Reasons against an object in the middle of each of n pictures; empty if none.

    Parameters
    ----------
    images : float32 (n, L, L)
    radius : float
        Of the mask, pixels.
    n_particles : int64 (n,), optional
        An average of fewer particles than most may be a view that noise hides. Without them a dim
        middle alone is no reason.
    """
    n = len(images)
    if n < FEWEST:
        return [()] * n
    middle, skewness, smooth = middle_measures(images, radius)
    dim = is_dim(middle)
    many = np.zeros(n, dtype=np.bool_)
    if n_particles is not None:
        many = n_particles >= np.median(n_particles)
    said = {
        "its middle is no brighter than its rim, though it has as many particles as most": dim
        & many
        & (skewness < LEVEL),
        "it is a smooth shade": dim & (smooth > SMOOTH),
        "it is dark where others are bright": dim & (skewness < DARK),
    }
    return [tuple(words for words, holds in said.items() if holds[i]) for i in range(n)]
