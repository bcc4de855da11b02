"""The look that all pictures share: matplotlib settings, colours, sizes of type, margins.

Figures are made with matplotlib's object API on an Agg canvas; pyplot and its global state are
never touched, and a user's own ``matplotlibrc`` has no say (`context`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from rebalance.figures.text import FONT

if TYPE_CHECKING:
    pass

P = ParamSpec("P")
R = TypeVar("R")


TITLE, SUBTITLE, BODY, SMALL, TINY = 11.0, 8.0, 8.0, 7.0, 6.0
"""Font sizes in points: fixed, however large the figure."""

INK, MUTED, RULE, PALE = "#1a1a1a", "#5f5f5f", "#b8b8b8", "#dcdcdc"

PALETTE = (
    "#4477aa",
    "#cc6677",
    "#117733",
    "#ddaa33",
    "#882255",
    "#44aa99",
    "#6b4c9a",
    "#999933",
    "#cc79a7",
    "#88ccee",
)
"""Colours of superclasses 0…9 (after Paul Tol's colour-blind-safe sets); they come again from 10 on
(`superclass_colors`), so that a superclass always carries its number too."""

BEFORE, AFTER = PALE, MUTED
"""Bars before and after balancing: greys, for colours are those of superclasses."""

MARGIN = 0.2
"""Inches of white on every side."""

HEADER = 0.68
"""Inches from the upper edge to where the picture may begin: title and subtitle."""

_RC: dict[str, Any] = {
    "font.family": [FONT],
    "font.size": BODY,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": BODY,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "lines.linewidth": 0.9,
    # Type 42 would subset its fonts anew for every file, at ten times the cost.
    "pdf.fonttype": 3,
    "pdf.compression": 3,
}

# What a picture could depend on; the rest (back ends, windows, folders) is not ours to touch.
_GROUPS = {
    *("agg", "axes", "figure", "font", "hatch", "image", "legend", "lines", "mathtext"),
    *("patch", "path", "pdf", "savefig", "text", "xtick", "ytick"),
}


@contextmanager
def context() -> Iterator[None]:
    """matplotlib's own defaults plus the house style, for as long as the block lasts."""
    if _inside.get():
        yield
        return
    import matplotlib

    look: dict[Any, Any] = {
        name: value
        for name, value in matplotlib.rcParamsDefault.items()
        if name.split(".")[0] in _GROUPS
    }
    token = _inside.set(True)
    try:
        with matplotlib.rc_context(look | _RC):
            yield
    finally:
        _inside.reset(token)


_inside: ContextVar[bool] = ContextVar("inside the house style", default=False)


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Run a drawing function inside `context`."""

    @wraps(draw)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with context():
            return draw(*args, **kwargs)

    return inside
