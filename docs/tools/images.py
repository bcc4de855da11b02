"""Pictures of a session made small enough for a page, and how far two of them are apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

WIDEST = 1100
"""Pixels; a page shows no more."""

MOST_BYTES = 300_000
COLOURS = 128


def shrink(source: Path, target: Path) -> None:
    """Write a picture at most `WIDEST` wide, in a palette that keeps it small.

    Parameters
    ----------
    source, target : Path
        PNG files.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _small(source).quantize(COLOURS, dither=Image.Dither.NONE).save(target, "PNG", optimize=True)


def difference(source: Path, target: Path) -> float:
    """Mean absolute difference of a picture and what `shrink` made of one, in grey levels of 255.

    Pictures of other proportions differ by 255.
    """
    new, old = _small(source), Image.open(target).convert("RGB")
    if max(abs(a - b) for a, b in zip(new.size, old.size, strict=True)) > 2:
        return 255.0
    first = np.asarray(new.resize(old.size), dtype=np.float64)
    return float(np.abs(first - np.asarray(old, dtype=np.float64)).mean())


def _small(source: Path) -> Image.Image:
    picture = Image.open(source).convert("RGB")
    if picture.width > WIDEST:
        height = round(picture.height * WIDEST / picture.width)
        picture = picture.resize((WIDEST, height), Image.Resampling.LANCZOS)
    return picture
