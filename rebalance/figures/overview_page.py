"""Everything on one page: medoids, what is set aside, the sorted matrix, the balance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rebalance.figures import style
from rebalance.figures.bars import (
    aside_words,
    deciding_sizes,
    draw_bars,
    evenness,
    is_balanced,
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
from rebalance.figures.scale_bar import scale_bar, width
from rebalance.figures.superclass_colors import color_by_superclass
from rebalance.figures.suspects import WORDS, mark_after, suspects_of
from rebalance.figures.text import joined, shorten, text_width
from rebalance.figures.tiles import grey, onto_medoid, placed
from rebalance.model import (
    SET_ASIDE,
    Affinity,
    ClassAverages,
    IntArray,
    RunResult,
    Selection,
    Superclasses,
)
from rebalance.model.class_numbers import ranges
from rebalance.model.counting import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, TILE, PITCH, ROW = 8.0, 0.72, 0.86, 1.08
PANEL, PANEL_TOP, PANEL_BELOW = 2.75, 0.35, 0.4
"""Inches: the page, a medoid and its neighbours, the side of a panel, the room around it."""

COLUMNS, MOST_ROWS = 9, 3

ASIDE_COLUMNS, ASIDE_ROWS = 14, 2
ASIDE_TILE, ASIDE_ROW, ASIDE_ABOVE, ASIDE_BELOW = 0.5, 0.68, 0.08, 0.22
ASIDE_PITCH = ((COLUMNS - 1) * PITCH + TILE - ASIDE_TILE) / (ASIDE_COLUMNS - 1)
"""What is set aside is smaller than a medoid: it is to be glanced at."""


@style.styled
def overview(result: RunResult, *, scale: Scale = "percentile") -> Figure:
    """Medoids, what is set aside, sorted affinity matrix and sizes of superclasses.

    Each as far as there is such.

    Parameters
    ----------
    result : RunResult
    scale : {"percentile", "full"}
        Of the matrix.
    """
    averages, affinity = result.dataset.class_averages, result.affinity
    superclasses = result.superclasses
    shown = min(len(superclasses), COLUMNS * MOST_ROWS) if averages is not None else 0
    medoids = -(-shown // COLUMNS) * ROW if shown else 0.0
    aside = _aside_rows(superclasses, averages)
    asides = _inches_of(len(aside))
    pictures = 0.0 if averages is None or not (shown or len(aside)) else 0.35 + medoids + asides
    has_matrix = affinity is not None and np.count_nonzero(superclasses.label >= 0) > 1
    has_bars = len(superclasses) > 1 or result.selection is not None
    figure = new_figure(
        WIDTH,
        style.HEADER
        + pictures
        + (PANEL_TOP + PANEL + PANEL_BELOW if has_matrix or has_bars else 0.0)
        + style.MARGIN,
        _title(result),
        _subtitle(result),
    )
    if averages is not None and pictures:
        _pictures(
            figure, result, averages, shown, aside, style.HEADER + medoids + 0.22 + ASIDE_ABOVE
        )
    top = style.HEADER + pictures
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
        title = f"{used}, not grouped"
    else:
        number = counted(len(result.superclasses), "superclass", "superclasses")
        title = f"{used} in {number}"
    if result.selection is None:
        return title
    kept, total = int(result.selection.selected.sum()), len(result.selection)
    if not is_balanced(result.selection) and kept == total:
        return f"{title}, {counted(total, 'particle')}"
    return f"{title}: {kept:,} of {total:,} particles kept"


def _subtitle(result: RunResult) -> str:
    if not _has_particles(result):
        return result.dataset.job
    before, after = deciding_sizes(result.superclasses, result.selection)
    group = "class" if superclasses_of_one(result.superclasses) else "superclass"
    text = f"smallest ÷ largest {group} {evenness(before):.2g}"
    if after is not None and not np.array_equal(before, after):
        text += f" before, {evenness(after):.2g} after"
    balanced = is_balanced(result.selection)
    words = aside_words(result.superclasses, result.selection if balanced else None)
    text += "" if balanced or result.selection is None else ", not balanced"
    return joined(result.dataset.job, text, words)


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


def _aside_rows(superclasses: Superclasses, averages: ClassAverages | None) -> IntArray:
    """The averages set aside that are shown, those of most particles first."""
    rows = np.flatnonzero(superclasses.label == SET_ASIDE)
    if averages is None or superclasses_of_one(superclasses):
        return rows[:0]
    if averages.n_particles is not None:
        rows = rows[np.argsort(-averages.n_particles[rows], kind="stable")]
    return rows[: ASIDE_COLUMNS * ASIDE_ROWS]


def _inches_of(n_aside: int) -> float:
    rows = -(-n_aside // ASIDE_COLUMNS)
    return ASIDE_ABOVE + ASIDE_BELOW + rows * ASIDE_ROW if rows else 0.0


def _pictures(
    figure: Figure,
    result: RunResult,
    averages: ClassAverages,
    shown: int,
    aside: IntArray,
    aside_top: float,
) -> None:
    from rebalance.figures.artists import Raster

    across, down = (round(inches * figure.dpi) for inches in figure.get_size_inches())
    raster = np.full((down, across), 255, dtype=np.uint8)
    if shown:
        _medoids(figure, raster, averages, result, shown)
    if len(aside):
        _aside(figure, raster, averages, result, aside, aside_top)
    figure.add_artist(Raster(raster))


def _medoids(
    figure: Figure,
    raster: npt.NDArray[np.uint8],
    averages: ClassAverages,
    result: RunResult,
    shown: int,
) -> None:
    superclasses = result.superclasses
    by_itself = superclasses_of_one(superclasses)
    title = "Class averages" if by_itself else "Most central average (medoid) of each superclass"
    if len(superclasses) > shown:
        title += f" ({len(superclasses) - shown} smaller ones not shown)"
    text_at(figure, style.MARGIN, style.HEADER, title, style.BODY, bold=True)
    suspects = suspects_of(result)
    if suspects:
        after = style.MARGIN + text_width(title, style.BODY, bold=True) / 72 + 0.1
        words = f"{WORDS} Classes: {ranges(sorted(suspects))}."
        words = shorten(words, (WIDTH - 2.6 - after) * 72, style.SMALL)
        text_at(figure, after, style.HEADER + 0.012, words, style.SMALL, color=style.MUTED)
    right = style.MARGIN + (COLUMNS - 1) * PITCH + TILE
    scale_bar(figure, averages, TILE, right - width(averages, TILE), style.HEADER + 0.02)
    medoids = superclasses.medoid_row[:shown]
    color_of = color_by_superclass(superclasses)
    places = [
        (
            style.MARGIN + number % COLUMNS * PITCH,
            style.HEADER + 0.22 + number // COLUMNS * ROW,
        )
        for number in range(shown)
    ]
    _draw(figure, raster, averages, medoids, places, TILE)
    for number, (x, y) in enumerate(places):
        name, indent = averages.class_id[medoids[number]], 0.0
        if not by_itself:
            fill_at(figure, x, y + TILE + 0.035, 0.08, 0.08, color_of(number))
            name, indent = number, 0.11
        label_at(figure, x + indent, y + TILE + 0.108, str(name), bold=True)
        if int(averages.class_id[medoids[number]]) in suspects:
            mark_after(figure, x + indent, y + TILE + 0.108, str(name), bold=True)
        count = _count(averages, superclasses, result.selection, number)
        room = PITCH * 72 - 4
        if text_width(count, style.TINY) <= room:
            label_at(figure, x, y + TILE + 0.215, count, color=style.MUTED)


def _aside(
    figure: Figure,
    raster: npt.NDArray[np.uint8],
    averages: ClassAverages,
    result: RunResult,
    rows: IntArray,
    top: float,
) -> None:
    """Those set aside, by class number."""
    superclasses = result.superclasses
    title, total = "Set aside", len(superclasses.set_aside)
    text_at(figure, style.MARGIN, top, title, style.BODY, bold=True)
    words = "not in any superclass"
    if total > len(rows):
        words += f"; the {total - len(rows):,} with the fewest particles are not shown"
    left = style.MARGIN + text_width(title, style.BODY, bold=True) / 72 + 0.1
    text_at(figure, left, top + 0.012, words, style.SMALL, color=style.MUTED)
    places = [
        (
            style.MARGIN + at % ASIDE_COLUMNS * ASIDE_PITCH,
            top + ASIDE_BELOW + at // ASIDE_COLUMNS * ASIDE_ROW,
        )
        for at in range(len(rows))
    ]
    _draw(figure, raster, averages, rows, places, ASIDE_TILE)
    for number, (x, y) in zip(averages.class_id[rows].tolist(), places, strict=True):
        label_at(figure, x, y + ASIDE_TILE + 0.108, str(number), color=style.MUTED)


def _draw(
    figure: Figure,
    raster: npt.NDArray[np.uint8],
    averages: ClassAverages,
    rows: IntArray,
    places: list[tuple[float, float]],
    tile: float,
) -> None:
    """Averages at inches from the left and upper edges, onto the raster."""
    side = round(tile * figure.dpi)
    images = placed(averages.images[rows], onto_medoid(rows, 0, None), side)
    for picture, (x, y) in zip(grey(images), places, strict=True):
        row, column = round(y * figure.dpi), round(x * figure.dpi)
        raster[row : row + side, column : column + side] = picture


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
