"""Methods of a study by score and by rank, with confidence intervals over data sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rebalance.figures import style
from rebalance.figures.layout import axes_at, fill_at, new_figure, text_at
from rebalance.figures.text import shorten, text_width
from rebalance.model import DoubleArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDEST_LABEL, PANEL, GAP, ROW, BOTTOM, LEGEND = 2.6, 2.9, 0.3, 0.3, 0.42, 0.2
"""Inches."""

_MOST_COLOURS = 8


class MethodRow(NamedTuple):
    """A method: mean and interval of its score and rank, and its score on each data set."""

    method: str
    mean: float
    interval: tuple[float, float]
    rank: float
    rank_interval: tuple[float, float]
    values: DoubleArray


@style.styled
def ranked_methods(
    rows: Sequence[MethodRow],
    data_sets: Sequence[str],
    *,
    title: str,
    better: int = 1,
) -> Figure:
    """Scores on the left, ranks on the right, the best method on top.

    Parameters
    ----------
    rows : sequence of MethodRow
        The best first.
    data_sets : sequence of str
        Name of the data set of each of ``values``; those of one name have one colour.
    title : str
    better : {1, −1}
    """
    labels = [shorten(row.method, WIDEST_LABEL * 72, style.BODY) for row in rows]
    left = style.MARGIN + max(text_width(label, style.BODY) for label in labels) / 72 + 0.12
    height = ROW * len(rows) + 0.15
    names = list(dict.fromkeys(data_sets))
    colored = 1 < len(names) <= _MOST_COLOURS
    legend = _legend_rows(names, 2 * PANEL + GAP) if colored else []
    below = BOTTOM + LEGEND * len(legend)
    figure = new_figure(
        left + 2 * PANEL + GAP + style.MARGIN,
        style.HEADER + height + below + style.MARGIN,
        title,
        _subtitle(data_sets),
    )
    scores = axes_at(figure, left, style.HEADER, PANEL, height)
    ranks = axes_at(figure, left + PANEL + GAP, style.HEADER, PANEL, height)
    at = np.arange(len(rows))
    for axes in (scores, ranks):
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks(at, [])
        axes.tick_params(axis="y", length=0)
        axes.grid(True, axis="x", color=style.PALE, linewidth=0.5)
        axes.set_axisbelow(True)
        axes.spines["left"].set_visible(False)
    scores.set_yticks(at, labels, fontsize=style.BODY)
    color_of = {name: style.PALETTE[number if colored else 0] for number, name in enumerate(names)}
    _points(scores, rows, data_sets, color_of)
    for y, row in enumerate(rows):
        _interval(scores, y, row.mean, row.interval)
        _interval(ranks, y, row.rank, row.rank_interval)
    scores.set_xlabel("score (higher is better)" if better > 0 else "score (lower is better)")
    ranks.set_xlabel("mean rank (1 = best)")
    ranks.set_xlim(0.8, max(len(rows), 2) + 0.2)
    _whole_ticks(ranks, len(rows))
    if colored:
        _legend(figure, left, style.HEADER + height + BOTTOM, legend, list(color_of.values()))
    return figure


def _subtitle(data_sets: Sequence[str]) -> str:
    n = len(data_sets)
    if n < 2:
        return "1 data set: no interval"
    return f"Mean and 95 % interval over {n} data sets; small dots: data sets"


def _points(
    axes: Axes, rows: Sequence[MethodRow], data_sets: Sequence[str], color_of: dict[str, str]
) -> None:
    for y, row in enumerate(rows):
        n = len(row.values)
        # Side by side in the row, so that equal values are all seen.
        off = np.linspace(-0.22, 0.22, n) if n > 1 else np.zeros(n)
        axes.scatter(
            row.values,
            y + off,
            s=9,
            c=[color_of[name] for name in data_sets],
            alpha=0.75,
            linewidths=0,
            zorder=3.5,
        )


def _interval(axes: Axes, y: float, mean: float, ends: tuple[float, float]) -> None:
    if np.isfinite(ends).all():
        axes.plot(ends, [y, y], color=style.INK, linewidth=1.4, solid_capstyle="butt", zorder=3)
    axes.plot([mean], [y], "o", color=style.INK, markersize=5, markeredgecolor="white", zorder=4)


def _whole_ticks(axes: Axes, n: int) -> None:
    step = max(1, int(np.ceil(n / 8)))
    axes.set_xticks(np.arange(1, max(n, 2) + 1, step))


def _legend_rows(names: Sequence[str], width: float) -> list[list[tuple[float, str]]]:
    """Places in inches from the left and shortened names, as many in a row as fit."""
    rows: list[list[tuple[float, str]]] = [[]]
    x = 0.0
    for name in names:
        shown = shorten(name, (width - 0.3) * 72, style.SMALL)
        wide = 0.34 + text_width(shown, style.SMALL) / 72
        if rows[-1] and x + wide > width:
            rows.append([])
            x = 0.0
        rows[-1].append((x, shown))
        x += wide
    return rows


def _legend(
    figure: Figure,
    left: float,
    top: float,
    rows: Sequence[Sequence[tuple[float, str]]],
    colors: Sequence[str],
) -> None:
    rest = iter(colors)
    for number, row in enumerate(rows):
        y = top + LEGEND * (number + 1)
        for x, shown in row:
            fill_at(figure, left + x, y - 0.1, 0.09, 0.09, next(rest))
            text_at(figure, left + x + 0.14, y, shown, style.SMALL, va="bottom")
