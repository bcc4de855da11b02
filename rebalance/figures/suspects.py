"""The mark of averages that look like junk but are in a superclass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rebalance.figures.layout import label_at
from rebalance.figures.style import TINY
from rebalance.figures.text import text_width
from rebalance.model import RunResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARK, COLOR = "?", "#c2410c"

WORDS = "?: suspected junk."
"""For legends."""

ROOM = 6.0
"""Points that it takes beside a number."""


def suspects_of(result: RunResult) -> frozenset[int]:
    """Their class numbers; none if nobody looked for junk, or if they are set aside."""
    if result.quality is None:
        return frozenset()
    superclasses = result.superclasses
    suspected = result.quality.is_suspected & (superclasses.label >= 0)
    return frozenset(superclasses.class_id[suspected].tolist())


def mark_after(figure: Figure, x: float, base: float, number: str, *, bold: bool) -> None:
    """The mark behind a number whose left baseline is at inches x and ``base``."""
    right = x + (text_width(number, TINY, bold) + 2) / 72
    label_at(figure, right, base, MARK, bold=True, color=COLOR)
