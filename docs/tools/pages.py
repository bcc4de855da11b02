"""Parses the pages of the documentation: code blocks, pictures, generated parts, links.

In a page

- ```` ```console ```` has commands after ``$`` and their output, ```` ```pycon ```` the same in
  Python after ``>>>``; a command without output must exit with code 0;
- ```` ```python ```` and ```` ```toml ```` have ``file=PATH`` after the language, and are written
  to that file;
- a block without a language is a drawing, without commands;
- ``elsewhere=NAME`` names the test that checks a block that can't be run here;
- ``<!-- prepare: COMMAND -->`` is run but not shown;
- ``<!-- there: COMMAND -->`` is the same, run where the data of `real_data.py` are;
- ``<!-- needs: MODULE … -->`` names packages without which the page is not run;
- ``<!-- picture: PATH -->`` before a picture names the file that it is made from;
- ``<!-- made by: COMMAND -->`` before a picture names the command that draws it, if that takes too
  long for the tests;
- the text between ``<!-- generated: NAME -->`` and ``<!-- end -->`` is written by `tables.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^```(\S+)([^\n`]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_NEEDS = re.compile(r"^<!-- needs: (.*?) -->$", re.MULTILINE)
_PREPARE = re.compile(r"^<!-- prepare: (.*?) -->$", re.MULTILINE)
_PICTURE = re.compile(r"^<!-- picture: (\S+) -->\n!\[[^\]]*\]\(([^)]+)\)$", re.MULTILINE)
_MADE_BY = re.compile(r"^<!-- made by: python -m (\S+) -->\n!\[[^\]]*\]\(([^)]+)\)$", re.MULTILINE)
_GENERATED = re.compile(r"(<!-- generated: (\S+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
_ANY_PICTURE = re.compile(r"!\[[^\]]*\]\(([^)]+)\)")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page.

    Parameters
    ----------
    language : str
        ``prepare`` for a command that is not shown.
    options : dict of str
        Words after the language: ``file=…``, ``elsewhere=…``.
    text : str
        Text between the fences, with the last newline.
    start, stop : int
        Position of the text in the page.
    line : int
        Line of the fence, from 1.
    """

    language: str
    options: dict[str, str]
    text: str
    start: int
    stop: int
    line: int


@dataclass(frozen=True)
class Picture:
    """A picture of a page: the file of the session that it is made from, and where it is kept."""

    source: str
    target: Path

    @property
    def results(self) -> str:
        """Name of the results folder that it comes from."""
        return Path(self.source).parts[-3:][0]


def pages() -> list[Path]:
    """README, CHANGELOG and every page of the documentation."""
    return [
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        *sorted(path for path in (ROOT / "docs").rglob("*.md")),
    ]


def blocks(text: str) -> list[Block]:
    """Fenced blocks and prepared commands of a page, in order."""
    found = []
    for match in _FENCE.finditer(text):
        pairs = (word.partition("=") for word in match[2].split())
        options = {name: value for name, _, value in pairs}
        found.append(_block(text, match[1], options, match, 3))
    for match in _PREPARE.finditer(text):
        found.append(_block(text, "prepare", {}, match, 1))
    return sorted(found, key=lambda block: block.start)


def missing(text: str) -> list[str]:
    """Packages that a page needs and that are not installed."""
    names = [name for match in _NEEDS.finditer(text) for name in match[1].split()]
    return [name for name in names if find_spec(name) is None]


def _block(
    text: str, language: str, options: dict[str, str], match: re.Match[str], group: int
) -> Block:
    line = text.count("\n", 0, match.start()) + 1
    return Block(language, options, match[group], match.start(group), match.end(group), line)


def without_blocks(text: str) -> str:
    """A page without its fenced blocks of a language."""
    return _FENCE.sub("", text)


def drawn_by_programs(page: Path) -> dict[Path, str]:
    """The pictures of a page that a module draws in place, and the module."""
    text = page.read_text(encoding="utf-8")
    return {(page.parent / match[2]).resolve(): match[1] for match in _MADE_BY.finditer(text)}


def pictures(page: Path) -> list[Picture]:
    """The pictures of a page that are made from files of its session."""
    text = page.read_text(encoding="utf-8")
    return [
        Picture(match[1], (page.parent / match[2]).resolve()) for match in _PICTURE.finditer(text)
    ]


def all_pictures(page: Path) -> list[Path]:
    """Every picture of a page."""
    text = without_blocks(page.read_text(encoding="utf-8"))
    return [(page.parent / match[1]).resolve() for match in _ANY_PICTURE.finditer(text)]


def generated(text: str) -> dict[str, str]:
    """The generated parts of a page, by name."""
    return {match[2]: match[3].strip("\n") for match in _GENERATED.finditer(text)}


def with_generated(text: str, parts: dict[str, str]) -> str:
    """A page with its generated parts replaced."""
    return _GENERATED.sub(lambda match: f"{match[1]}\n{parts[match[2]]}\n\n{match[4]}", text)


def links(page: Path) -> Iterator[str]:
    """The targets of the links of a page."""
    text = without_blocks(page.read_text(encoding="utf-8"))
    yield from (match[1] for match in _LINK.finditer(text))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of the headings of a page."""
    text = without_blocks(page.read_text(encoding="utf-8"))
    found = set()
    for match in _HEADING.finditer(text):
        plain = re.sub(r"[`*_]|\[([^\]]*)\]\([^)]*\)", r"\1", match[1]).strip().lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found
