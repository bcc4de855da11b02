"""Balanced subsets that together use every particle: rare views in each, crowded ones in turn.

A selection drops particles for good. Subsets drop none: each has no more of a superclass than the
cap allows, and the particles of a crowded superclass take turns. They are drawn as a selection is:
the first subset holds the particles that the selection keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rebalance import defaults
from rebalance.contracts import Strategy
from rebalance.errors import OptionError
from rebalance.model import SET_ASIDE, BoolArray, IntArray, ParticleTable, Selection, Superclasses
from rebalance.options import Options

MOST = 1_000
"""The most subsets that ``auto`` makes."""


@dataclass(frozen=True, eq=False)
class Subsets:
    """Balanced subsets of the candidates of a selection; ``len(subsets)`` is how many.

    Parameters
    ----------
    place : int64 (P,)
        In its group; −1 for a particle that is no candidate.
    size : int64 (P,)
        Of its group; 0 for a particle that is no candidate.
    cap : int
        Particles of a group in each subset, at most.
    n : int
    """

    place: IntArray
    size: IntArray
    cap: int
    n: int

    def __len__(self) -> int:
        return self.n

    def member(self, number: int) -> BoolArray:
        """Which particles are in a subset, bool (P,); of a crowded group those whose turn it is."""
        if not 0 <= number < self.n:
            raise IndexError(f"there is no subset {number} of {self.n}")
        turn = (self.place - number * self.cap) % np.maximum(self.size, 1)
        return (self.place >= 0) & (turn < self.cap)

    @property
    def visits(self) -> IntArray:
        """int64 (P,): in how many subsets each particle is."""
        size = np.maximum(self.size, 1)
        laid = self.n * self.cap
        # n windows one behind the other, around a circle: each full turn visits every place once.
        visits = laid // size + (self.place < laid % size)
        visits = np.where(self.size <= self.cap, self.n, visits)
        return np.where(self.place >= 0, visits, 0).astype(np.int64)


def subsets_needed(before: IntArray, cap: int) -> int:
    """How many subsets use every particle: ⌈largest ÷ cap⌉."""
    return max(1, -(-int(before.max(initial=0)) // cap))


def no_cap() -> OptionError:
    """Why subsets can't be drawn where nothing is balanced."""
    return OptionError(
        "`subsets` need a cap on the superclasses, but nothing is balanced.",
        hint="Give `factor` or `max_size`.",
        setting="subsets",
    )


def no_order(strategy: str) -> OptionError:
    """Why they can't be drawn with a strategy of this name."""
    return OptionError(
        f"The strategy {strategy} does not rank particles, which `subsets` require.",
        hint='Choose `strategy="random"` or `strategy="best"`.',
        setting="subsets",
    )


def make_subsets(
    particles: ParticleTable,
    superclasses: Superclasses,
    selection: Selection,
    number: int | Literal["auto"],
    *,
    strategy: str | Strategy = defaults.STRATEGY,
    options: Options | Mapping[str, Any] | None = None,
) -> Subsets:
    """Draw balanced subsets by the cap of a selection.

    Parameters
    ----------
    particles : ParticleTable
    superclasses : Superclasses
    selection : Selection
        Of them; its cap and its seed hold.
    number : int or "auto"
        How many; ``auto``: as many as it takes to use every particle.
    strategy, options
        As the selection was made.

    Raises
    ------
    OptionError
        If the selection has no cap, the strategy has no order, or ``auto`` would be too many.
    """
    from rebalance.strategies import places

    if selection.cap is None:
        raise no_cap()
    place = places(particles, superclasses, strategy=strategy, options=options, seed=selection.seed)
    if place is None:
        raise no_order(selection.strategy)
    before = np.concatenate([selection.before, selection.aside_before])
    n = subsets_needed(before, selection.cap) if number == "auto" else int(number)
    if number == "auto" and n > MOST:
        raise OptionError(
            f"With at most {selection.cap:,} particles per superclass, it takes {n:,} subsets to "
            "use every particle.",
            hint="Give `subsets` as a number, or use a smaller `factor`.",
            setting="subsets",
        )
    size = np.zeros(len(place), dtype=np.int64)
    grouped = selection.superclass >= 0
    size[grouped] = selection.before[selection.superclass[grouped]]
    aside = (selection.superclass == SET_ASIDE) & (place >= 0)
    if aside.any():
        # Each class that is set aside is a group of its own.
        at = np.searchsorted(selection.set_aside, particles.class_id[aside])
        size[aside] = selection.aside_before[at]
    return Subsets(place, size, selection.cap, n)
