"""Where the averages look from, and whether that is to be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rebalance.figures import style
from rebalance.figures.hemisphere import Hemisphere, on_disc, symmetry_axes
from rebalance.figures.layout import axes_at, new_figure, text_at
from rebalance.figures.sphere_axes import MARKS, draw_disc, limits
from rebalance.figures.superclass_colors import color_by_superclass
from rebalance.figures.text import joined, text_width, wrapped
from rebalance.figures.view_words import misfits, took_part, verdict
from rebalance.model import BoolArray, DoubleArray, IntArray, Superclasses, Views
from rebalance.model.counting import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DISC, GAP, COLUMN = 4.6, 0.3, 2.2
"""Inches: the sphere, and the column beside it."""

FILLED = 0.16
"""Share of the unit's area that all circles together have."""

SMALLEST = 1.6
"""Points: radius of the smallest circle."""


@style.styled
def class_average_views(
    views: Views,
    superclasses: Superclasses | None = None,
    n_particles: IntArray | None = None,
    *,
    job: str = "",
) -> Figure:
    """Directions of view on half a sphere, and how well independent starts agree.

    Parameters
    ----------
    views : Views
    superclasses : Superclasses, optional
        Over the same averages; their colours and numbers. Without them the circles have the
        numbers of the averages.
    n_particles : int64 (N,), optional
        The areas of the circles; without them all are alike.
    job : str
        For the heading.
    """
    shown = took_part(views)
    count = int(np.count_nonzero(shown & ~views.is_misfit))
    kind = "Viewing" if views.trusted else "Possible viewing"
    figure = new_figure(
        style.MARGIN + DISC + GAP + COLUMN + style.MARGIN,
        style.HEADER + DISC + style.MARGIN,
        f"{kind} directions of {counted(count, 'class average')}",
        joined(job, f"point group {views.symmetry}", misfits(views)),
    )
    weight = np.ones(len(views)) if n_particles is None else n_particles.astype(np.float64)
    hemisphere = drawn_hemisphere(views, weight)
    axes = axes_at(figure, style.MARGIN, style.HEADER, DISC, DISC)
    draw_disc(axes, hemisphere)
    _circles(axes, views, superclasses, weight, hemisphere)
    _column(figure, views, superclasses, n_particles)
    return figure


def drawn_hemisphere(views: Views, weight: npt.NDArray[np.float64]) -> Hemisphere:
    """The half sphere as all pictures of these views show it."""
    used = took_part(views) & ~views.is_misfit
    if not used.any():
        used = took_part(views)
    return Hemisphere.of(views.operations, views.direction[used], weight[used])


def circle_radii(weight: DoubleArray, shown: BoolArray, hemisphere: Hemisphere) -> DoubleArray:
    """Radii on the disc of circles whose areas go as the weights; 0 of those not shown."""
    total = float(weight[shown].sum())
    area = FILLED / len(hemisphere.copies)
    radius = np.zeros(len(weight))
    if total > 0:
        radius[shown] = np.sqrt(area * weight[shown] / total)
    return radius


def _circles(
    axes: Axes,
    views: Views,
    superclasses: Superclasses | None,
    weight: DoubleArray,
    hemisphere: Hemisphere,
) -> None:
    from matplotlib.collections import EllipseCollection

    label = None if superclasses is None else superclasses.label
    names = views.class_id if label is None else label
    color_of = None if superclasses is None else color_by_superclass(superclasses)
    shown = took_part(views) & ~views.is_misfit
    place = np.full((len(views), 2), np.nan)
    known = took_part(views)
    place[known] = on_disc(hemisphere.folded(views.direction[known]))
    in_points = DISC * 72 / limits(hemisphere)[2]
    radius = np.maximum(circle_radii(weight, shown, hemisphere), SMALLEST / in_points)
    order = np.flatnonzero(shown)
    order = order[np.argsort(-radius[order], kind="stable")]
    axes.add_collection(
        EllipseCollection(
            2 * radius[order],
            2 * radius[order],
            np.zeros(len(order)),
            units="x",
            offsets=place[order],
            offset_transform=axes.transData,
            facecolors=[
                style.PALETTE[0] if label is None or color_of is None else color_of(int(label[i]))
                for i in order
            ],
            edgecolors="white",
            linewidths=0.5,
            alpha=0.88,
            zorder=3,
        ),
        autolim=False,
    )
    odd = known & views.is_misfit
    axes.plot(
        *place[odd].T,
        "x",
        color=style.INK,
        markersize=4.5,
        markeredgewidth=0.9,
        zorder=4,
        clip_on=False,
    )
    _numbers(axes, place, radius * in_points, names, order, in_points)


