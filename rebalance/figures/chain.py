"""All class averages in one row (over many lines), similar ones side by side and aligned."""

from __future__ import annotations

from collections.abc import Collection
from math import floor
from typing import TYPE_CHECKING

import numpy as np

from rebalance.arrangement.chain import ROOT, along, carried_on
from rebalance.figures import style
from rebalance.figures.bars import superclasses_of_one
from rebalance.figures.layout import fill_at, label_at, new_figure, text_at
from rebalance.figures.scale_bar import scale_bar
from rebalance.figures.superclass_colors import color_by_superclass, ink_on
from rebalance.figures.suspects import WORDS, mark_after
from rebalance.figures.text import joined
from rebalance.figures.tiles import grey, placed
from rebalance.model import (
    SET_ASIDE,
    Affinity,
    ClassAverages,
    IntArray,
    Superclasses,
    Transform,
)
from rebalance.model.counting import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDEST, NARROWEST = 12.4, 6.0
GAP, LINK, BAND, NUMBER, BELOW = 0.03, 0.16, 0.13, 0.12, 0.1
"""Inches: between averages, the highest bar of a link, the band of a superclass, class numbers, and
from one line to the next."""


@style.styled
def chain_of_averages(
    averages: ClassAverages,
    superclasses: Superclasses,
    affinity: Affinity,
    *,
    suspects: Collection[int] = (),
    job: str = "",
) -> Figure:
    """Class averages in the order of `Superclasses.order`, each aligned to the previous one.

    Parameters
    ----------
    averages : ClassAverages
    superclasses : Superclasses
        Over the same averages. Those set aside follow, each aligned to the most similar average.
    affinity : Affinity
        Of the same averages. Without an alignment they are drawn as in the stack.
    suspects : collection of int
        Class numbers of averages to be marked as looking like junk.
    job : str
        For the heading.
    """
    from rebalance.figures.artists import Raster

    grouped, aside = shown_in_chain(superclasses, affinity)
    tile = _tile(len(grouped) + len(aside))
    pitch = tile + GAP
    most = max(len(grouped), len(aside), 1)
    columns = min(most, floor((WIDEST - 2 * style.MARGIN + GAP) / pitch))
    line = tile + LINK + BAND + NUMBER + BELOW
    lines = [-(-len(rows) // columns) for rows in (grouped, aside)]
    top = style.HEADER + 0.05
    aside_top = top + lines[0] * line + (0.24 if len(aside) else 0.0)
    height = aside_top + lines[1] * line + 0.42 + style.MARGIN
    figure = new_figure(
        max(columns * pitch - GAP + 2 * style.MARGIN, NARROWEST),
        height,
        _title(affinity, grouped),
        joined(job, _how(affinity)),
    )
    dpi, side = figure.dpi, round(tile * figure.dpi)
    across, down = (round(inches * dpi) for inches in figure.get_size_inches())
    raster = np.full((down, across), 255, dtype=np.uint8)
    rows = np.concatenate([grouped, aside])
    pictures = grey(placed(averages.images[rows], motions(affinity, grouped, aside), side))
    places = [
        (style.MARGIN + at % columns * pitch, start + at // columns * line)
        for count, start in ((len(grouped), top), (len(aside), aside_top))
        for at in range(count)
    ]
    for row, picture, (x, y) in zip(rows.tolist(), pictures, places, strict=True):
        column, upper = round(x * dpi), round(y * dpi)
        raster[upper : upper + side, column : column + side] = picture
        name = str(averages.class_id[row])
        base = y + tile + LINK + BAND + 0.095
        label_at(figure, x + 0.01, base, name, color=style.MUTED)
        if int(name) in suspects:
            mark_after(figure, x + 0.01, base, name, bold=False)
    figure.add_artist(Raster(raster))
    _links(figure, affinity, grouped, places[: len(grouped)], tile, columns)
    _bands(figure, superclasses, rows, places, tile, columns)
    if len(aside):
        text_at(figure, style.MARGIN, aside_top - 0.2, "Set aside", style.BODY, bold=True)
    words = "Bars between: affinity of the two, 0 to 1. Band: superclass. Below: class number."
    words += f" {WORDS}" if suspects else ""
    text_at(
        figure, style.MARGIN, height - style.MARGIN - 0.36, words, style.SMALL, color=style.MUTED
    )
    scale_bar(figure, averages, tile, style.MARGIN, height - style.MARGIN - 0.18)
    return figure


def shown_in_chain(superclasses: Superclasses, affinity: Affinity) -> tuple[IntArray, IntArray]:
    """Rows of the averages in superclasses, neighbours alike, and of those set aside."""
    order = superclasses.order[~affinity.is_empty[superclasses.order]]
    label = superclasses.label[order]
    return order[label >= 0], order[label == SET_ASIDE]


def motions(affinity: Affinity, grouped: IntArray, aside: IntArray) -> list[Transform]:
    """The transform of each: onto the previous one; for those set aside, onto the most similar."""
    rows = np.concatenate([grouped, aside])
    if affinity.alignment is None:
        return [Transform()] * len(rows)
    like = np.full(len(aside), ROOT)
    if len(grouped) and len(aside):
        like = affinity.values[np.ix_(aside, grouped)].argmax(axis=1)
    return carried_on(affinity.alignment, rows, np.concatenate([along(len(grouped)), like]))


def _tile(n: int) -> float:
    return 1.1 if n <= 12 else 0.86 if n <= 40 else 0.7 if n <= 120 else 0.52


def _title(affinity: Affinity, grouped: IntArray) -> str:
    title = f"{counted(len(grouped), 'class average')} sorted by similarity"
    if len(grouped) < 2:
        return title
    links = affinity.values[grouped[1:], grouped[:-1]]
    pairs = affinity.values[np.ix_(grouped, grouped)][np.triu_indices(len(grouped), 1)]
    beside, of_all = float(links.mean(dtype=float)), float(pairs.mean(dtype=float))
    return f"{title}: mean affinity {beside:.2f} (neighbors), {of_all:.2f} (all pairs)"


def _how(affinity: Affinity) -> str:
    if affinity.alignment is None:
        return "as in the stack, not aligned"
    return f"each aligned to the previous one ({affinity.metric})"


def _links(
    figure: Figure,
    affinity: Affinity,
    grouped: IntArray,
    places: list[tuple[float, float]],
    tile: float,
    columns: int,
) -> None:
    """A thin bar between two neighbors, as high as their affinity; also from line to line."""
    for at in range(1, len(grouped)):
        x, y = places[at]
        high = LINK * float(affinity.values[grouped[at - 1], grouped[at]])
        lower = y + tile + LINK - 0.02
        left = x - GAP / 2 - 0.0175 if at % columns else x
        fill_at(figure, left, lower - high * 0.85, 0.035, high * 0.85, style.MUTED)


def _bands(
    figure: Figure,
    superclasses: Superclasses,
    rows: IntArray,
    places: list[tuple[float, float]],
    tile: float,
    columns: int,
) -> None:
    """A band below the averages of a superclass in its color, with its number where it begins."""
    if superclasses_of_one(superclasses):
        return
    color_of = color_by_superclass(superclasses)
    label = superclasses.label[rows].tolist()
    start = 0
    for at in range(1, len(rows) + 1):
        if at < len(rows) and label[at] == label[start] and places[at][1] == places[start][1]:
            continue
        (left, y), right = places[start], places[at - 1][0] + tile
        color, upper = color_of(label[start]), y + tile + LINK
        fill_at(figure, left, upper, right - left, BAND, color)
        if label[start] >= 0:
            number = str(label[start])
            text_at(
                figure,
                left + 0.04,
                upper + BAND / 2,
                number,
                style.SMALL,
                bold=True,
                color=ink_on(color),
                va="center_baseline",
            )
        start = at
