"""The progress of a command on the terminal: a bar or lines, and how fast a stage goes."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rebalance.cli.screen import WIDEST, stderr
from rebalance.progress import Progress

_SHOWN_AFTER_SECONDS = 1.0
_LINE_EVERY_SECONDS = 10.0
_WIDEST_BAR = 16
_BAR_COLUMNS = range(5, WIDEST)
"""Room for a bar worth drawing."""
_PACE_COLUMNS = len("⠋  ") + len(" 100% 123,456 pairs/s, 12:34 left")

WINDOW_SECONDS = 30.0
"""The pace is that of the last half minute: workers come and go."""

_SETTLED_SECONDS = 0.5


@contextmanager
def progress_shown(*, quiet: bool) -> Iterator[Progress]:
    """The progress of a command: on the terminal, left clean, unless it is to be quiet."""
    progress = Progress() if quiet else TerminalProgress()
    try:
        yield progress
    finally:
        progress.close()


class TerminalProgress(Progress):
    """A bar for every stage that takes over a second; lines where there is no terminal."""

    def __init__(self) -> None:
        super().__init__()
        self._console = stderr()
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._bar: Any = None
        self._task: Any = None
        self._title = self._unit = ""
        self._parts = (0, 0)
        self._pace = Pace()
        self._last_line = 0.0

    def stage(self, name: str, title: str = "", unit: str = "") -> None:
        super().stage(name, title, unit)
        with self._lock:
            self._clear()
            self._title, self._unit, self._parts, self._pace = title, unit, (0, 0), Pace()
            if title:
                self._timer = threading.Timer(_SHOWN_AFTER_SECONDS, self._show, [title])
                self._timer.daemon = True
                self._timer.start()

    def advance(self, done: int, total: int) -> None:
        with self._lock:
            self._parts = (done, total)
            self._pace.note(done, total)
            if self._bar is not None:
                self._bar.update(self._task, completed=done, total=total, pace=self._beside_bar())
            elif self._last_line and time.monotonic() - self._last_line > _LINE_EVERY_SECONDS:
                self._line()

    def say(self, sentence: str) -> None:
        with self._lock:
            # Above the bar, where there is one.
            self._console.print(f"{sentence}.", markup=False, soft_wrap=True)

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
            ProgressColumn,
            SpinnerColumn,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bars

        done, total = self._parts
        bar, left = BarColumn(bar_width=_WIDEST_BAR), TimeRemainingColumn(compact=True)
        columns: tuple[ProgressColumn, ...] = (bar, TaskProgressColumn(), left)
        if self._unit:
            columns = (TaskProgressColumn(), TextColumn("{task.fields[pace]}", markup=False))
            if self._room() in _BAR_COLUMNS:
                bar.bar_width = min(self._room(), _WIDEST_BAR)
                columns = (bar, *columns)
        self._bar = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            *columns,
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task(
            self._title, completed=done, total=total or None, pace=self._beside_bar()
        )
        self._bar.start()

    def _room(self) -> int:
        """Columns left for a bar beside the title and the pace; negative if these don't fit."""
        return self._console.width - len(self._title) - _PACE_COLUMNS

    def _beside_bar(self) -> str:
        return self._pace.words(self._unit if self._room() >= 0 else "")

    def _line(self) -> None:
        done, total = self._parts
        share = f": {100 * done // total} %" if total else " ..."
        if total and self._unit:
            share += f" ({done:,} {self._unit})"
        pace = self._pace.words(self._unit) if self._unit else ""
        line = ", ".join(part for part in (f"{self._title}{share}", pace) if part)
        self._console.print(line, markup=False, soft_wrap=True)
        self._last_line = time.monotonic()

    def _clear(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        self._last_line = 0.0


class Pace:
    """How fast a stage goes and how long it will take, from what was done when.

    Notes how much is done, and says how fast that goes.
    What is there at the first note, or when the count starts again, was not done now.
    """

    def __init__(self) -> None:
        self._notes: deque[tuple[float, int]] = deque()
        self._total = 0

    def note(self, done: int, total: int, now: float | None = None) -> None:
        """``done`` of ``total`` parts are done at the time ``now``, in seconds."""
        now = time.monotonic() if now is None else now
        if self._notes and (done < self._notes[-1][1] or total != self._total):
            self._notes.clear()
        self._total = total
        self._notes.append((now, done))
        while now - self._notes[0][0] > WINDOW_SECONDS and len(self._notes) > 2:
            self._notes.popleft()

    @property
    def per_second(self) -> float | None:
        """Parts per second; None while that can't be said."""
        if not self._notes:
            return None
        (began, first), (now, last) = self._notes[0], self._notes[-1]
        if now - began < _SETTLED_SECONDS or last == first:
            return None
        return (last - first) / (now - began)

    @property
    def seconds_left(self) -> float | None:
        """None while that can't be said."""
        rate = self.per_second
        return None if rate is None else (self._total - self._notes[-1][1]) / rate

    def words(self, unit: str = "") -> str:
        """``"12,300 pairs/s, 1:05 left"``; empty while that can't be said."""
        rate, left = self.per_second, self.seconds_left
        if rate is None or left is None:
            return ""
        speed = f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
        return f"{f'{speed} {unit}'.rstrip()}/s, {clock(left)} left"


def clock(seconds: float) -> str:
    """``0:07``, ``12:30``, ``3:02:11``."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
