"""The stacks that the affinity is timed on: clean, noisy and real ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import rebalance
from benchmarks.affinity.blobs import blob_stack
from benchmarks.affinity.known_motions import known_stack
from benchmarks.affinity.settings import DEFAULTS, SETTINGS
from benchmarks.paths import DATA
from rebalance.model import ClassAverages

EVERY = tuple(SETTINGS)
ALONE = (DEFAULTS,)


@dataclass(frozen=True)
class Stack:
    """Class averages under the name that a row has for them.

    Parameters
    ----------
    name : str
    make : callable
        Gives the averages.
    settings : tuple of str
        At which of the settings it is timed.
    is_real : bool
        Whether it is as a program left it, and held against the reference.
    is_large : bool
        Whether it is timed in a process of its own, for its memory.
    """

    name: str
    make: Callable[[], ClassAverages]
    settings: tuple[str, ...] = EVERY
    is_real: bool = False
    is_large: bool = False


KNOWN = "ribosomes and noisy copies"


def _real(name: str) -> Callable[[], ClassAverages]:
    def read() -> ClassAverages:
        averages = rebalance.read(DATA / name).class_averages
        assert averages is not None
        return averages.subset(~averages.is_empty)

    return read


STACKS = (
    Stack(KNOWN, lambda: known_stack(400).averages),
    Stack("40 blob pictures, 10 copies", lambda: blob_stack(40, 10)),
    Stack("40 noisy blob pictures, 10 copies", lambda: blob_stack(40, 10, noise=0.5)),
    Stack("25 blob pictures, 40 copies", lambda: blob_stack(25, 40), ALONE),
    Stack("25 blob pictures, 80 copies", lambda: blob_stack(25, 80), ALONE, is_large=True),
    Stack("slicem_ribosomes", lambda: known_stack(100, 96).averages, is_real=True),
    Stack("relion31_junk70s", _real("relion31_junk70s"), is_real=True),
    Stack("relion31_70s", _real("relion31_70s"), is_real=True),
)
