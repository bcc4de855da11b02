"""What is drawn on the terminal: consoles, and the progress of a run.

Results go to standard output; progress, warnings and errors to standard error.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from rebalance.progress import Progress

if TYPE_CHECKING:
    from rich.console import Console

WIDEST = 100
"""Columns used at most: longer lines are hard to read."""

_SHOWN_AFTER_SECONDS = 1.0
_LINE_EVERY_SECONDS = 10.0


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


def show_warnings(warnings: list[str]) -> None:
    """Each on standard error, under the word that says how much it matters."""
    from rich.table import Table

    if not warnings:
        return
    table = Table.grid(padding=(0, 1))
    table.add_column(style="bold yellow", no_wrap=True)
    table.add_column()
    for warning in warnings:
        table.add_row("Warning", _literal(warning))
    console = stderr()
    console.print()
    console.print(table)


def _literal(text: str) -> Any:
    from rich.text import Text

    return Text(text)


class TerminalProgress(Progress):
    """A bar for every stage that takes over a second; lines where there is no terminal."""

    def __init__(self) -> None:
        super().__init__()
        self._console = stderr()
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._bar: Any = None
        self._task: Any = None
        self._title = ""
        self._parts = (0, 0)
        self._last_line = 0.0

    def stage(self, name: str, title: str = "") -> None:
        super().stage(name, title)
        with self._lock:
            self._clear()
            self._title, self._parts = title, (0, 0)
            if title:
                self._timer = threading.Timer(_SHOWN_AFTER_SECONDS, self._show, [title])
                self._timer.daemon = True
                self._timer.start()

    def advance(self, done: int, total: int) -> None:
        with self._lock:
            self._parts = (done, total)
            if self._bar is not None:
                self._bar.update(self._task, completed=done, total=total)
            elif self._last_line and time.monotonic() - self._last_line > _LINE_EVERY_SECONDS:
                self._line()

    def close(self) -> None:
        """Leave the terminal clean, however the run ended."""
        with self._lock:
            self._title = ""
            self._clear()

    def _show(self, title: str) -> None:
        with self._lock:
            if title != self._title:
                return
            if self._console.is_terminal:
                self._start_bar()
            else:
                self._line()

    def _start_bar(self) -> None:
        from rich.progress import (
            BarColumn,
            SpinnerColumn,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bars

        done, total = self._parts
        self._bar = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=16),
            TaskProgressColumn(),
            TimeRemainingColumn(compact=True),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task(self._title, completed=done, total=total or None)
        self._bar.start()

    def _line(self) -> None:
        done, total = self._parts
        share = f": {100 * done // total} %" if total else " ..."
        self._console.print(f"{self._title}{share}", markup=False, soft_wrap=True)
        self._last_line = time.monotonic()

    def _clear(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        self._last_line = 0.0
