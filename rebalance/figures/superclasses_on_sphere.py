"""Where the particles of each superclass look from, by the poses of a 3D refinement."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from rebalance.figures import style
from rebalance.figures.hemisphere import Hemisphere, on_disc
from rebalance.figures.layout import axes_at, new_figure, text_at
from rebalance.figures.sphere_axes import draw_disc, limits
from rebalance.figures.superclass_colors import color_by_superclass
from rebalance.figures.text import joined
from rebalance.model import Superclasses, SuperclassOrientations
from rebalance.model.superclass_orientations import MIXED_BEYOND

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DISC, GAP, COLUMN = 4.6, 0.3, 2.3
"""Inches: the sphere, and the column beside it."""

FILLED, SMALLEST = 0.16, 5.5
"""Share of the unit's area that all circles have together; points, radius of the smallest."""


@style.styled
def superclasses_on_sphere(
    found: SuperclassOrientations, superclasses: Superclasses, *, job: str = ""
) -> Figure:
    """The commonest view of each superclass on half a sphere, and SCF* before and after.

    Parameters
    ----------
    found : SuperclassOrientations
    superclasses : Superclasses
        The same ones.
    job : str
        For the heading.
    """
    figure = new_figure(
        style.MARGIN + DISC + GAP + COLUMN + style.MARGIN,
        style.HEADER + DISC + style.MARGIN,
        _title(found),
        joined(job, f"poses of {found.source}", f"point group {found.symmetry}"),
    )
    rows = np.flatnonzero(found.particles)
    views, weight = found.direction[rows], found.particles[rows].astype(np.float64)
    hemisphere = Hemisphere.of(found.operations, views, weight)
    axes = axes_at(figure, style.MARGIN, style.HEADER, DISC, DISC)
    draw_disc(axes, hemisphere)
    _circles(axes, hemisphere, found, rows, color_by_superclass(superclasses))
    _column(figure, found)
    return figure


def _title(found: SuperclassOrientations) -> str:
    words = f"SCF* {found.scf_star:.2f}"
    if found.scf_star_after is None:
        return f"{words}, from the poses of {found.n_matched:,} particles"
    return (
        f"{words} before, {found.scf_star_after:.2f} after balancing; "
        f"{found.scf_star_at_random.mean():.2f} with the same number dropped at random"
    )


def _circles(
    axes: Axes,
    hemisphere: Hemisphere,
    found: SuperclassOrientations,
    rows: np.ndarray,
    color_of: Callable[[int], str],
) -> None:
    weight = found.particles[rows].astype(np.float64)
    at = on_disc(hemisphere.folded(found.direction[rows]))
    side = limits(hemisphere)[2]
    points = DISC * 72 / side
    outline = hemisphere.outline
    x, y = outline.T
    area = 0.5 * abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1))) * points**2
    radius = np.maximum(np.sqrt(FILLED * area * weight / weight.sum() / np.pi), SMALLEST)
    for place in np.argsort(-radius, kind="stable").tolist():
        number = int(rows[place])
        mixed = found.spread[number] > MIXED_BEYOND
        color = color_of(number)
        axes.plot(
            *at[place],
            "o",
            markersize=2 * radius[place],
            markerfacecolor="none" if mixed else color,
            markeredgecolor=color if mixed else "white",
            markeredgewidth=1.2 if mixed else 0.8,
            alpha=0.9,
            clip_on=False,
            zorder=3,
        )
        axes.annotate(
            str(number),
            at[place],
            ha="center",
            va="center",
            fontsize=style.SMALL,
            fontweight="bold",
            color=style.INK if mixed else "white",
            zorder=4,
            annotation_clip=False,
        )


def _column(figure: Figure, found: SuperclassOrientations) -> None:
    left, top = style.MARGIN + DISC + GAP, style.HEADER
    text_at(figure, left, top, "Sampling of Fourier space, SCF*", bold=True)
    bars = [("before", found.scf_star, style.RULE)]
    if found.scf_star_after is not None:
        bars.append(("random dropping", float(found.scf_star_at_random.mean()), style.RULE))
        bars.append(("after balancing", found.scf_star_after, style.AFTER))
    top += 0.26
    for name, value, color in bars:
        text_at(figure, left, top, name, style.SMALL, color=style.MUTED)
        axes = axes_at(figure, left, top + 0.14, COLUMN - 0.45, 0.15)
        axes.barh(0, 1, 1, color="#f0f0ee")
        axes.barh(0, min(value, 1.0), 1, color=color)
        axes.axvline(0.81, color=style.MUTED, linewidth=0.7, linestyle=(0, (3, 2)))
        axes.set_xlim(0, 1)
        axes.set_ylim(-0.5, 0.5)
        axes.set_axis_off()
        text_at(figure, left + COLUMN - 0.4, top + 0.215, f"{value:.2f}", va="center", bold=True)
        top += 0.42
    lines = [
        "Dashed: 0.81 = views all around one axis.",
        f"{found.n_matched:,} of {found.n_particles:,} particles have a pose.",
        "",
        "Circle: main view of a superclass.",
        "Area: its particles.",
    ]
    if (found.spread > MIXED_BEYOND).any():
        lines += ["Open circle: no single main view", "(mixed views or junk)."]
    for line in lines:
        text_at(figure, left, top, line, style.SMALL, color=style.MUTED)
        top += 0.16