def _numbers(
    axes: Axes,
    place: DoubleArray,
    radius: DoubleArray,
    names: IntArray,
    order: IntArray,
    in_points: float,
) -> None:
    """Numbers in the circles that have room for them, none on another."""
    taken: list[tuple[float, float]] = []
    for i in order.tolist():
        number = str(names[i]) if names[i] >= 0 else ""
        wide = text_width(number, style.TINY, bold=True)
        x, y = (place[i] * in_points).tolist()
        if not number or wide / 2 + 1 > radius[i] or radius[i] < style.TINY / 2 + 0.5:
            continue
        if any(abs(x - u) < 11 and abs(y - v) < style.TINY + 2 for u, v in taken):
            continue
        taken.append((x, y))
        axes.text(
            float(place[i, 0]),
            float(place[i, 1]),
            number,
            fontsize=style.TINY,
            fontweight="bold",
            color="white",
            ha="center",
            va="center_baseline",
            zorder=5,
        )


def _column(
    figure: Figure,
    views: Views,
    superclasses: Superclasses | None,
    n_particles: IntArray | None,
) -> None:
    left, top = style.MARGIN + DISC + GAP, style.HEADER + 0.05
    for line in wrapped(verdict(views), COLUMN * 72, style.BODY, most=7):
        text_at(figure, left, top, line)
        top += 0.155
    top += 0.2
    if len(views.start_agreement) > 1:
        side = min(1.5, 0.38 * len(views.start_agreement))
        text_at(figure, left, top, "Agreement of searches", bold=True)
        draw_agreement(axes_at(figure, left + 0.12, top + 0.24, side, side), views)
        top += 0.24 + side + 0.3
    for line in _legend(views, superclasses is not None, n_particles is not None):
        for part in wrapped(line, COLUMN * 72, style.SMALL):
            text_at(figure, left, top, part, style.SMALL, color=style.MUTED)
            top += 0.135
        top += 0.05


def _legend(views: Views, grouped: bool, by_particles: bool) -> list[str]:
    area = "Area of a circle: particles. " if by_particles else ""
    numbers = "Colors and numbers: superclasses." if grouped else "Numbers: classes."
    lines = [
        f"{area}{numbers}",
        "Half a sphere in equal-area projection: opposite views are mirror images and coincide. "
        "Thin circles: 30° and 60° from the center.",
    ]
    if len(views.operations) > 1:
        lines.append(
            f"Views related by {views.symmetry} symmetry are shown once, in the outlined unit; "
            f"{axes_in_words(views)}."
        )
    if views.is_misfit.any():
        lines.append("×: fits no view.")
    return lines


def axes_in_words(views: Views) -> str:
    """The marks of the symmetry axes that there are."""
    orders = sorted(set(symmetry_axes(views.operations)[1].tolist()))
    return "axes " + ", ".join(f"{MARKS.get(n, MARKS[6])[1]} {n}-fold" for n in orders)


def draw_agreement(axes: Axes, views: Views) -> None:
    """Rank correlations of each pair of searches; those behind the result are framed."""
    from matplotlib.patches import Rectangle

    order = np.argsort(~views.in_agreement, kind="stable")
    values = views.start_agreement[np.ix_(order, order)].astype(np.float64)
    n = len(values)
    off = values.copy()
    np.fill_diagonal(off, np.nan)
    axes.imshow(off, cmap="Blues", vmin=0, vmax=1.15, interpolation="none")
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xticks([])
    axes.set_yticks([])
    if n <= 8:
        for row in range(n):
            for column in range(n):
                if row == column or not np.isfinite(values[row, column]):
                    continue
                axes.text(
                    column,
                    row,
                    f"{values[row, column]:.2f}".replace("0.", ".").replace("-", "−"),
                    fontsize=style.TINY,
                    color="white" if values[row, column] > 0.75 else style.INK,
                    ha="center",
                    va="center_baseline",
                )
    agree = int(np.count_nonzero(views.in_agreement))
    if agree > 1:
        axes.add_patch(
            Rectangle(
                (-0.5, -0.5),
                agree,
                agree,
                facecolor="none",
                edgecolor=style.INK,
                linewidth=1.0,
                clip_on=False,
            )
        )
