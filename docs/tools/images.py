"""Makes pictures small enough for a page, and compares them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.spatial import cKDTree

WIDEST = 1100
"""Pixels; pages are no wider."""

MOST_BYTES = 300_000
GREYS, COLOURS = 64, 192
_COLOURED = 16
"""Difference between channels from which a pixel counts as colored."""


def shrink(source: Path, target: Path) -> None:
    """Write a picture at most `WIDEST` wide, with a palette if it would exceed `MOST_BYTES`.

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
    # Pillow's own mapping to a palette is coarse and turns white into gray.
    pixels = np.asarray(picture)
    _, index = cKDTree(palette).query(pixels.reshape(-1, 3))
    small = Image.fromarray(index.reshape(pixels.shape[:2]).astype(np.uint8), "P")
    small.putpalette(palette.astype(np.uint8).ravel().tolist())
    small.save(target, "PNG", optimize=True)


def difference(source: Path, target: Path) -> float:
    """Mean absolute difference between a picture and a shrunk one, in gray levels of 255.

    255 if their proportions differ.
    """
    new, old = _small(source), Image.open(target).convert("RGB")
    if max(abs(a - b) for a, b in zip(new.size, old.size, strict=True)) > 2:
        return 255.0
    first = np.asarray(new.resize(old.size), dtype=np.float64)
    return float(np.abs(first - np.asarray(old, dtype=np.float64)).mean())


def _palette(picture: Image.Image) -> npt.NDArray[np.float64]:
    """Grays for the class averages, and the few colors in the picture: (256, 3)."""
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
