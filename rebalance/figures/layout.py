"""A new picture with its heading, and what is placed on it at inches from its upper left corner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rebalance.figures.style import BODY, INK, MARGIN, MUTED, RULE, SUBTITLE, TINY, TITLE
from rebalance.figures.text import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text


def new_figure(width: float, height: float, title: str, subtitle: str = "") -> Figure:
    """A white figure with its heading in the upper left corner.

    Parameters
    ----------
    width, height : float
        Inches, the heading included.
    title, subtitle : str
        Shortened in the middle where the figure is too narrow for them.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from rebalance.figures.picture import Picture

    dpi = dots_per_inch(width, height)
    # Whole pixels, so that a raster laid over the whole figure is never resampled.
    figure = Picture(figsize=(round(width * dpi) / dpi, round(height * dpi) / dpi), dpi=dpi)
    FigureCanvasAgg(figure)
    room = (width - 2 * MARGIN) * 72
    text_at(figure, MARGIN, 0.18, shorten(title, room, TITLE, bold=True), TITLE, bold=True)
    if subtitle:
        text_at(figure, MARGIN, 0.40, shorten(subtitle, room, SUBTITLE), SUBTITLE, color=MUTED)
    return figure


def dots_per_inch(width: float, height: float) -> int:
    """Crisp for small figures, and never more than 4,000 pixels on a side."""
    return int(max(50, min(200 if max(width, height) <= 9 else 150, 4000 / max(width, height))))


def text_at(
    figure: Figure,
    x: float,
    y: float,
    text: str,
    size: float = BODY,
    *,
    bold: bool = False,
    color: str = INK,
    ha: str = "left",
    va: str = "top",
) -> Text:
    """Text at inches from the left and from the upper edge of the figure; no mathematics in it."""
    width, height = figure.get_size_inches()
    return figure.text(
        x / width,
        1 - y / height,
        text,
        fontsize=size,
        fontweight="bold" if bold else "normal",
        color=color,
        ha=ha,
        va=va,
        parse_math=False,
    )


def fill_at(
    figure: Figure, left: float, top: float, width: float, height: float, color: str
) -> None:
    """A rectangle of one colour; inches from the left and upper edges of the figure."""
    from matplotlib.patches import Rectangle

    full_width, full_height = figure.get_size_inches()
    figure.add_artist(
        Rectangle(
            (left / full_width, 1 - (top + height) / full_height),
            width / full_width,
            height / full_height,
            facecolor=color,
            transform=figure.transFigure,
        )
    )


def line_at(figure: Figure, *points: tuple[float, float]) -> None:
    """A thin grey line through points in inches from the left and upper edges of the figure."""
    from matplotlib.lines import Line2D

    width, height = figure.get_size_inches()
    figure.add_artist(
        Line2D(
            [x / width for x, _ in points],
            [1 - y / height for _, y in points],
            color=RULE,
            linewidth=0.5,
            transform=figure.transFigure,
        )
    )


def label_at(
    figure: Figure, x: float, y: float, text: str, *, bold: bool = False, color: str = INK
) -> None:
    """Tiny text whose left baseline is at inches from the left and upper edges; for hundreds."""
    from rebalance.figures.artists import Label

    width, height = figure.get_size_inches()
    figure.add_artist(Label(x / width, 1 - y / height, text, TINY, bold=bold, color=color))


def axes_at(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at inches from the left and upper edges of the figure."""
    full_width, full_height = figure.get_size_inches()
    return figure.add_axes(
        (
            left / full_width,
            1 - (top + height) / full_height,
            width / full_width,
            height / full_height,
        )
    )
