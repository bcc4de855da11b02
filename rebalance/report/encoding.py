"""Arrays as text of a page: whole numbers of few bits, base64."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.model import Affinity, Alignment, IntArray

VALUE_STEPS = 65_535
"""An affinity is one of so many steps between 0 and 1: good for four decimals."""

TURN_STEPS = 65_536
SHIFT_STEPS = 127


def packed(array: npt.NDArray[Any], dtype: str) -> str:
    """Base64 of an array, little-endian."""
    little = np.ascontiguousarray(array).astype(np.dtype(dtype).newbyteorder("<"))
    return base64.b64encode(little.tobytes()).decode("ascii")


def packed_pairs(affinity: Affinity, shown: IntArray) -> dict[str, Any]:
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
    content: dict[str, Any] = {"values": packed(values, "u2")}
    if affinity.alignment is not None and len(i):
        content |= _motions(affinity.alignment, affinity.alignment.index(i, j))
    return content


def _motions(alignment: Alignment, at: IntArray) -> dict[str, Any]:
    turns = np.rint(alignment.rotation[at].astype(np.float64) * TURN_STEPS / 360) % TURN_STEPS
    shift = alignment.shift[at].astype(np.float64)
    step = float(np.abs(shift).max(initial=0.0)) / SHIFT_STEPS or 1.0
    bits = np.packbits(alignment.mirror[at], bitorder="little")
    return {
        "rotation": packed(turns, "u2"),
        "shift": packed(np.rint(shift / step), "i1"),
        "shift_step": step,
        "mirror": packed(bits, "u1"),
    }
