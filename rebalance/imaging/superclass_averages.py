"""One picture of each superclass: its medoid, or the mean of its members laid on the medoid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rebalance.imaging.centring import find_objects
from rebalance.imaging.masks import radius_of_pixels, soft_disc
from rebalance.model import Alignment, FloatArray, IntArray, Transform

_RIM = 0.94
"""Of the half side: the ring beyond is background."""


def mean_on_medoid(
    images: FloatArray,
    members: Sequence[IntArray],
    medoid: IntArray,
    alignment: Alignment | None,
    weight: IntArray | None = None,
) -> FloatArray:
    """The mean of each superclass, every member turned, shifted and mirrored onto the medoid.

    Parameters
    ----------
    images : float32 (N, L, L)
    members : K of int64
        Rows of each superclass.
    medoid : int64 (K,)
        Its medoid's row.
    alignment : Alignment, optional
        Of all pairs of rows; without one, images are taken as they lie.
    weight : int64 (N,), optional
        Particles of each; by default all count the same.

    Returns
    -------
    float32 (K, L, L)
        Where a member doesn't reach, its background counts.
    """
    box = images.shape[1]
    means = np.empty((len(members), box, box), dtype=np.float32)
    for number, rows in enumerate(members):
        counts = np.ones(len(rows)) if weight is None else weight[rows].astype(np.float64)
        if not counts.any():
            counts = np.ones(len(rows))
        total = np.zeros((box, box))
        for row, count in zip(rows.tolist(), counts.tolist(), strict=True):
            motion = Transform()
            if alignment is not None:
                motion = alignment.pair(int(medoid[number]), row)
            total += count * _moved(images[row], motion)
        means[number] = total / counts.sum()
    return means


def for_picking(images: FloatArray, radius: float) -> FloatArray:
    """Pictures as references for picking: centred, background at 0, nothing outside of the mask.

    Contrast is as in the input, bright particles or dark ones.

    Parameters
    ----------
    images : float32 (K, L, L)
    radius : float
        Of the mask, pixels.

    Returns
    -------
    float32 (K, L, L)
    """
    box = images.shape[1]
    disc = soft_disc(box, min(radius, box / 2 - 1))
    centre = find_objects(images, radius).centre
    references = np.empty_like(images, dtype=np.float32)
    for number, (image, (x, y)) in enumerate(zip(images, centre.tolist(), strict=True)):
        moved = _moved(image, Transform(shift=(-x, -y)))
        references[number] = (moved - _background(moved)) * disc
    return references


def _moved(image: FloatArray, motion: Transform) -> FloatArray:
    if motion == Transform():
        return np.asarray(image, dtype=np.float32)
    return motion.apply(image, fill=_background(image))


def _background(image: FloatArray) -> float:
    box = image.shape[0]
    return float(np.median(image[radius_of_pixels(box) >= _RIM * box / 2]))
