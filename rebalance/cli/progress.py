"""How fast a stage goes and how long it will take, from what was done when."""

from __future__ import annotations

import time
from collections import deque

WINDOW_SECONDS = 30.0
"""The pace is that of the last half minute: workers come and go."""

_SETTLED_SECONDS = 0.5


class Pace:
    """Notes how much is done, and says how fast that goes.

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
