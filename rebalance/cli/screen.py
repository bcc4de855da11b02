"""The terminal: consoles, warnings, and paths as a person types them.

Results go to standard output; progress, warnings and errors to standard error.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from rebalance.settings import with_flags

if TYPE_CHECKING:
    from rich.console import Console

_spelling: ContextVar[Callable[[str], str]] = ContextVar("spelling", default=str)

WIDEST = 100
"""Columns used at most: longer lines are hard to read."""


@contextmanager
def spelled(spelling: Callable[[str], str]) -> Iterator[None]:
    """Say every sentence in other words, as a program does that has no command line."""
    token = _spelling.set(spelling)
    try:
        yield
    finally:
        _spelling.reset(token)


def stdout() -> Console:
    """Where results go."""
    return _console(stderr=False)


def stderr() -> Console:
    """Where progress, warnings and errors go."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    file = None if stream.isatty() else cast(IO[str], Trimmed(stream))
    console = Console(stderr=stderr, file=file, highlight=False)
    if console.width > WIDEST:
        console.width = WIDEST
    return console


class Trimmed:
    """A stream without the blanks that fill a line up: of no use in a file or a pipe."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(re.sub(r"[ \t]+(?=\n)", "", text) if "\n" in text else text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def say(
    console: Console,
    text: str,
    style: str = "",
    *,
    lead: str = "",
    hang: str = "",
    color: str = "bold yellow",
) -> None:
    """Print sentences in lines of whole words: a path that is too long for one stays in one piece.

    Parameters
    ----------
    console : Console
    text : str
    style : str
    lead, hang : str
        What the first line begins with, and the others.
    color : str
        Style of ``lead``.
    """
    from rich.text import Text

    begins = lead
    for line in _spelling.get()(text).split("\n"):
        for part in _words_in_lines(begins + line, console.width, hang) or [""]:
            shown = Text(part, style)
            if begins:
                shown = Text.assemble((part[: len(lead)], color), (part[len(lead) :], style))
            console.print(shown, soft_wrap=True)
            begins = ""


def _words_in_lines(text: str, width: int, hang: str) -> list[str]:
    return textwrap.wrap(
        text, width, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
    )


def show_warnings(warnings: Iterable[str]) -> None:
    """Each on standard error, under the word that says how much it matters."""
    said = [with_flags(warning) for warning in warnings]
    if not said:
        return
    console = stderr()
    console.print()
    for warning in said:
        say(console, warning, lead="Warning ", hang=" " * len("Warning "))


def shorter(path: Path) -> str:
    """A path as a person would type it from here, quoted for the shell."""
    relative = os.path.relpath(path)
    return shlex.quote(relative if not relative.startswith("../..") else str(path))
