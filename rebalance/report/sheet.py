"""The class averages as one grey picture, tiles side by side, for the report page."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np

from rebalance.figures.tiles import grey
from rebalance.model import FloatArray

_ACROSS = 20
"""Tiles in a row of the sheet."""


def tile_side(n: int, box: int) -> int:
    """Pixels along a side of a tile: the more averages, the smaller, never above the box."""
    most = 128 if n <= 60 else 96 if n <= 150 else 72 if n <= 500 else 56
    return min(most, box)


def sheet(images: FloatArray) -> dict[str, Any]:
    """All images in one PNG, 8 bits, each with its own contrast.

    Parameters
    ----------
    images : float32 (n, L, L)

    Returns
    -------
    dict
        ``src``: the PNG as a data address; ``side`` of a tile in pixels, tiles ``across``, and
        ``fill``, the grey of each tile's rim, for what lies outside of it.
    """
    n, box = images.shape[:2]
    side = tile_side(n, box)
    tiles = grey(_resized(images, side))
    rim = np.ones((side, side), dtype=np.bool_)
    rim[2:-2, 2:-2] = False
    across = min(_ACROSS, n)
    down = -(-n // across)
    whole = np.zeros((down * across, side, side), dtype=np.uint8)
    whole[:n] = tiles
    picture = whole.reshape(down, across, side, side).transpose(0, 2, 1, 3)
    return {
        "src": _png(picture.reshape(down * side, across * side)),
        "side": side,
        "across": across,
        "fill": np.median(tiles[:, rim], axis=1).astype(int).tolist(),
    }


def _resized(images: FloatArray, side: int) -> FloatArray:
    """Scaled with a filter that lets nothing finer than a pixel of the tile fold back."""
    if images.shape[1] == side:
        return images
    from PIL import Image

    size, filter_ = (side, side), Image.Resampling.LANCZOS
    tiles = [Image.fromarray(image).resize(size, filter_) for image in images]
    return np.stack([np.asarray(tile, dtype=np.float32) for tile in tiles])


def _png(pixels: np.ndarray) -> str:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=6)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
