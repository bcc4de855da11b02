"""The progress of an External job: lines for run.out, and an end where RELION asks for one."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from rebalance.hosts.relion.exit_files import ABORT_NOW, Aborted
from rebalance.progress import Progress

_LINE_EVERY_SECONDS = 30.0
_LOOK_EVERY_SECONDS = 1.0


class JobProgress(Progress):
    """Says each stage in a line, and raises `Aborted` soon after a person aborts the job.

    Parameters
    ----------
    folder : Path
        Of the job.
    say : callable
        Takes a line.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        super().__init__()
        self._abort, self._say = folder / ABORT_NOW, say
        self._title = ""
        self._last_line = self._last_look = time.monotonic()

    def stage(self, name: str, title: str = "", unit: str = "") -> None:
        super().stage(name, title, unit)
        self._title, self._last_line = title, time.monotonic()
        self._look()
        if title:
            self._say(title)

    def advance(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last_look > _LOOK_EVERY_SECONDS:
            self._look()
        if done < total and now - self._last_line > _LINE_EVERY_SECONDS:
            self._last_line = now
            self._say(f"{self._title}: {100 * done // total} %")

    def say(self, sentence: str) -> None:
        self._say(f"{sentence}.")

    def _look(self) -> None:
        self._last_look = time.monotonic()
        if self._abort.exists():
            raise Aborted
