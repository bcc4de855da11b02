"""Text in pictures: how wide it is, how it is shortened, and names that are safe to draw."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

FONT = "DejaVu Sans"
"""Comes with matplotlib, so that a picture has the same bytes wherever its fonts are."""


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


_ROUNDED = 1.05
"""By how much a drawn line may be wider than its letters: each is rounded to whole pixels."""


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
        if lines and text_width(f"{lines[-1]} {word}", size) <= width / _ROUNDED:
            lines[-1] += f" {word}"
        else:
            lines.append(shorten(word, width, size))
    if len(lines) > most:
        lines = [*lines[: most - 1], shorten(" ".join(lines[most - 1 :]), width, size)]
    return lines
