"""How densely particles look from each direction, now and after balancing, and how evenly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rebalance.figures import style
from rebalance.figures.hemisphere import Hemisphere, from_disc
from rebalance.figures.layout import axes_at, new_figure, text_at
from rebalance.figures.sphere_axes import draw_disc, limits
from rebalance.figures.text import joined
from rebalance.figures.view_density import smoothed
from rebalance.figures.view_words import doubt
from rebalance.figures.views import drawn_hemisphere
from rebalance.model import DoubleArray, IntArray, ViewBalance, Views

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DISC, GAP, BAR, BARS = 2.5, 0.25, 0.11, 1.95
"""Inches: a sphere, between two, the scale of colours, the bars of uniformity."""

PIXELS, PIXELS_OF_LARGE_GROUPS, LARGE = 96, 48, 12
"""Along a side of a sphere's picture; of groups above order 12, whose units are small, fewer."""

COLOR_MAP = "magma_r"
"""Light where few look from, dark where many; even steps of lightness."""


@style.styled
def particles_over_views(views: Views, balance: ViewBalance, *, job: str = "") -> Figure:
    """Density of particles over the sphere, and its uniformity compared with random dropping.

    Parameters
    ----------
    views : Views
    balance : ViewBalance
        Over the same averages.
    job : str
        For the heading.
    """
    hemisphere = drawn_hemisphere(views, balance.before.astype(np.float64))
    maps = [("now", balance.before)]
    if balance.after is not None:
        maps = [("before", balance.before), ("after balancing", balance.after)]
    figure = new_figure(
        2 * style.MARGIN + len(maps) * (DISC + GAP) + 0.65 + 0.35 + BARS,
        style.HEADER + 0.3 + DISC + 0.1 + style.MARGIN,
        _title(balance),
        joined(
            job,
            f"point group {views.symmetry}",
            f"{int(balance.before.sum()):,} particles",
            doubt(views),
        ),
    )
    at = _grid(hemisphere)
    densities = [_density(views, counts, hemisphere, at) for _, counts in maps]
    top = max(2.0, float(np.nanmax(densities)))
    for place, ((name, counts), density) in enumerate(zip(maps, densities, strict=True)):
        left = style.MARGIN + place * (DISC + GAP)
        words = f"{name.capitalize()}: {int(counts.sum()):,} particles"
        text_at(figure, left, style.HEADER, words, bold=True)
        axes = axes_at(figure, left, style.HEADER + 0.3, DISC, DISC)
        _draw(axes, density, hemisphere, top)
    left = style.MARGIN + len(maps) * (DISC + GAP)
    bar = axes_at(figure, left, style.HEADER + 0.3 + 0.15 * DISC, BAR, 0.7 * DISC)
    figure.colorbar(axes.images[0], cax=bar)
    bar.tick_params(labelsize=style.SMALL)
    bar.set_ylabel("density (1 = uniform)", fontsize=style.SMALL)
    _bars(figure, left + 0.65 + 0.35, balance)
    return figure


def _title(balance: ViewBalance) -> str:
    words = f"Uniformity of views {balance.uniformity:.2f}"
    if balance.uniformity_after is None:
        return words
    words += f" before, {balance.uniformity_after:.2f} after"
    if balance.uniformity_at_random is not None:
        words += f"; {balance.uniformity_at_random:.2f} with the same number dropped at random"
    return words


def _grid(hemisphere: Hemisphere) -> DoubleArray:
    """Directions of pixels in the frame that is drawn, upper row first; NaN off the disc."""
    left, lower, side = limits(hemisphere)
    n = PIXELS if len(hemisphere.copies) <= LARGE else PIXELS_OF_LARGE_GROUPS
    line = (np.arange(n) + 0.5) / n * side
    x, y = np.meshgrid(left + line, lower + line[::-1])
    return from_disc(np.stack([x, y], axis=-1))


def _density(
    views: Views, counts: IntArray, hemisphere: Hemisphere, at: DoubleArray
) -> DoubleArray:
    on_disc = np.isfinite(at[..., 0])
    density = np.full(at.shape[:2], np.nan)
    density[on_disc] = smoothed(views, counts, at[on_disc] @ hemisphere.frame)
    return density


def _draw(axes: Axes, density: DoubleArray, hemisphere: Hemisphere, top: float) -> None:
    from matplotlib.patches import Polygon

    draw_disc(axes, hemisphere, over=True)
    left, lower, side = limits(hemisphere)
    picture = axes.imshow(
        density,
        cmap=COLOR_MAP,
        vmin=0,
        vmax=top,
        extent=(left, left + side, lower, lower + side),
        interpolation="bilinear",
        zorder=0.1,
    )
    # What lies outside of the unit is a copy of what lies in it.
    edge = Polygon(hemisphere.outline, closed=True, transform=axes.transData)
    picture.set_clip_path(edge)


def _bars(figure: Figure, left: float, balance: ViewBalance) -> None:
    rows = [("now" if balance.after is None else "before", balance.uniformity, style.RULE)]
    if balance.uniformity_at_random is not None:
        rows.append(("random dropping", balance.uniformity_at_random, style.RULE))
    if balance.uniformity_after is not None:
        rows.append(("after balancing", balance.uniformity_after, style.AFTER))
    text_at(figure, left, style.HEADER, "Uniformity of views", bold=True)
    top = style.HEADER + 0.32
    for name, value, color in rows:
        text_at(figure, left, top, name, style.SMALL, color=style.MUTED)
        axes = axes_at(figure, left, top + 0.14, BARS - 0.4, 0.15)
        axes.barh(0, 1, 1, color="#f0f0ee")
        axes.barh(0, value, 1, color=color)
        axes.set_xlim(0, 1)
        axes.set_ylim(-0.5, 0.5)
        axes.set_axis_off()
        text_at(figure, left + BARS - 0.36, top + 0.215, f"{value:.2f}", va="center", bold=True)
        top += 0.46
    lines = ["1 = Fourier space evenly filled,", "near 0 = gaps."]
    if balance.uniformity_after is not None and balance.uniformity_at_random is not None:
        # Of the numbers as they are shown.
        gain = round(balance.uniformity_after, 2) - round(balance.uniformity_at_random, 2)
        lines = [f"Gain over random {'−' if gain < 0 else '+'}{abs(gain):.2f}.", *lines]
    for line in lines:
        text_at(figure, left, top + 0.02, line, style.SMALL, color=style.MUTED)
        top += 0.15
