"""The affinity of all pairs, in stack order and sorted."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from rebalance.figures import style
from rebalance.figures.bars import superclasses_of_one
from rebalance.figures.label_spacing import spread
from rebalance.figures.layout import axes_at, fill_at, line_at, new_figure, text_at
from rebalance.figures.superclass_colors import color_by_superclass
from rebalance.figures.text import joined
from rebalance.model import (
    SET_ASIDE,
    UNASSIGNED,
    Affinity,
    BoolArray,
    FloatArray,
    IntArray,
    Superclasses,
)
from rebalance.model.counting import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Scale = Literal["percentile", "full"]
PERCENTILE = 5.0
COLOR_MAP = "viridis"
"""Even steps of lightness, the same for colour-blind eyes and on a grey printer."""

MOST_PIXELS = 1500
"""A larger matrix is averaged over blocks before it is drawn."""

MOST_NUMBERS = 40
"""With more averages than this, not every class number is written beside the matrix."""

LEFT, BOTTOM, BAR, BAR_GAP, RIGHT = 0.62, 0.55, 0.13, 0.12, 0.62
STRIP, GAP, NAME = 0.1, 0.85, 0.22
"""Inches: room for numbers, the colour bar, the strip of superclass colours, between two matrices,
above one for its name."""


def limits(affinity: Affinity, scale: Scale = "percentile") -> tuple[float, float]:
    """Affinities at the two ends of the colour scale.

    Parameters
    ----------
    affinity : Affinity
    scale : {"percentile", "full"}
        From the 5th percentile of all pairs of non-empty averages to 1, or from 0 to 1.

    Returns
    -------
    (float, float)
        (0, 1) also where there are no pairs or all are alike.
    """
    pairs = _pairs(affinity, np.flatnonzero(~affinity.is_empty))
    if scale == "full" or len(pairs) == 0:
        return 0.0, 1.0
    low = float(np.percentile(pairs, PERCENTILE))
    return (low, 1.0) if low < 0.999 else (0.0, 1.0)


@style.styled
def affinity_matrix(
    affinity: Affinity,
    superclasses: Superclasses | None = None,
    *,
    scale: Scale = "percentile",
    job: str = "",
) -> Figure:
    """The affinity of all pairs, in stack order and sorted.

    Parameters
    ----------
    affinity : Affinity
        Empty averages are left out, and the heading says how many.
    superclasses : Superclasses, optional
        Over the same averages; without them there is the matrix in the order of the stack alone.
    scale : {"percentile", "full"}
        As in `limits`.
    job : str
        For the heading.
    """
    shown = np.flatnonzero(~affinity.is_empty)
    sorted_rows = shown if superclasses is None else in_order(affinity, superclasses)
    side = _side(len(shown))
    panels = 1 if superclasses is None else 2
    left, gap = LEFT + style.MARGIN / 2, GAP
    figure = new_figure(
        left + panels * side + (panels - 1) * gap + BAR_GAP + BAR + RIGHT + style.MARGIN,
        style.HEADER + (0 if superclasses is None else NAME) + side + BOTTOM + style.MARGIN,
        f"Affinity of {counted(len(shown), 'class average')}"
        if superclasses is None
        else _within_and_between(affinity, superclasses, sorted_rows),
        _subtitle(affinity, job, "in stack order" if superclasses is None else ""),
    )
    top = style.HEADER + (0 if superclasses is None else NAME)
    axes = axes_at(figure, left, top, side, side)
    draw_matrix(axes, affinity, shown, scale)
    _number(axes, "x", affinity.class_id[shown])
    _number(axes, "y", affinity.class_id[shown])
    axes.set_xlabel("class average")
    axes.set_ylabel("class average")
    if superclasses is not None:
        text_at(figure, left, top - NAME, "Stack order", style.BODY, bold=True)
        left += side + gap
        by_itself = superclasses_of_one(superclasses)
        name = "Sorted by similarity" if by_itself else "Sorted by superclass and similarity"
        text_at(figure, left, top - NAME, name, style.BODY, bold=True)
        axes = axes_at(figure, left, top, side, side)
        draw_matrix(axes, affinity, sorted_rows, scale)
        axes.set_xticks([])
        axes.set_yticks([])
        if not by_itself:
            outline_superclasses(axes, superclasses, sorted_rows)
            number_superclasses(figure, axes, superclasses, sorted_rows)
        if len(sorted_rows) <= MOST_NUMBERS:
            _number(axes, "x", affinity.class_id[sorted_rows])
            axes.set_xlabel("class average")
    colour_bar(figure, axes, affinity, scale)
    return figure


def in_order(affinity: Affinity, superclasses: Superclasses) -> IntArray:
    """Rows of the averages that a sorted matrix shows, in its order: those set aside last."""
    order = superclasses.order
    shown = superclasses.label[order] != UNASSIGNED
    return order[shown & ~affinity.is_empty[order]]


def draw_matrix(axes: Axes, affinity: Affinity, shown: IntArray, scale: Scale) -> None:
    """The colours alone, on axes that run from −½ to n − ½ with the first row on top."""
    n = len(shown)
    values = _reduced(affinity.values[np.ix_(shown, shown)])
    low, high = limits(affinity, scale)
    axes.imshow(
        values,
        cmap=COLOR_MAP,
        vmin=low,
        vmax=high,
        interpolation="none",
        extent=(-0.5, n - 0.5, n - 0.5, -0.5),
        aspect="equal",
    )
    for spine in axes.spines.values():
        spine.set_visible(False)


def outline_superclasses(axes: Axes, superclasses: Superclasses, shown: IntArray) -> None:
    """A white square around each superclass on the diagonal."""
    from matplotlib.collections import PolyCollection

    squares = [
        [(first, first), (last, first), (last, last), (first, last)]
        for first, last in _edges(superclasses, shown)
        if superclasses.label[shown[int(first + 0.5)]] != SET_ASIDE
    ]
    width = 1.2 if len(shown) <= 60 else 0.8
    axes.add_collection(
        PolyCollection(
            squares, facecolors="none", edgecolors="white", linewidths=width, joinstyle="miter"
        ),
        autolim=False,
    )


def number_superclasses(
    figure: Figure, axes: Axes, superclasses: Superclasses, shown: IntArray
) -> None:
    """A strip of superclass colours left of the matrix, with the numbers beside it."""
    width, height = figure.get_size_inches()
    box = axes.get_position()
    left, top, side = box.x0 * width, (1 - box.y1) * height, box.height * height
    edges = _edges(superclasses, shown)
    numbers = [int(superclasses.label[shown[int(first + 0.5)]]) for first, _ in edges]
    ends = [(top + (end + 0.5) / len(shown) * side) for edge in edges for end in edge]
    right = left - 0.04
    color_of = color_by_superclass(superclasses)
    for number, upper, lower in zip(numbers, ends[::2], ends[1::2], strict=True):
        fill_at(figure, right - STRIP, upper, STRIP, lower - upper, color_of(number))
    bands = np.reshape(ends, (-1, 2))
    kept, at = spread(
        bands.mean(axis=1), np.ptp(bands, axis=1), 0.115, top, top + side, furthest=0.25
    )
    for which, y in zip(kept, at, strict=True):
        start, x = bands[which].mean(), right - STRIP - 0.02
        line_at(figure, (x, start), (x - 0.03, start), (x - 0.08, y), (x - 0.1, y))
        name = "aside" if numbers[which] == SET_ASIDE else str(numbers[which])
        text_at(figure, x - 0.13, y, name, style.SMALL, ha="right", va="center")
    figure.text(
        (right - STRIP - 0.42) / width,
        1 - (top + side / 2) / height,
        "superclass",
        rotation=90,
        ha="center",
        va="center",
        fontsize=style.BODY,
    )


def _within_and_between(affinity: Affinity, superclasses: Superclasses, shown: IntArray) -> str:
    label = superclasses.label[shown]
    grouped = (label[:, None] >= 0) & (label[None, :] >= 0)
    same = label[:, None] == label[None, :]
    off = grouped & ~np.eye(len(shown), dtype=bool)
    values = affinity.values[np.ix_(shown, shown)]
    parts = [
        f"{_mean(values, which):.2f} {where}"
        for which, where in ((same & off, "within superclasses"), (~same & grouped, "between"))
        if which.any()
    ]
    return f"Mean affinity {', '.join(parts)}" if parts else "Affinity of one class average"


def _mean(values: FloatArray, which: BoolArray) -> float:
    return float(values[which].mean(dtype=np.float64))


def _pairs(affinity: Affinity, shown: IntArray) -> FloatArray:
    values = affinity.values[np.ix_(shown, shown)]
    return values[np.triu_indices(len(shown), 1)]


def _edges(superclasses: Superclasses, shown: IntArray) -> list[tuple[float, float]]:
    label = superclasses.label[shown]
    cuts = np.flatnonzero(np.diff(label)) + 1
    starts = np.concatenate([[0], cuts, [len(label)]])
    return [(a - 0.5, b - 0.5) for a, b in pairwise(starts) if b > a]


def _reduced(values: FloatArray) -> FloatArray:
    n = len(values)
    if n <= MOST_PIXELS:
        return values
    starts = np.arange(MOST_PIXELS) * n // MOST_PIXELS
    sizes = np.diff(np.append(starts, n))
    rows = np.add.reduceat(values, starts, axis=0) / sizes[:, None]
    return (np.add.reduceat(rows, starts, axis=1) / sizes).astype(np.float32)


def _side(n: int) -> float:
    return 4.4 if n <= 150 else 5.2


def _subtitle(affinity: Affinity, job: str, how: str) -> str:
    empties = int(np.count_nonzero(affinity.is_empty))
    without = f"{counted(empties, 'average')} not compared" if empties else ""
    return joined(job, affinity.metric, how, without)


def colour_bar(figure: Figure, axes: Axes, affinity: Affinity, scale: Scale) -> None:
    """The scale of colours, right of the matrix, and in words where it begins and ends."""
    width, height = figure.get_size_inches()
    box = axes.get_position()
    side = box.height * height
    bar = axes_at(figure, box.x1 * width + BAR_GAP, (1 - box.y1) * height, BAR, min(side, 3.2))
    low, _ = limits(affinity, scale)
    clipped = scale == "percentile" and low > 0
    figure.colorbar(axes.images[0], cax=bar, extend="min" if clipped else "neither")
    bar.tick_params(labelsize=style.SMALL)
    bar.set_ylabel(
        f"affinity, from its {PERCENTILE:.0f}th percentile ({low:.2f}) to 1"
        if clipped
        else "affinity, from 0 to 1",
        fontsize=style.SMALL,
    )


def _number(axes: Axes, which: Literal["x", "y"], class_id: IntArray) -> None:
    n = len(class_id)
    at = np.arange(n) if n <= MOST_NUMBERS else _round_numbers(class_id)
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_ticks(at, labels=[str(class_id[i]) for i in at])
    size = style.SMALL if n <= 24 or n > MOST_NUMBERS else style.TINY
    turned = which == "x" and 12 < n <= MOST_NUMBERS
    axes.tick_params(axis=which, labelsize=size, labelrotation=90 if turned else 0)


def _round_numbers(class_id: IntArray) -> IntArray:
    """Places of about a dozen averages whose class numbers are round, or the next ones there."""
    if np.any(np.diff(class_id) <= 0):
        return np.arange(0, len(class_id), -(-len(class_id) // 12))
    rough = (class_id[-1] - class_id[0]) / 12
    power = 10 ** np.floor(np.log10(rough))
    step = next(round(m * power) for m in (1, 2, 5, 10) if m * power >= max(rough, 1))
    round_numbers = np.arange(class_id[0] // step * step, class_id[-1] + 1, step)
    return np.unique(np.searchsorted(class_id, round_numbers))
