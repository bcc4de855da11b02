"""Particles of each superclass before and after balancing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rebalance.figures import style
from rebalance.figures.layout import axes_at, new_figure
from rebalance.figures.text import joined, percent, text_width
from rebalance.model import IntArray, Selection, Superclasses
from rebalance.model.counting import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_ACROSS = 12
"""With more superclasses than this, the numbers on the bars stand upright."""

LEFT, RIGHT, BOTTOM, HEIGHT = 0.9, 0.85, 0.25, 2.7
"""Inches."""


@style.styled
def particles_per_superclass(
    superclasses: Superclasses, selection: Selection | None = None, *, job: str = ""
) -> Figure:
    """Particles of each superclass before and after, with the maximum.

    Parameters
    ----------
    superclasses : Superclasses
        Of a data set with particles.
    selection : Selection, optional
        Without one, sizes as they are.
    job : str
        For the heading.
    """
    k = len(superclasses)
    inches = float(np.clip((0.62 if k <= MOST_ACROSS else 0.21) * k, 4.2, 9.0))
    figure = new_figure(
        LEFT + inches + RIGHT,
        style.HEADER + 0.2 + HEIGHT + BOTTOM + style.MARGIN,
        _title(superclasses, selection),
        _subtitle(superclasses, selection, job),
    )
    axes = axes_at(figure, LEFT, style.HEADER + 0.2, inches, HEIGHT)
    draw_bars(axes, superclasses, selection, inches)
    return figure


def draw_bars(
    axes: Axes,
    superclasses: Superclasses,
    selection: Selection | None,
    inches: float,
    what: str = "particles",
) -> None:
    """The bars, their axes and the cap, on axes so many inches wide."""
    before, after = sizes(superclasses, selection)
    k = len(before)
    if k == 0:
        axes.set_axis_off()
        return
    at = np.arange(k)
    thick = 0.8 if k <= 100 else 1.0
    pale = style.AFTER if after is None else style.BEFORE
    axes.bar(at, before, thick, color=pale, label="before")
    if after is not None:
        axes.bar(at, after, thick, color=style.AFTER, label="after")
        axes.legend(
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            ncols=2,
            frameon=False,
            fontsize=style.SMALL,
            handlelength=1.0,
            handleheight=0.8,
            borderaxespad=0.2,
            columnspacing=1.2,
        )
    axes.set_xlim(-0.6, k - 0.4)
    upright = _scale(axes, before, after, inches)
    _values(axes, before, after, None if selection is None else selection.cap, upright)
    _cap(axes, selection)
    _numbers(axes, superclasses, inches)
    axes.set_ylabel(what)


def superclasses_of_one(superclasses: Superclasses) -> bool:
    """Whether each of several class averages is a superclass by itself."""
    k = len(superclasses)
    return k > 1 and k == int(np.count_nonzero(superclasses.label >= 0))


def is_balanced(selection: Selection | None) -> bool:
    """Whether there is a before and an after to be shown."""
    if selection is None:
        return False
    return selection.cap is not None or not np.array_equal(selection.before, selection.after)


def sizes(
    superclasses: Superclasses, selection: Selection | None
) -> tuple[IntArray, IntArray | None]:
    """Particles of each superclass before, and after where some were taken away."""
    if selection is None:
        return superclasses.size, None
    return selection.before, selection.after if is_balanced(selection) else None


def deciding_sizes(
    superclasses: Superclasses, selection: Selection | None
) -> tuple[IntArray, IntArray | None]:
    """`sizes` of the superclasses that decide the cap."""
    if selection is None:
        return superclasses.size, None
    return selection.before[selection.decides], selection.after[selection.decides]


def aside_words(superclasses: Superclasses, selection: Selection | None) -> str:
    """``12 averages set aside, 1,400 particles kept``; empty where none is."""
    n = len(superclasses.set_aside)
    if not n:
        return ""
    words = f"{counted(n, 'average')} set aside"
    if selection is None:
        return words
    return f"{words}, {int(selection.aside_after.sum()):,} of their particles kept"


def evenness(size: IntArray) -> float:
    """Smallest ÷ largest superclass, of those that have particles; 1 for none."""
    present = size[size > 0]
    return float(present.min() / present.max()) if len(present) else 1.0


def _title(superclasses: Superclasses, selection: Selection | None) -> str:
    before, after = deciding_sizes(superclasses, selection)
    group = "class" if superclasses_of_one(superclasses) else "superclass"
    title = f"Smallest ÷ largest {group}: {evenness(before):.2g}"
    if after is None or np.array_equal(before, after):
        return title
    return f"{title} before, {evenness(after):.2g} after"


def _subtitle(superclasses: Superclasses, selection: Selection | None, job: str) -> str:
    if selection is None:
        return joined(job, counted(int(superclasses.size.sum()), "particle"))
    kept, total = int(selection.selected.sum()), len(selection)
    if not is_balanced(selection) and kept == total:
        return joined(
            job, f"{counted(total, 'particle')}, not balanced", aside_words(superclasses, None)
        )
    shares = f"{kept:,} of {total:,} particles kept ({percent(kept, total)} %)"
    return joined(job, shares, aside_words(superclasses, selection))


def _scale(axes: Axes, before: IntArray, after: IntArray | None, inches: float) -> bool | None:
    """From zero, so that a bar twice as high is twice as many.

    Numbers on the bars stand upright, lie (False), or have no room (None).
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    most = max(1, int(before.max(initial=0)), 0 if after is None else int(after.max(initial=0)))
    headroom, upright = 0.16, None if len(before) > MOST_ACROSS else False
    if upright is None:
        longest = max(text_width(text, style.SMALL) for text in _words(before, after, " ")) + 6
        tall = axes.get_window_extent().height * 72 / axes.figure.dpi
        headroom = 0.05
        if inches / (len(before) + 0.2) * 72 >= style.SMALL * 1.1 and longest < 0.4 * tall:
            headroom, upright = longest / (tall - longest), True
    axes.set_ylim(0, most * (1 + headroom))
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    return upright


