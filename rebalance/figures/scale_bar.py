"""How long something is in the pictures of class averages."""

from __future__ import annotations

from math import floor, log10
from typing import TYPE_CHECKING

from rebalance.figures import style
from rebalance.figures.layout import fill_at, text_at
from rebalance.figures.text import text_width
from rebalance.model import ClassAverages

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def scale_bar(
    figure: Figure, averages: ClassAverages, tile: float, left: float, top: float
) -> None:
    """A bar of a round length, and what it is; words alone where no pixel size is known.

    Parameters
    ----------
    figure : Figure
    averages : ClassAverages
    tile : float
        Inches that a box has in the picture.
    left, top : float
        Inches from the left and upper edges.
    """
    bar, text = _length(averages, tile)
    if bar:
        fill_at(figure, left, top + 0.045, bar, 0.03, style.INK)
        left += bar + 0.06
    text_at(figure, left, top, text, style.SMALL, color=style.MUTED)


def width(averages: ClassAverages, tile: float) -> float:
    """Inches that `scale_bar` takes."""
    bar, text = _length(averages, tile)
    return text_width(text, style.SMALL) / 72 + (bar + 0.06 if bar else 0.0)


def _length(averages: ClassAverages, tile: float) -> tuple[float, str]:
    box, pixel_size = averages.box, averages.pixel_size
    if not pixel_size:
        return 0.0, f"Box {box} pixels; pixel size unknown"
    length = _round_length(0.6 * box * pixel_size)
    bar = length / (box * pixel_size) * tile
    return bar, f"{length:g} Å (box {box} pixels of {pixel_size:.4g} Å)"


def _round_length(most: float) -> float:
    """The largest of 1, 2, 5, 10, 20, 50, … that is not above ``most``."""
    power = 10.0 ** floor(log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most)
