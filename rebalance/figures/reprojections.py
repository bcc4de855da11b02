"""Each class average beside the reprojection of the map that it fits best."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from rebalance.figures import style
from rebalance.figures.layout import fill_at, label_at, new_figure, text_at
from rebalance.figures.superclass_colors import color_by_superclass, ink_on
from rebalance.figures.text import joined, text_width
from rebalance.figures.tiles import grey, placed
from rebalance.figures.view_words import doubt, misfits, took_part
from rebalance.model import ClassAverages, FloatArray, IntArray, Superclasses, Transform, Views
from rebalance.model.counting import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS, MOST = 6, 120
"""More than `MOST` averages, and those that fit best are not shown."""

TILE, BETWEEN, APART, ROW = 0.62, 0.03, 0.16, 0.85
"""Inches: a picture, between the two of a pair, from one pair to the next, from row to row."""


@style.styled
def reprojections_beside(
    averages: ClassAverages,
    views: Views,
    reprojections: FloatArray,
    superclasses: Superclasses | None = None,
    *,
    job: str = "",
) -> Figure:
    """A grid of pairs, the worst fit first.

    Parameters
    ----------
    averages : ClassAverages
    views : Views
        Of the same averages.
    reprojections : float32 (N, S, S)
        The map in the pose of each average, in boxes as large as the averages'.
    superclasses : Superclasses, optional
        Their colours are put to the numbers.
    job : str
        For the heading.
    """
    from rebalance.figures.artists import Raster

    rows = np.flatnonzero(took_part(views))
    rows = rows[np.argsort(views.fit[rows], kind="stable")]
    shown = rows[:MOST]
    columns = min(COLUMNS, max(4, len(shown)))
    down = -(-len(shown) // columns)
    pitch = 2 * TILE + BETWEEN + APART
    figure = new_figure(
        2 * style.MARGIN + columns * pitch - APART,
        style.HEADER + 0.2 + down * ROW + style.MARGIN,
        f"{counted(len(rows), 'class average')} and their best-fitting reprojections",
        joined(
            job,
            f"median correlation {_median(views, rows)}",
            doubt(views),
            misfits(views),
            f"the {MOST} worst fits" if len(rows) > MOST else "",
        ),
    )
    text_at(
        figure,
        style.MARGIN,
        style.HEADER - 0.06,
        "Left: average, right: reprojection, with correlation; worst fit first. ×: fits no view.",
        style.SMALL,
        color=style.MUTED,
    )
    color_of = color_by_superclass(superclasses) if superclasses is not None else str
    dpi, side = figure.dpi, round(TILE * figure.dpi)
    wide, tall = (round(inches * dpi) for inches in figure.get_size_inches())
    raster = np.full((tall, wide), 255, dtype=np.uint8)
    pictures = [_tiles(images[shown], side) for images in (averages.images, reprojections)]
    for at, row in enumerate(shown.tolist()):
        left = style.MARGIN + at % columns * pitch
        top = style.HEADER + 0.2 + at // columns * ROW
        for which, tiles in enumerate(pictures):
            x, y = round((left + which * (TILE + BETWEEN)) * dpi), round(top * dpi)
            raster[y : y + side, x : x + side] = tiles[at]
        _caption(figure, left, top + TILE, views, row, superclasses, color_of)
    figure.add_artist(Raster(raster))
    return figure


def _median(views: Views, rows: IntArray) -> str:
    return f"{np.median(views.fit[rows]):.2f}" if len(rows) else "–"


def _tiles(images: FloatArray, side: int) -> np.ndarray:
    if not len(images):
        return np.zeros((0, side, side), dtype=np.uint8)
    return grey(placed(images, [Transform()] * len(images), side))


def _caption(
    figure: Figure,
    left: float,
    foot: float,
    views: Views,
    row: int,
    superclasses: Superclasses | None,
    color_of: Callable[[int], str],
) -> None:
    indent = 0.0
    if superclasses is not None:
        number = int(superclasses.label[row])
        name = str(number) if number >= 0 else ""
        wide = max(0.08, text_width(name, style.TINY) / 72 + 0.04)
        fill_at(figure, left, foot + 0.028, wide, 0.1, color_of(number))
        label_at(figure, left + 0.02, foot + 0.108, name, color=ink_on(color_of(number)))
        indent = wide + 0.03
    label_at(figure, left + indent, foot + 0.108, str(views.class_id[row]), bold=True)
    label_at(
        figure,
        left + TILE + BETWEEN,
        foot + 0.108,
        f"{views.fit[row]:.2f}" + (" ×" if views.is_misfit[row] else ""),
        bold=bool(views.is_misfit[row]),
        color=style.INK if views.is_misfit[row] else style.MUTED,
    )
