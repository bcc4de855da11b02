"""Arrays and images as text of the report page: whole numbers of few bits and PNG, in base64."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.figures.tiles import grey
from rebalance.model import Affinity, Alignment, FloatArray, IntArray

VALUE_STEPS = 65_535
"""An affinity is one of so many steps between 0 and 1: good for four decimals."""

TURN_STEPS = 65_536
SHIFT_STEPS = 127

_TILES_ACROSS = 20
"""Tiles in a row of the sheet."""


def encoded(array: npt.NDArray[Any], dtype: str) -> str:
    """Base64 of an array, little-endian."""
    little = np.ascontiguousarray(array).astype(np.dtype(dtype).newbyteorder("<"))
    return base64.b64encode(little.tobytes()).decode("ascii")


def encoded_pairs(affinity: Affinity, shown: IntArray) -> dict[str, Any]:
    """Affinity and motion of every pair of the averages shown, condensed as in `Alignment`.

    Parameters
    ----------
    affinity : Affinity
    shown : int64 (n,)
        Indices of averages, rising.

    Returns
    -------
    dict
        ``values``: uint16, affinity × 65,535. Where pairs are aligned, ``rotation``: uint16,
        degrees × 65,536 / 360 (0.006° a step), ``shift``: int8 (x, y) in steps of ``shift_step``
        pixels, ``mirror``: a bit a pair, the lowest bit of a byte first.
    """
    row, column = np.triu_indices(len(shown), 1)
    i, j = shown[row], shown[column]
    values = np.rint(affinity.values[i, j].astype(np.float64) * VALUE_STEPS)
    content: dict[str, Any] = {"values": encoded(values, "u2")}
    if affinity.alignment is not None and len(i):
        content |= _motions(affinity.alignment, affinity.alignment.index(i, j))
    return content


def _motions(alignment: Alignment, at: IntArray) -> dict[str, Any]:
    turns = np.rint(alignment.rotation[at].astype(np.float64) * TURN_STEPS / 360) % TURN_STEPS
    shift = alignment.shift[at].astype(np.float64)
    step = float(np.abs(shift).max(initial=0.0)) / SHIFT_STEPS or 1.0
    bits = np.packbits(alignment.mirror[at], bitorder="little")
    return {
        "rotation": encoded(turns, "u2"),
        "shift": encoded(np.rint(shift / step), "i1"),
        "shift_step": step,
        "mirror": encoded(bits, "u1"),
    }


def tile_side(n: int, box: int) -> int:
    """Pixels along a side of a tile: the more averages, the smaller, never above the box."""
    most = 128 if n <= 60 else 96 if n <= 150 else 72 if n <= 500 else 56
    return min(most, box)


def encoded_sheet(images: FloatArray, most: int = 128) -> dict[str, Any]:
    """All images in one PNG, 8 bits, each with its own contrast.

    Parameters
    ----------
    images : float32 (n, L, L)
    most : int
        Pixels along a side of a tile.

    Returns
    -------
    dict
        ``src``: the PNG as a data address; ``side`` of a tile in pixels, tiles ``across``, and
        ``fill``, the grey of each tile's rim, for what lies outside of it.
    """
    n, box = images.shape[:2]
    side = min(tile_side(n, box), most)
    tiles = grey(_resized(images, side))
    rim = np.ones((side, side), dtype=np.bool_)
    rim[2:-2, 2:-2] = False
    across = min(_TILES_ACROSS, n)
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
