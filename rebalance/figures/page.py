"""Everything on one page: the medoid of each superclass, the sorted matrix, the balance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rebalance.figures import style
from rebalance.figures.bars import draw_bars, evenness, sizes
from rebalance.figures.matrix import (
    Scale,
    colour_bar,
    draw_matrix,
    in_order,
    number_superclasses,
    outline_superclasses,
)
from rebalance.figures.tiles import grey, onto_medoid, placed
from rebalance.model import Affinity, ClassAverages, RunResult, Selection, Superclasses

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, TILE, PITCH, ROW = 8.0, 0.7, 0.84, 1.06
PANEL, PANEL_TOP = 2.75, 0.3
"""Inches: the page, a medoid and its neighbours, the side of a panel and the room above it."""

MOST_ROWS = 3


@style.styled
def overview(result: RunResult, *, scale: Scale = "percentile") -> Figure:
    """Medoids, sorted affinity matrix and particles per superclass, as far as there are such.

    Parameters
    ----------
    result : RunResult
    scale : {"percentile", "full"}
        Of the matrix.
    """
    averages, affinity = result.dataset.class_averages, result.affinity
    superclasses, selection = result.superclasses, result.selection
    particles = selection is not None or (averages is not None and averages.n_particles is not None)
    columns = int((WIDTH - 2 * style.MARGIN + PITCH - TILE) / PITCH)
    shown = min(len(superclasses), columns * MOST_ROWS) if averages is not None else 0
    rows = -(-shown // columns)
    medoids = rows * ROW + 0.35 if rows else 0.0
    has_matrix = affinity is not None and np.count_nonzero(superclasses.label >= 0) > 1
    panels = PANEL + PANEL_TOP + 0.55 if has_matrix or particles else 0.0
    figure = style.new_figure(
        WIDTH,
        style.HEADER + medoids + panels + style.MARGIN,
        _title(result, particles),
        _subtitle(result, particles),
    )
    if averages is not None and shown:
        _medoids(figure, averages, superclasses, selection, shown, columns)
    top = style.HEADER + medoids
    if has_matrix and affinity is not None:
        order = in_order(affinity, superclasses)
        left = style.MARGIN + 0.55
        style.text_at(figure, style.MARGIN, top, "Affinity, sorted", style.BODY, bold=True)
        axes = style.axes_at(figure, left, top + PANEL_TOP, PANEL, PANEL)
        draw_matrix(axes, affinity, order, scale)
        outline_superclasses(axes, superclasses, order)
        number_superclasses(figure, axes, superclasses, order)
        axes.set_xticks([])
        axes.set_yticks([])
        colour_bar(figure, axes, affinity, scale)
    if particles:
        left = style.MARGIN + (4.95 if has_matrix else 0.75)
        inches = WIDTH - left - 0.75
        style.text_at(
            figure, left - 0.7, top, "Particles per superclass", style.BODY, bold=True
        )
        axes = style.axes_at(figure, left, top + PANEL_TOP, inches, PANEL)
        draw_bars(axes, superclasses, selection, inches)
    return figure


def _title(result: RunResult, particles: bool) -> str:
    used = int(np.count_nonzero(result.superclasses.label >= 0))
    k = len(result.superclasses)
    title = (
        f"{style.counted(used, 'class average')} in "
        f"{style.counted(k, 'superclass', 'superclasses')}"
    )
    if result.selection is None:
        return title
    kept, total = int(result.selection.selected.sum()), len(result.selection)
    return f"{title}: {kept:,} of {total:,} particles kept"


def _subtitle(result: RunResult, particles: bool) -> str:
    if not particles:
        return result.dataset.job
    before, after = sizes(result.superclasses, result.selection)
    text = f"smallest ÷ largest superclass {evenness(before):.2g}"
    if after is not None and not np.array_equal(before, after):
        text += f" before, {evenness(after):.2g} after"
    return style.joined(result.dataset.job, text)


def _medoids(
    figure: Figure,
    averages: ClassAverages,
    superclasses: Superclasses,
    selection: Selection | None,
    shown: int,
    columns: int,
) -> None:
    from rebalance.figures.artists import Raster

    more = len(superclasses) - shown
    style.text_at(
        figure,
        style.MARGIN,
        style.HEADER,
        "Medoid of each superclass" + (f" ({more} smaller ones not shown)" if more else ""),
        style.BODY,
        bold=True,
    )
    dpi, side = figure.dpi, round(TILE * figure.dpi)
    across, down = (round(inches * dpi) for inches in figure.get_size_inches())
    raster = np.full((down, across), 255, dtype=np.uint8)
    medoids = superclasses.medoid[:shown]
    images = placed(averages.images[medoids], onto_medoid(medoids, 0, None), side)
    for number, tile in enumerate(grey(images)):
        x = style.MARGIN + number % columns * PITCH
        y = style.HEADER + 0.22 + number // columns * ROW
        row, column = round(y * dpi), round(x * dpi)
        raster[row : row + side, column : column + side] = tile
        style.fill_at(figure, x, y + TILE + 0.035, 0.08, 0.08, style.color_of(number))
        style.label_at(figure, x + 0.11, y + TILE + 0.108, str(number), bold=True)
        count = _count(averages, superclasses, selection, number)
        room = PITCH * 72 - 4
        if style.text_width(count, style.TINY) <= room:
            style.label_at(figure, x, y + TILE + 0.215, count, color=style.MUTED)
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
    return style.counted(size, "particle" if averages.n_particles is not None else "average")
