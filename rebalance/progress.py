"""How a run tells whoever watches where it is; the street knows this, never a terminal."""

from __future__ import annotations

import time


class Progress:
    """Watches a run and says nothing; the command line's is a subclass that draws.

    Attributes
    ----------
    seconds : dict of str to float
        Wall time of each stage that has ended, for the record.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage = ""
        self._began = time.perf_counter()

    def stage(self, name: str, title: str = "", unit: str = "") -> None:
        """A stage begins, and ends the one before; the empty name ends the last.

        Parameters
        ----------
        name : str
            For the record: ``read``, ``affinity``, …
        title : str
            For people: ``Comparing 100 class averages (4,950 pairs)``.
        unit : str
            What the parts of a long stage are, so that people are told how fast it goes: ``pairs``.
        """
        now = time.perf_counter()
        if self._stage:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._began
        self._stage, self._began = name, now

    def advance(self, done: int, total: int) -> None:
        """``done`` of ``total`` equal parts of the stage are done."""

    def say(self, sentence: str) -> None:
        """Something about the stage that is worth a line, and no result."""

    def close(self) -> None:
        """Nothing more will come, however the run ended."""
