"""The disc on which directions are drawn: its rim, the unit of the point group, symmetry axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rebalance.figures import style
from rebalance.figures.hemisphere import Hemisphere

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROOM = 0.06
"""Around what is shown, as a share of it."""

MARKS = {2: ("D", "◆"), 3: ("^", "▲"), 4: ("s", "■"), 5: ("p", "⬟"), 6: ("h", "⬢")}
"""Of symmetry axes, by their order: for matplotlib and as a letter. Above 6 as 6."""


def limits(hemisphere: Hemisphere) -> tuple[float, float, float]:
    """The square that holds the unit: its left and lower edges and its side, on the disc."""
    outline = hemisphere.outline
    low, high = outline.min(axis=0), outline.max(axis=0)
    side = float((high - low).max()) * (1 + 2 * ROOM)
    left, lower = ((low + high) / 2 - side / 2).tolist()
    return left, lower, side


def draw_disc(axes: Axes, hemisphere: Hemisphere, *, over: bool = False) -> None:
    """Prepare axes for points of the disc.

    Parameters
    ----------
    axes : Axes
        Square.
    hemisphere : Hemisphere
    over : bool
        Lines only, to lie over a picture.
    """
    left, lower, side = limits(hemisphere)
    axes.set_xlim(left, left + side)
    axes.set_ylim(lower, lower + side)
    axes.set_axis_off()
    around = np.linspace(0, 2 * np.pi, 361)
    outline = hemisphere.outline
    if not over:
        axes.fill(*outline.T, facecolor="#f6f6f4", edgecolor="none", zorder=0)
        for tilt in (30, 60):
            # Equal area: the radius is √2 sin(tilt / 2).
            radius = np.sqrt(2) * np.sin(np.deg2rad(tilt) / 2)
            axes.plot(
                radius * np.cos(around),
                radius * np.sin(around),
                color=style.PALE,
                linewidth=0.5,
                zorder=0.5,
            )
    axes.plot(np.cos(around), np.sin(around), color=style.RULE, linewidth=0.6, zorder=0.6)
    axes.plot(*outline.T, color=style.MUTED, linewidth=0.9, zorder=0.7)
    at, order = hemisphere.axes()
    for place, n in zip(at, order.tolist(), strict=True):
        if np.all((place >= (left, lower)) & (place <= (left + side, lower + side))):
            axes.plot(
                *place,
                MARKS.get(n, MARKS[6])[0],
                color=style.INK,
                markersize=3.2 if n == 2 else 4.5,
                clip_on=False,
                zorder=6,
            )
