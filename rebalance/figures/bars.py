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

LOG_FROM = 50
"""With sizes further apart than this ratio, the axis is logarithmic."""

MOST_VALUES = 12
"""With more superclasses than this, the bars carry no numbers of their own."""

AFTER = style.PALETTE[0]
LEFT, RIGHT, BOTTOM, HEIGHT = 0.9, 0.85, 0.25, 2.7
"""Inches."""


@style.styled
def particles_per_superclass(
    superclasses: Superclasses, selection: Selection | None = None, *, job: str = ""
) -> Figure:
    """Particles of each superclass before and after, with the largest size allowed.

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
    inches = float(np.clip((0.62 if k <= MOST_VALUES else 0.21) * k, 4.2, 9.0))
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
    axes.bar(at, before, thick, color=style.PALE, label="before")
    if after is not None:
        axes.bar(at, after, thick, color=AFTER, label="after")
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
    logarithmic = _scale(axes, before, after)
    _values(axes, before, after, None if selection is None else selection.cap, inches)
    _cap(axes, selection)
    _numbers(axes, superclasses, inches)
    axes.set_ylabel(f"{what} (logarithmic)" if logarithmic else what)


def superclasses_of_one(superclasses: Superclasses) -> bool:
    """Whether each of several class averages is a superclass by itself."""
    k = len(superclasses)
    return k > 1 and k == int(np.count_nonzero(superclasses.label >= 0))


def sizes(
    superclasses: Superclasses, selection: Selection | None
) -> tuple[IntArray, IntArray | None]:
    """Particles of each superclass before, and after where something was selected."""
    if selection is None:
        return superclasses.size, None
    return selection.before, selection.after


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
    shares = f"{kept:,} of {total:,} particles kept ({percent(kept, total)} %)"
    return joined(job, shares, aside_words(superclasses, selection))


def _scale(axes: Axes, before: IntArray, after: IntArray | None) -> bool:
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    counts = before if after is None else np.concatenate([before, after])
    present = counts[counts > 0]
    most, least = (int(present.max()), int(present.min())) if len(present) else (1, 1)
    logarithmic = most > LOG_FROM * least
    headroom = 0.13 if len(before) <= MOST_VALUES else 0.04
    if logarithmic:
        axes.set_yscale("log")
        # The smallest bar must have a height: start below it, but not below half a particle.
        bottom = max(10 ** np.floor(np.log10(least / 1.3)), 0.5)
        axes.set_ylim(bottom, most * (most / bottom) ** headroom)
        axes.yaxis.set_major_locator(LogLocator(10, numticks=10))
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(0, most * (1 + 1.2 * headroom))
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    return logarithmic


def _values(
    axes: Axes, before: IntArray, after: IntArray | None, cap: int | None, inches: float
) -> None:
    if len(before) > MOST_VALUES:
        return
    room = inches / (len(before) + 0.2) * 72
    to_pixels = axes.transData.transform
    line = style.SMALL * 1.25 * axes.figure.dpi / 72
    for at, count in enumerate(before):
        lines = [f"{count:,}"]
        if after is not None and after[at] != count:
            lines.append(f"→ {after[at]:,}")
        if max(text_width(text, style.SMALL) for text in lines) > room - 2:
            continue
        foot = max(count, axes.get_ylim()[0])
        if cap is not None:
            # Never across the line of the cap.
            over = to_pixels((at, cap))[1] - to_pixels((at, foot))[1]
            foot = cap if -2 <= over < line * len(lines) + 3 else foot
        axes.annotate(
            "\n".join(lines),
            (at, foot),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=style.SMALL,
            color=style.MUTED,
            linespacing=1.05,
        )


def _cap(axes: Axes, selection: Selection | None) -> None:
    if selection is None or selection.cap is None:
        return
    low, high = axes.get_ylim()
    if not low <= selection.cap <= high:
        return
    axes.axhline(selection.cap, color=style.INK, linewidth=0.8, linestyle=(0, (4, 2)))
    axes.annotate(
        f"largest\nallowed\n{selection.cap:,}",
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
        axes.set_xlabel("class, by falling size")
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
