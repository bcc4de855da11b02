"""A written report as data: sections of sentences, tables and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Words(NamedTuple):
    """A paragraph; tone ``strong`` for the main point, ``muted`` for what may be skipped."""

    text: str
    tone: str = ""


class Bullets(NamedTuple):
    """A list of sentences; warnings are highlighted."""

    sentences: Sequence[str]
    is_warning: bool = False


class Rows(NamedTuple):
    """A table. The first column is text, the others are numbers or short words."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


class Shown(NamedTuple):
    """A picture of the results folder: its name without an ending, and what it shows."""

    name: str
    caption: str


Block = Words | Bullets | Rows | Shown


class Section(NamedTuple):
    """Blocks under a heading; none without blocks is shown."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Document:
    """A report.

    Parameters
    ----------
    title : str
    facts : str
        One line below it.
    sections : sequence of Section
    """

    title: str
    facts: str
    sections: Sequence[Section]
