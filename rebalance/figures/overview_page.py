"""Everything on one page: the medoid of each superclass, the sorted matrix, the balance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rebalance.figures import style
from rebalance.figures.bars import (
    aside_words,
    deciding_sizes,
    draw_bars,
    evenness,
    superclasses_of_one,
)
from rebalance.figures.layout import axes_at, fill_at, label_at, new_figure, text_at
from rebalance.figures.matrix import (
    Scale,
    colour_bar,
    draw_matrix,
    in_order,
    number_superclasses,
    outline_superclasses,
)
from rebalance.figures.text import joined, text_width
from rebalance.figures.tiles import grey, onto_medoid, placed
from rebalance.model import Affinity, ClassAverages, RunResult, Selection, Superclasses
from rebalance.model.counting import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, TILE, PITCH, ROW = 8.0, 0.72, 0.86, 1.08
PANEL, PANEL_TOP, PANEL_BELOW = 2.75, 0.35, 0.4
"""Inches: the page, a medoid and its neighbours, the side of a panel, the room around it."""

COLUMNS, MOST_ROWS = 9, 3


@style.styled
def overview(result: RunResult, *, scale: Scale = "percentile") -> Figure:
    """Medoids, sorted affinity matrix and sizes of superclasses, as far as there are such.

    Parameters
    ----------
    result : RunResult
    scale : {"percentile", "full"}
        Of the matrix.
    """
    averages, affinity = result.dataset.class_averages, result.affinity
    superclasses = result.superclasses
    shown = min(len(superclasses), COLUMNS * MOST_ROWS) if averages is not None else 0
    medoids = -(-shown // COLUMNS) * ROW + 0.35 if shown else 0.0
    has_matrix = affinity is not None and np.count_nonzero(superclasses.label >= 0) > 1
    has_bars = len(superclasses) > 1 or result.selection is not None
    figure = new_figure(
        WIDTH,
        style.HEADER
        + medoids
        + (PANEL_TOP + PANEL + PANEL_BELOW if has_matrix or has_bars else 0.0)
        + style.MARGIN,
        _title(result),
        _subtitle(result),
    )
    if averages is not None and shown:
        _medoids(figure, averages, superclasses, result.selection, shown)
    top = style.HEADER + medoids
    if affinity is not None and has_matrix:
        _matrix(figure, affinity, superclasses, scale, top)
    if has_bars:
        _bars(figure, result, style.MARGIN + (4.25 if has_matrix else 0.0), top)
    return figure


def _has_particles(result: RunResult) -> bool:
    averages = result.dataset.class_averages
    return (
        result.selection is not None
        or result.dataset.particles is not None
        or (averages is not None and averages.n_particles is not None)
    )


def _title(result: RunResult) -> str:
    used = counted(int(np.count_nonzero(result.superclasses.label >= 0)), "class average")
    if superclasses_of_one(result.superclasses):
        title = f"{used}, each by itself"
    else:
        number = counted(len(result.superclasses), "superclass", "superclasses")
        title = f"{used} in {number}"
    if result.selection is None:
        return title
    kept, total = int(result.selection.selected.sum()), len(result.selection)
    return f"{title}: {kept:,} of {total:,} particles kept"


def _subtitle(result: RunResult) -> str:
    if not _has_particles(result):
        return result.dataset.job
    before, after = deciding_sizes(result.superclasses, result.selection)
    group = "class" if superclasses_of_one(result.superclasses) else "superclass"
    text = f"smallest ÷ largest {group} {evenness(before):.2g}"
    if after is not None and not np.array_equal(before, after):
        text += f" before, {evenness(after):.2g} after"
    return joined(result.dataset.job, text, aside_words(result.superclasses, result.selection))


def _matrix(
    figure: Figure, affinity: Affinity, superclasses: Superclasses, scale: Scale, top: float
) -> None:
    order = in_order(affinity, superclasses)
    by_itself = superclasses_of_one(superclasses)
    title = "Affinity" if by_itself else "Affinity, sorted by superclass"
    text_at(figure, style.MARGIN, top, title, style.BODY, bold=True)
    left = style.MARGIN + (0.0 if by_itself else 0.55)
    axes = axes_at(figure, left, top + PANEL_TOP, PANEL, PANEL)
    draw_matrix(axes, affinity, np.sort(order) if by_itself else order, scale)
    if not by_itself:
        outline_superclasses(axes, superclasses, order)
        number_superclasses(figure, axes, superclasses, order)
    axes.set_xticks([])
    axes.set_yticks([])
    colour_bar(figure, axes, affinity, scale)


def _bars(figure: Figure, result: RunResult, left: float, top: float) -> None:
    what = "particles" if _has_particles(result) else "class averages"
    of = "class" if superclasses_of_one(result.superclasses) else "superclass"
    title = f"{what.capitalize()} per {of}"
    text_at(figure, left, top, title, style.BODY, bold=True)
    inches = min(WIDTH - left - 1.5, max(2.0, 0.6 * len(result.superclasses)))
    axes = axes_at(figure, left + 0.7, top + PANEL_TOP, inches, PANEL)
    draw_bars(axes, result.superclasses, result.selection, inches, what)


def _medoids(
    figure: Figure,
    averages: ClassAverages,
    superclasses: Superclasses,
    selection: Selection | None,
    shown: int,
) -> None:
    from rebalance.figures.artists import Raster

    by_itself = superclasses_of_one(superclasses)
    title = "Class averages" if by_itself else "Medoid of each superclass"
    if len(superclasses) > shown:
        title += f" ({len(superclasses) - shown} smaller ones not shown)"
    text_at(figure, style.MARGIN, style.HEADER, title, style.BODY, bold=True)
    dpi, side = figure.dpi, round(TILE * figure.dpi)
    across, down = (round(inches * dpi) for inches in figure.get_size_inches())
    raster = np.full((down, across), 255, dtype=np.uint8)
    medoids = superclasses.medoid_row[:shown]
    images = placed(averages.images[medoids], onto_medoid(medoids, 0, None), side)
    for number, tile in enumerate(grey(images)):
        x = style.MARGIN + number % COLUMNS * PITCH
        y = style.HEADER + 0.22 + number // COLUMNS * ROW
        row, column = round(y * dpi), round(x * dpi)
        raster[row : row + side, column : column + side] = tile
        name, indent = averages.class_id[medoids[number]], 0.0
        if not by_itself:
            fill_at(figure, x, y + TILE + 0.035, 0.08, 0.08, style.color_of(number))
            name, indent = number, 0.11
        label_at(figure, x + indent, y + TILE + 0.108, str(name), bold=True)
        count = _count(averages, superclasses, selection, number)
        room = PITCH * 72 - 4
        if text_width(count, style.TINY) <= room:
            label_at(figure, x, y + TILE + 0.215, count, color=style.MUTED)
    figure.add_artist(Raster(raster))


def _count(
    averages: ClassAverages,
    superclasses: Superclasses,
    selection: Selection | None,
    number: int,
) -> str:
    if selection is not None:
        before, after = int(selection.before[number]), int(selection.after[number])
        return f"{before:,}" if before == after else f"{before:,} → {after:,}"
    size = int(superclasses.size[number])
    return counted(size, "particle" if averages.n_particles is not None else "average")
