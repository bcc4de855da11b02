"""The tree by which averages were merged into superclasses, and where it was cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from rebalance.figures import style
from rebalance.figures.label_spacing import spread
from rebalance.figures.layout import axes_at, fill_at, line_at, new_figure, text_at
from rebalance.figures.superclass_colors import color_by_superclass
from rebalance.figures.text import joined, text_width
from rebalance.model import DoubleArray, IntArray, Superclasses
from rebalance.model.counting import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEFT, RIGHT, HEIGHT = 0.75, 0.55, 3.2
STRIP, NUMBERS = 0.1, 0.16
"""Inches."""

LEAF = 0.105
"""Inches that a turned class number needs from its neighbour."""


@style.styled
def dendrogram(superclasses: Superclasses, *, job: str = "") -> Figure:
    """The tree of a hierarchical clustering, cut into superclasses.

    Parameters
    ----------
    superclasses : Superclasses
        With a linkage over the averages that are in a superclass, in order.
    job : str
        For the heading.

    Raises
    ------
    ValueError
        Without a linkage, or with one of another number of averages.
    """
    used = np.flatnonzero(superclasses.label >= 0)
    tree = superclasses.linkage
    if tree is None:
        raise ValueError("these superclasses have no linkage")
    if len(tree) != len(used) - 1:
        raise ValueError(f"a linkage of {len(used)} averages has not {len(tree)} rows")
    label = superclasses.label[used]
    order, middle = _positions(tree)
    n = len(used)
    inches = float(np.clip(LEAF * n, 4.6, 13.0))
    names = [str(number) for number in superclasses.class_id[used[order]]]
    named = inches / n >= LEAF * 0.98
    below = max(text_width(name, style.TINY) for name in names) / 72 + 0.08 if named else 0.04
    cut = _cut(tree, label)
    figure = new_figure(
        LEFT + inches + RIGHT,
        style.HEADER + HEIGHT + below + STRIP + NUMBERS + 0.3 + style.MARGIN,
        _title(superclasses, cut),
        joined(job, _how(superclasses), "" if named else "class numbers left out"),
    )
    axes = axes_at(figure, LEFT, style.HEADER, inches, HEIGHT)
    color_of = color_by_superclass(superclasses)
    _branches(axes, tree, label, middle, color_of)
    axes.set_xlim(-0.7, n - 0.3)
    axes.set_ylim(0, max(float(tree[:, 2].max()) * 1.04, 1e-6))
    axes.spines["bottom"].set_visible(False)
    axes.set_ylabel(f"{_height(superclasses)} when joined")
    if named:
        axes.set_xticks(np.arange(n), labels=names, rotation=90, fontsize=style.TINY)
        axes.tick_params(axis="x", length=0, pad=2)
    else:
        axes.set_xticks([])
    if cut is not None:
        axes.axhline(cut, color=style.INK, linewidth=0.8, linestyle=(0, (4, 2)))
        axes.annotate(
            f"cut\n{cut:.2f}",
            (1, cut),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=style.SMALL,
            annotation_clip=False,
        )
    _strip(figure, label[order], inches, style.HEADER + HEIGHT + below, color_of)
    return figure


def _positions(tree: DoubleArray) -> tuple[IntArray, DoubleArray]:
    """Leaves from left to right, and the place of every node between them."""
    from scipy.cluster.hierarchy import leaves_list

    n = len(tree) + 1
    order = leaves_list(tree).astype(np.int64)
    middle = np.zeros(n + len(tree))
    middle[order] = np.arange(n)
    for row, (left, right) in enumerate(tree[:, :2].astype(np.int64)):
        middle[n + row] = (middle[left] + middle[right]) / 2
    return order, middle


def _branches(
    axes: Axes,
    tree: DoubleArray,
    label: IntArray,
    middle: DoubleArray,
    color_of: Callable[[int], str],
) -> None:
    from matplotlib.collections import LineCollection

    n = len(label)
    height = np.concatenate([np.zeros(n), tree[:, 2]])
    below = _below(tree, label)
    lines, colors = [], []
    for row, (left, right) in enumerate(tree[:, :2].astype(np.int64)):
        node = n + row
        lines.append([(middle[left], height[node]), (middle[right], height[node])])
        colors.append(color_of(int(below[node])))
        for child in (left, right):
            lines.append([(middle[child], height[child]), (middle[child], height[node])])
            colors.append(color_of(int(below[child])))
    axes.add_collection(
        LineCollection(
            lines, colors=colors, linewidths=1.0 if n <= 120 else 0.7, capstyle="projecting"
        ),
        autolim=False,
    )


def _below(tree: DoubleArray, label: IntArray) -> IntArray:
    """Superclass of all leaves below each node; −1 where they are of more than one."""
    n = len(label)
    below = np.concatenate([label, np.full(len(tree), -1)])
    for row, (left, right) in enumerate(tree[:, :2].astype(np.int64)):
        below[n + row] = below[left] if below[left] == below[right] else -1
    return below


def _cut(tree: DoubleArray, label: IntArray) -> float | None:
    """Half way between the last merge within a superclass and the first across; None if mixed."""
    within = _below(tree, label)[len(label) :] >= 0
    if within.all() or np.count_nonzero(within) != len(label) - len(np.unique(label)):
        return None
    inner, across = tree[within, 2], tree[~within, 2]
    below, above = float(inner.max(initial=0.0)), float(across.min())
    return (below + above) / 2 if below <= above else None


def _height(superclasses: Superclasses) -> str:
    options = superclasses.options
    scaled = options.get("path_neighbors") or options.get("linkage") in ("ward", "balanced")
    return "dissimilarity" if scaled else "1 − affinity"


def _title(superclasses: Superclasses, cut: float | None) -> str:
    number = counted(len(superclasses), "superclass", "superclasses")
    if cut is None:
        return number
    return f"{number}: tree cut at {_height(superclasses)} = {cut:.2f}"


def _how(superclasses: Superclasses) -> str:
    linkage = superclasses.options.get("linkage")
    return joined(superclasses.clustering, f"{linkage} linkage" if linkage else "")


def _strip(
    figure: Figure, label: IntArray, inches: float, top: float, color_of: Callable[[int], str]
) -> None:
    n = len(label)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(label)) + 1, [n]])
    # The axes run from −0.7 to n − 0.3.
    ends = LEFT + (starts - 0.5 + 0.7) / (n + 0.4) * inches
    for start, left, right in zip(starts[:-1], ends[:-1], ends[1:], strict=True):
        color = color_of(int(label[start]))
        fill_at(figure, left, top, right - left, STRIP, color)
    centres, sizes = (ends[:-1] + ends[1:]) / 2, np.diff(ends)
    apart = (text_width(str(label.max()), style.SMALL) + 3) / 72
    kept, at = spread(centres, sizes, apart, LEFT, LEFT + inches)
    below = top + STRIP + 0.02
    for which, x in zip(kept, at, strict=True):
        start = float(centres[which])
        points = ((start, below), (start, below + 0.03), (x, below + 0.08), (x, below + 0.1))
        line_at(figure, *points)
        number = str(label[starts[which]])
        text_at(figure, x, below + 0.12, number, style.SMALL, ha="center")
    text_at(
        figure, LEFT + inches / 2, below + 0.12 + NUMBERS, "superclass", style.BODY, ha="center"
    )
