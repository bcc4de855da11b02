"""Class averages as small grey pictures: moved onto the medoid, scaled, each with its contrast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rebalance.model import Affinity, FloatArray, IntArray, Transform

CONTRAST = (0.3, 99.7)
"""Percentiles of the pixels in the inscribed disc that become black and white."""

BACKGROUND_WIDTH = 0.06
"""Width of the outermost ring of the box, whose median fills pixels from outside the image."""


def onto_medoid(members: IntArray, medoid: int, affinity: Affinity | None) -> list[Transform]:
    """The transform that lays each member on its medoid; no motion where nothing was aligned."""
    if affinity is None or affinity.alignment is None:
        return [Transform()] * len(members)
    return [affinity.alignment.pair(int(medoid), int(member)) for member in members]


def placed(images: FloatArray, transforms: Sequence[Transform], side: int) -> FloatArray:
    """Move and scale images in one interpolation.

    Parameters
    ----------
    images : float32 (n, L, L)
    transforms : n of Transform
        As in `Transform.apply`, about pixel (L/2, L/2) of the unscaled image.
    side : int
        Pixels along a side of the result.

    Returns
    -------
    float32 (n, side, side)
        With ``side == L`` the same as `Transform.apply`. Much larger images are averaged over
        blocks of pixels first, so that nothing finer than a result's pixel folds back.
    """
    from scipy.ndimage import affine_transform

    box = images.shape[1]
    block = max(1, box // side)
    binned = _binned(images, block)
    background = np.median(binned[:, _ring(binned.shape[1])], axis=1)
    scale, centre = box / side, np.full(2, box // 2, dtype=np.float64)
    result = np.empty((len(images), side, side), dtype=np.float32)
    for image, transform, fill, out in zip(binned, transforms, background, result, strict=True):
        inverse = np.linalg.inv(transform.matrix)
        # Pixel p of the result lies at scale·(p + ½) − ½ of the image that it is laid onto, and
        # pixel q of the binned image at block·(q + ½) − ½ of the image that it came from.
        start = np.full(2, scale / 2 - 0.5) - centre - np.asarray(transform.shift)
        offset = (inverse @ start + centre - (block - 1) / 2) / block
        affine_transform(
            image,
            (inverse * scale / block)[::-1, ::-1],
            offset[::-1],
            output_shape=(side, side),
            output=out,
            order=3,
            cval=float(fill),
        )
    return result


def grey(images: FloatArray) -> npt.NDArray[np.uint8]:
    """Each image to 0…255 between its own robust percentiles.

    Parameters
    ----------
    images : float32 (n, S, S)

    Returns
    -------
    uint8 (n, S, S)
    """
    side = images.shape[1]
    low, high = np.percentile(images[:, _disc(side)], CONTRAST, axis=1).astype(np.float32)
    span = np.where(high > low, high - low, 1)
    levels = (images - low[:, None, None]) * (255 / span)[:, None, None]
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def _binned(images: FloatArray, block: int) -> FloatArray:
    if block == 1:
        return np.asarray(images, dtype=np.float32)
    n, side = len(images), images.shape[1] // block
    cut = images[:, : side * block, : side * block].reshape(n, side, block, side, block)
    return cut.mean(axis=(2, 4), dtype=np.float32)


def _radius(side: int) -> FloatArray:
    line = np.arange(side, dtype=np.float32) - (side - 1) / 2
    return np.hypot(line[:, None], line[None, :]) / (side / 2)


def _disc(side: int) -> npt.NDArray[np.bool_]:
    return _radius(side) <= 1


def _ring(side: int) -> npt.NDArray[np.bool_]:
    radius = _radius(side)
    return (radius <= 1) & (radius >= 1 - max(BACKGROUND_WIDTH, 4 / side))
