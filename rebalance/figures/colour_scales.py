"""Scales of colour with numbers beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rebalance.figures import style
from rebalance.figures.layout import axes_at, fill_at, text_at

if TYPE_CHECKING:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

COLOR_MAP = "magma_r"
"""Light for few, dark for many; even steps of lightness."""

NONE = "#e9eaec"
"""Where there is nothing: a light grey that the scale doesn't have."""

BAR = 0.11
"""Inches."""


def log_scale(counts: npt.ArrayLike) -> LogNorm:
    """From 1 to the most, or to eight times the mean, so that alike counts are not all dark."""
    from matplotlib.colors import LogNorm

    counts = np.asarray(counts, dtype=np.float64)
    mean = counts[counts > 0].mean() if counts.any() else 1.0
    return LogNorm(1, max(counts.max(initial=1), 8 * mean, 10.0))


def counts_bar(
    figure: Figure, drawn: ScalarMappable, left: float, top: float, height: float, label: str
) -> None:
    """A bar of a scale of counts, 1, 10, 100 … beside it, and under it what none looks like."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    bar = axes_at(figure, left, top, BAR, height - 0.28)
    figure.colorbar(drawn, cax=bar)
    bar.yaxis.set_major_locator(LogLocator(10))
    bar.yaxis.set_minor_locator(NullLocator())
    bar.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    bar.set_ylabel(label, fontsize=style.SMALL)
    swatch(figure, left, top + height - 0.14, NONE, "0")


def swatch(figure: Figure, left: float, top: float, colour: str, words: str) -> None:
    """A square of a colour and what it stands for."""
    fill_at(figure, left, top, BAR, BAR, colour)
    text_at(figure, left + BAR + 0.07, top + BAR / 2, words, style.SMALL, va="center")


def nice_edges(low: float, high: float) -> list[float]:
    """Round numbers on a logarithmic axis: 1, 2, 5 of each power of ten, or 1 alone of many."""
    powers = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    steps = (1, 2, 5) if np.log10(high / low) < 2.2 else (1,)
    values = [step * 10.0**power for power in powers for step in steps]
    return [value for value in values if low <= value <= high]
