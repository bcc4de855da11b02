"""The class averages on a map: round pictures, similar ones close together."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from rebalance.arrangement.chain import carried_on, on_the_most_alike
from rebalance.arrangement.plane import kept_neighbours, on_plane, side_by_side
from rebalance.figures import style
from rebalance.figures.bars import superclasses_of_one
from rebalance.figures.chain import shown_in_chain
from rebalance.figures.layout import label_at, new_figure, text_at
from rebalance.figures.scale_bar import scale_bar
from rebalance.figures.superclass_colors import color_by_superclass, ink_on
from rebalance.figures.suspects import WORDS, mark_after
from rebalance.figures.text import joined, text_width
from rebalance.figures.tiles import grey, placed
from rebalance.model import (
    Affinity,
    ClassAverages,
    DoubleArray,
    FloatArray,
    IntArray,
    Superclasses,
    Transform,
)
from rebalance.model.counting import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HIGHEST, NARROWEST = 11.6, 10.5, 6.5
LARGEST = 1.15
"""Inches: of the figure, of the map, of the room for one average."""

NUMBER, LEAST = 0.1, 0.36
"""Inches: below a picture for its number, and the least room for which there are numbers."""


@style.styled
def map_of_averages(
    averages: ClassAverages,
    superclasses: Superclasses,
    affinity: Affinity,
    *,
    suspects: Collection[int] = (),
    job: str = "",
) -> Figure:
    """Map of the class averages: similar ones close together, and aligned to each other.

    Parameters
    ----------
    averages : ClassAverages
    superclasses : Superclasses
        Over the same averages; the colors of the rims. Those set aside have gray rims.
    affinity : Affinity
        Of the same averages. Without an alignment they are drawn as in the stack.
    suspects : collection of int
        Class numbers of averages to be marked as looking like junk.
    job : str
        For the heading.
    """
    from rebalance.figures.artists import Raster

    rows = np.concatenate(shown_in_chain(superclasses, affinity))
    values = affinity.values[np.ix_(rows, rows)]
    at = side_by_side(on_plane(values) * np.array([1.0, -1.0]))
    across = at.max(axis=0, initial=0.5) + 0.5
    room = float(min(LARGEST, (WIDTH - 2 * style.MARGIN) / across[0], HIGHEST / across[1]))
    width = max(across[0] * room + 2 * style.MARGIN, NARROWEST)
    top = style.HEADER + 0.05
    height = top + across[1] * room + 0.5 + style.MARGIN
    how = "" if affinity.alignment is not None else "as in the stack, not aligned"
    figure = new_figure(
        width,
        height,
        f"Map of {counted(len(rows), 'class average')}",
        joined(job, affinity.metric, _faithful(values, at), how),
    )
    left = style.MARGIN + (width - 2 * style.MARGIN - across[0] * room) / 2
    below = NUMBER if room >= LEAST else 0.02
    middles = at * room + np.array([left, top - below / 2])
    dpi = figure.dpi
    disc_inches = room - below
    side = round(disc_inches * dpi)
    pictures = grey(placed(averages.images[rows], motions_on_map(affinity, rows, values), side))
    size = [round(inches * dpi) for inches in figure.get_size_inches()]
    raster = np.full((size[1], size[0]), 255, dtype=np.uint8)
    line = np.arange(side) - (side - 1) / 2
    disc = np.hypot(line[:, None], line) <= side / 2
    for picture, (x, y) in zip(pictures, middles, strict=True):
        column, upper = round(x * dpi - side / 2), round(y * dpi - side / 2)
        raster[upper : upper + side, column : column + side][disc] = picture[disc]
    figure.add_artist(Raster(raster))
    _rims(figure, superclasses, rows, middles, disc_inches)
    if room >= LEAST:
        feet = middles + np.array([0.0, disc_inches / 2])
        _class_numbers(figure, averages, rows, feet, suspects)
    if not superclasses_of_one(superclasses):
        _on_medoids(figure, superclasses, rows, middles, room)
    words = "Similar averages are close together. Rims and numbers: superclasses."
    words += " Gray rims: set aside." if superclasses.set_aside else ""
    words += f" {WORDS}" if suspects else ""
    text_at(figure, style.MARGIN, height - 0.6, words, style.SMALL, color=style.MUTED)
    scale_bar(figure, averages, disc_inches, style.MARGIN, height - 0.4)
    return figure


def motions_on_map(affinity: Affinity, rows: IntArray, values: FloatArray) -> list[Transform]:
    """The transform of each average, onto the similar one that links it closest to the middle."""
    if affinity.alignment is None:
        return [Transform()] * len(rows)
    return carried_on(affinity.alignment, rows, on_the_most_alike(values))


def _faithful(values: FloatArray, at: DoubleArray) -> str:
    kept = kept_neighbours(values, at)
    if kept is None:
        return ""
    return f"{100 * kept:.0f} % of the 5 most similar are among the 10 nearest"


def _rims(
    figure: Figure, superclasses: Superclasses, rows: IntArray, middles: DoubleArray, across: float
) -> None:
    from matplotlib.collections import EllipseCollection

    width, height = figure.get_size_inches()
    color_of = color_by_superclass(superclasses)
    figure.add_artist(
        EllipseCollection(
            np.full(len(rows), across * 72),
            np.full(len(rows), across * 72),
            np.zeros(len(rows)),
            units="points",
            offsets=np.stack([middles[:, 0] / width, 1 - middles[:, 1] / height], axis=1),
            offset_transform=figure.transFigure,
            facecolors="none",
            edgecolors=[color_of(int(label)) for label in superclasses.label[rows]],
            linewidths=2.2 if across > 0.6 else 1.6,
        )
    )


def _class_numbers(
    figure: Figure,
    averages: ClassAverages,
    rows: IntArray,
    feet: DoubleArray,
    suspects: Collection[int],
) -> None:
    for row, (x, y) in zip(rows.tolist(), feet, strict=True):
        number = str(averages.class_id[row])
        left, base = x - text_width(number, style.TINY) / 144, y + NUMBER - 0.01
        label_at(figure, left, base, number, color=style.MUTED)
        if int(number) in suspects:
            mark_after(figure, left, base, number, bold=False)


def _on_medoids(
    figure: Figure, superclasses: Superclasses, rows: IntArray, middles: DoubleArray, room: float
) -> None:
    """The number of each superclass on its medoid, in its color, inside the room it has."""
    size = style.BODY if room > 0.6 else style.TINY
    corners = middles - max(0.0, room / 2**1.5 - size / 60)
    color_of = color_by_superclass(superclasses)
    number_of = {row: number for number, row in enumerate(superclasses.medoid_row.tolist())}
    for row, (x, y) in zip(rows.tolist(), corners, strict=True):
        if row not in number_of:
            continue
        color, number = color_of(number_of[row]), str(number_of[row])
        text = text_at(figure, x, y, number, size, bold=True, ha="center", va="center")
        text.set_color(ink_on(color))
        text.set_bbox({"fc": color, "ec": "white", "lw": 0.8, "boxstyle": "round,pad=0.18"})
