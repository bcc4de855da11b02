"""The attacks, by name, and how often each is tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.attacks import full_disk, inputs, kills, read_only, together
from tests.attacks.bench import Bench
from tests.attacks.judge import Try

_DRAWS = 20
"""Moments that are drawn until one is before the end of the run."""


def _possible() -> str:
    return ""


@dataclass(frozen=True)
class Attack:
    """An attack.

    Parameters
    ----------
    name : str
    once : callable
        Does the try of a number, with random numbers.
    tries : int
        In a whole campaign.
    why_not : callable
        The reason why it can't be done here; empty if it can.
    """

    name: str
    once: Callable[[Bench, int, Random], Try]
    tries: int
    why_not: Callable[[], str] = _possible

    def attempt(self, bench: Bench, seed: int, number: int) -> Try:
        """A try that hits; its random numbers depend on nothing but seed and number."""
        rng = Random(f"{seed} {self.name} {number}")
        for _ in range(_DRAWS):
            tried = self.once(bench, number, rng)
            if tried.is_hit:
                break
        return tried


ATTACKS = {
    one.name: one
    for one in (
        Attack("kill", kills.kill, 200),
        Attack("stop", kills.stop, 60),
        Attack("full-disk", full_disk.fill, 20),
        Attack("read-only", read_only.protect, 20, read_only.why_not),
        Attack("inputs", inputs.take, 20),
        Attack("together", together.race, 20),
    )
}
