"""The terminal: consoles, warnings, and paths as a person types them.

Results go to standard output; progress, warnings and errors to standard error.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rebalance.settings import with_flags

if TYPE_CHECKING:
    from rich.console import Console

WIDEST = 100
"""Columns used at most: longer lines are hard to read."""


def stdout() -> Console:
    """Where results go."""
    return _console(stderr=False)


def stderr() -> Console:
    """Where progress, warnings and errors go."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False)
    if console.width > WIDEST:
        console.width = WIDEST
    return console


def show_warnings(warnings: Iterable[str]) -> None:
    """Each on standard error, under the word that says how much it matters."""
    from rich.table import Table
    from rich.text import Text

    said = [with_flags(warning) for warning in warnings]
    if not said:
        return
    table = Table.grid(padding=(0, 1))
    table.add_column(style="bold yellow", no_wrap=True)
    table.add_column()
    for warning in said:
        table.add_row("Warning", Text(warning))
    console = stderr()
    console.print()
    console.print(table)


def shorter(path: Path) -> str:
    """A path as a person would type it from here, quoted for the shell."""
    relative = os.path.relpath(path)
    return shlex.quote(relative if not relative.startswith("../..") else str(path))
