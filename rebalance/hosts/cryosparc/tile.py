"""The picture on the card of the External job: one class average a superclass, without words."""

from __future__ import annotations

import io
from math import ceil, sqrt

import numpy as np

from rebalance.figures.tiles import grey, placed
from rebalance.model import ClassAverages, Superclasses, Transform

_MOST = 24
_SIDE, _GAP = 96, 4
"""Pixels."""
_WIDE = 1.5
"""Ratio of width to height of a card."""


def tile_of(averages: ClassAverages, superclasses: Superclasses) -> bytes:
    """The medoids of the largest superclasses side by side, as a PNG.

    Parameters
    ----------
    averages : ClassAverages
    superclasses : Superclasses
        Over the same averages; one at least.
    """
    from PIL import Image

    rows = superclasses.medoid_row[:_MOST]
    pictures = grey(placed(averages.images[rows], [Transform()] * len(rows), _SIDE))
    columns = min(len(rows), ceil(sqrt(_WIDE * len(rows))))
    pitch = _SIDE + _GAP
    lines = -(-len(rows) // columns)
    sheet = np.full((lines * pitch - _GAP, columns * pitch - _GAP), 255, dtype=np.uint8)
    for at, picture in enumerate(pictures):
        top, left = pitch * (at // columns), pitch * (at % columns)
        sheet[top : top + _SIDE, left : left + _SIDE] = picture
    written = io.BytesIO()
    Image.fromarray(sheet).save(written, "PNG")
    return written.getvalue()
