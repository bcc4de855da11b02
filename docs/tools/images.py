"""Pictures of a session made small enough for a page, and how far two of them are apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.spatial import cKDTree

WIDEST = 1100
"""Pixels; a page shows no more."""

MOST_BYTES = 300_000
GREYS, COLOURS = 64, 192
_COLOURED = 16
"""Difference of the channels from which a pixel is not grey."""


def shrink(source: Path, target: Path) -> None:
    """Write a picture at most `WIDEST` wide, in a palette if it is larger than `MOST_BYTES` else.

    Parameters
    ----------
    source, target : Path
        PNG files.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    picture = _small(source)
    picture.save(target, "PNG", optimize=True)
    if target.stat().st_size < MOST_BYTES:
        return
    palette = _palette(picture)
    # Pillow's own mapping to a palette is coarse, and turns white into grey.
    pixels = np.asarray(picture)
    _, index = cKDTree(palette).query(pixels.reshape(-1, 3))
    small = Image.fromarray(index.reshape(pixels.shape[:2]).astype(np.uint8), "P")
    small.putpalette(palette.astype(np.uint8).ravel().tolist())
    small.save(target, "PNG", optimize=True)


def difference(source: Path, target: Path) -> float:
    """Mean absolute difference of a picture and what `shrink` made of one, in grey levels of 255.

    Pictures of other proportions differ by 255.
    """
    new, old = _small(source), Image.open(target).convert("RGB")
    if max(abs(a - b) for a, b in zip(new.size, old.size, strict=True)) > 2:
        return 255.0
    first = np.asarray(new.resize(old.size), dtype=np.float64)
    return float(np.abs(first - np.asarray(old, dtype=np.float64)).mean())


def _palette(picture: Image.Image) -> npt.NDArray[np.float64]:
    """Greys for the class averages, and the colours there are, which are few pixels: (256, 3)."""
    pixels = np.asarray(picture).reshape(-1, 3)
    coloured = pixels[np.ptp(pixels, axis=1) >= _COLOURED]
    found = Image.fromarray(coloured[None]).quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
    colours = np.array(found.getpalette()).reshape(-1, 3)[:COLOURS]
    greys = np.repeat(np.linspace(0, 255, GREYS).round()[:, None], 3, axis=1)
    return np.concatenate((greys, colours))


def _small(source: Path) -> Image.Image:
    picture = Image.open(source).convert("RGB")
    if picture.width > WIDEST:
        height = round(picture.height * WIDEST / picture.width)
        picture = picture.resize((WIDEST, height), Image.Resampling.LANCZOS)
    return picture