def _words(before: IntArray, after: IntArray | None, between: str) -> list[str]:
    """What is written on each bar."""
    if after is None:
        return [f"{was:,}" for was in before.tolist()]
    return [
        f"{was:,}" if was == left else f"{was:,}{between}→ {left:,}"
        for was, left in zip(before.tolist(), after.tolist(), strict=True)
    ]


def _values(
    axes: Axes, before: IntArray, after: IntArray | None, cap: int | None, upright: bool | None
) -> None:
    if upright is None:
        return
    room = axes.get_window_extent().width * 72 / axes.figure.dpi / (len(before) + 0.2)
    words = _words(before, after, " " if upright else "\n")
    to_pixels = axes.transData.transform
    points = axes.figure.dpi / 72
    for at, (count, text) in enumerate(zip(before.tolist(), words, strict=True)):
        lines = text.split("\n")
        wide = max(text_width(line, style.SMALL) for line in lines)
        if not upright and wide > room - 2:
            continue
        foot, tall = count, wide if upright else style.SMALL * 1.25 * len(lines)
        if cap is not None:
            # Never across the line of the cap.
            over = to_pixels((at, cap))[1] - to_pixels((at, foot))[1]
            foot = cap if -2 <= over < tall * points + 3 else foot
        axes.annotate(
            text,
            (at, foot),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=style.SMALL,
            color=style.MUTED,
            linespacing=1.05,
            rotation=90 if upright else 0,
        )


def _cap(axes: Axes, selection: Selection | None) -> None:
    if selection is None or selection.cap is None:
        return
    low, high = axes.get_ylim()
    if not low <= selection.cap <= high:
        return
    axes.axhline(selection.cap, color=style.INK, linewidth=0.8, linestyle=(0, (4, 2)))
    axes.annotate(
        f"maximum\n{selection.cap:,}",
        (1, selection.cap),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=style.SMALL,
        annotation_clip=False,
    )


def _numbers(axes: Axes, superclasses: Superclasses, inches: float) -> None:
    k = len(superclasses)
    if superclasses_of_one(superclasses):
        order = np.argsort(superclasses.label, kind="stable")
        names = superclasses.class_id[order[superclasses.label[order] >= 0]]
        axes.set_xlabel("class, largest first")
    else:
        names = np.arange(k)
        axes.set_xlabel("superclass")
    widest = max(text_width(str(name), style.SMALL) for name in names) + 4
    every = next(
        step
        for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**9)
        if step * inches * 72 / (k + 0.2) >= widest
    )
    at = np.arange(0, k, every)
    axes.set_xticks(at, labels=[str(names[i]) for i in at])
    axes.tick_params(axis="x", length=0 if every == 1 else 2.5)
