"""The look that all pictures share: type, colours, headings, numbers, names that are safe to draw.

Figures are made with matplotlib's object API on an Agg canvas; pyplot and its global state are
never touched, and a user's own ``matplotlibrc`` has no say (`context`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from rebalance.model.counting import counted as counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.text import Text

P = ParamSpec("P")
R = TypeVar("R")

FONT = "DejaVu Sans"
"""Comes with matplotlib, so that a picture has the same bytes wherever its fonts are."""

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
"""Colours of superclasses 0…9 (after Paul Tol's colour-blind-safe sets); they repeat from 10 on,
so that a superclass always carries its number too."""

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


def new_figure(width: float, height: float, title: str, subtitle: str = "") -> Figure:
    """A white figure with its heading in the upper left corner.

    Parameters
    ----------
    width, height : float
        Inches, the heading included.
    title, subtitle : str
        Shortened in the middle where the figure is too narrow for them.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from rebalance.figures.picture import Picture

    dpi = dots_per_inch(width, height)
    # Whole pixels, so that a raster laid over the whole figure is never resampled.
    figure = Picture(figsize=(round(width * dpi) / dpi, round(height * dpi) / dpi), dpi=dpi)
    FigureCanvasAgg(figure)
    room = (width - 2 * MARGIN) * 72
    text_at(figure, MARGIN, 0.18, shorten(title, room, TITLE, bold=True), TITLE, bold=True)
    if subtitle:
        text_at(figure, MARGIN, 0.40, shorten(subtitle, room, SUBTITLE), SUBTITLE, color=MUTED)
    return figure


def dots_per_inch(width: float, height: float) -> int:
    """Crisp for small figures, and never more than 4,000 pixels on a side."""
    return int(max(50, min(200 if max(width, height) <= 9 else 150, 4000 / max(width, height))))


def text_at(
    figure: Figure,
    x: float,
    y: float,
    text: str,
    size: float = BODY,
    *,
    bold: bool = False,
    color: str = INK,
    ha: str = "left",
    va: str = "top",
) -> Text:
    """Text at inches from the left and from the upper edge of the figure; no mathematics in it."""
    width, height = figure.get_size_inches()
    return figure.text(
        x / width,
        1 - y / height,
        text,
        fontsize=size,
        fontweight="bold" if bold else "normal",
        color=color,
        ha=ha,
        va=va,
        parse_math=False,
    )


def fill_at(
    figure: Figure, left: float, top: float, width: float, height: float, color: str
) -> None:
    """A rectangle of one colour; inches from the left and upper edges of the figure."""
    from matplotlib.patches import Rectangle

    full_width, full_height = figure.get_size_inches()
    figure.add_artist(
        Rectangle(
            (left / full_width, 1 - (top + height) / full_height),
            width / full_width,
            height / full_height,
            facecolor=color,
            transform=figure.transFigure,
        )
    )


def line_at(figure: Figure, *points: tuple[float, float]) -> None:
    """A thin grey line through points in inches from the left and upper edges of the figure."""
    from matplotlib.lines import Line2D

    width, height = figure.get_size_inches()
    figure.add_artist(
        Line2D(
            [x / width for x, _ in points],
            [1 - y / height for _, y in points],
            color=RULE,
            linewidth=0.5,
            transform=figure.transFigure,
        )
    )


def label_at(
    figure: Figure, x: float, y: float, text: str, *, bold: bool = False, color: str = INK
) -> None:
    """Tiny text whose left baseline is at inches from the left and upper edges; for hundreds."""
    from rebalance.figures.artists import Label

    width, height = figure.get_size_inches()
    figure.add_artist(Label(x / width, 1 - y / height, text, TINY, bold=bold, color=color))


def axes_at(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at inches from the left and upper edges of the figure."""
    full_width, full_height = figure.get_size_inches()
    return figure.add_axes(
        (
            left / full_width,
            1 - (top + height) / full_height,
            width / full_width,
            height / full_height,
        )
    )


def color_of(superclass: int) -> str:
    """Colour of a superclass; grey for none."""
    return PALETTE[superclass % len(PALETTE)] if superclass >= 0 else RULE


def plain(text: str) -> str:
    """A name from a file as one line of characters that the font has.

    Control characters become spaces, and letters that the font lacks (say, Chinese) a
    replacement character, so that drawing never warns.
    """
    known = _known_characters()
    composed = unicodedata.normalize("NFC", text)
    spaced = "".join(
        " " if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Zs") else char
        for char in composed
    )
    return re.sub(" +", " ", "".join(c if ord(c) in known else "\ufffd" for c in spaced)).strip()


@lru_cache(maxsize=1)
def _known_characters() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(FONT)).get_charmap())


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, bold: bool = False) -> float:
    """Width of a line of text in points, the sum of its letters."""
    return size / 100 * sum(_advance(character, bold) for character in text)


@lru_cache(maxsize=1024)
def _advance(character: str, bold: bool) -> float:
    from matplotlib.textpath import text_to_path

    font = _font_of_size_100(bold)
    return float(text_to_path.get_text_width_height_descent(character, font, False)[0])


@lru_cache(maxsize=2)
def _font_of_size_100(bold: bool) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=FONT, size=100, weight="bold" if bold else "normal")


def shorten(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """The text, with an ellipsis in its middle if it is wider than so many points."""
    text = plain(text)
    if text_width(text, size, bold) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        keep = (low + high + 1) // 2
        if text_width(_without_middle(text, keep), size, bold) <= width:
            low = keep
        else:
            high = keep - 1
    return _without_middle(text, low)


def _without_middle(text: str, keep: int) -> str:
    tail = keep // 2
    return text[: keep - tail].rstrip() + "…" + (text[-tail:].lstrip() if tail else "")


def joined(*parts: str) -> str:
    """The parts that say something, with a middle dot between."""
    return "  ·  ".join(part for part in parts if part)


def percent(part: float, whole: float) -> str:
    """A share as a person writes it: ``41``, ``0.4``, ``<0.1`` (without the sign)."""
    share = 100 * part / whole if whole else 0.0
    if share >= 9.95 or share == 0:
        return f"{share:.0f}"
    return f"{share:.1f}" if share >= 0.05 else "<0.1"


def wrapped(text: str, width: float, size: float, most: int = 4) -> list[str]:
    """Break a sentence into at most so many lines no wider than so many points."""
    lines: list[str] = []
    for word in plain(text).split(" "):
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(shorten(word, width, size))
    if len(lines) > most:
        lines = [*lines[: most - 1], shorten(" ".join(lines[most - 1 :]), width, size)]
    return lines
