"""Groups of particles, balanced: how large one may be, and which particles of it stay.

What a group is, a superclass or a bin of viewing directions, is known to the caller alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rebalance.contracts import Strategy
from rebalance.model import UNASSIGNED, BoolArray, IntArray, ParticleTable
from rebalance.options import Options
from rebalance.registry import Bound
from rebalance.strategies.ask_by_halves import ask_by_halves
from rebalance.strategies.caps import Cap, Factor, Percentile, decide_cap
from rebalance.strategies.half_sets import count_halves, places_in_line, read_half_sets
from rebalance.strategies.messages import about_half_sets
from rebalance.strategies.run_plugin import (
    RngFor,
    ask_places,
    ask_warnings,
    ask_which_stay,
    check_which_stay,
    line_up,
)


@dataclass(frozen=True, eq=False)
class Balance:
    """Which particles stay, and what there is to say about it.

    Parameters
    ----------
    kept : bool (P,)
    after : int64 (G,)
        Particles of each group that stay.
    cap : Cap
    options : Options
        Of the strategy, after what the table decides.
    warnings, notes : tuple of str
        Those of the cap too.
    """

    kept: BoolArray
    after: IntArray
    cap: Cap
    options: Options
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """By what the cap is decided, see `rebalance.strategies.caps.decide_cap`."""

    factor: Factor | None = None
    max_size: Any = None
    percentile: Percentile | None = None

    def cap(self, sizes: IntArray, word: str) -> Cap:
        """The cap where groups of these sizes decide."""
        return decide_cap(sizes, self.factor, self.max_size, self.percentile, word=word)

    def check(self, word: str) -> None:
        """OptionError if it is out of range, or contradicts itself."""
        self.cap(np.ones(1, dtype=np.int64), word)


def sizes_of(group: IntArray, n_groups: int) -> IntArray:
    """Particles of each group, int64 (G,); those of −1 are not counted."""
    return np.bincount(group + 1, minlength=n_groups + 1)[1:].astype(np.int64)


def balance_groups(
    particles: ParticleTable,
    group: IntArray,
    sizes: IntArray,
    *,
    deciding: IntArray,
    rule: Rule,
    bound: Bound[Strategy],
    rng_for: RngFor,
    word: str = "superclass",
) -> Balance:
    """Cut groups to a cap, by a strategy; where there are half sets, in the ratio of the halves.

    Parameters
    ----------
    particles : ParticleTable
        P particles.
    group : int64 (P,)
        −1 for a particle that is out.
    sizes : int64 (G,)
        Particles of each group (`sizes_of`).
    deciding : int64 (D,)
        Sizes of the groups that decide the cap; one is above 0 if one of all is.
    rule : Rule
    bound : Bound
        The strategy, with its options.
    rng_for : callable
        A fresh random generator for the number of a group.
    word : str
        What a group is called in messages.

    Raises
    ------
    OptionError
        If the rule or an option is out of range.
    PluginError
        If the strategy breaks its contract.
    """
    is_candidate = group != UNASSIGNED
    if not sizes.any():
        nothing = f"No particles are left to balance: all {len(group):,} are excluded."
        return Balance(is_candidate, sizes, Cap(None, "off"), bound.options, (nothing,))
    cap = rule.cap(deciding, word)
    if cap.size is None:
        return Balance(is_candidate, sizes, cap, bound.options, cap.warnings, cap.notes)
    completed = replace(bound, options=bound.plugin.complete(particles, bound.options))
    largest = min(cap.size, int(sizes.max()))
    after = np.minimum(sizes, largest)
    halves = read_half_sets(particles) if after.sum() < sizes.sum() else None
    if halves is None:
        given = ask_which_stay(
            bound.plugin, particles, group, largest, completed.options, rng_for, bound.name
        )
        notes = cap.notes
    else:
        given = ask_by_halves(completed, particles, group, sizes, largest, rng_for, halves, word)
        notes = (*cap.notes, about_half_sets(halves.column, word))
    return Balance(
        check_which_stay(given, group, after, bound.name, word),
        after,
        cap,
        completed.options,
        (*cap.warnings, *ask_warnings(bound.plugin, completed.options, bound.name)),
        notes,
    )


def order_in_groups(
    particles: ParticleTable,
    group: IntArray,
    sizes: IntArray,
    *,
    bound: Bound[Strategy],
    rng_for: RngFor,
    word: str = "superclass",
) -> IntArray | None:
    """Places by which `balance_groups` keeps particles at every cap; None where there are none.

    Parameters
    ----------
    particles, group, sizes, bound, rng_for, word
        As for `balance_groups`.

    Returns
    -------
    int64 (P,) or None
        −1 for a particle that is out.
    """
    if not sizes.any():
        return np.full(len(group), -1, dtype=np.int64)
    chosen = bound.plugin.complete(particles, bound.options)
    found = ask_places(bound.plugin, particles, group, chosen, rng_for, bound.name)
    if found is None:
        return None
    halves = read_half_sets(particles)
    if halves is None:
        return np.where(group != UNASSIGNED, found, -1)
    count = count_halves(group, len(sizes), halves)
    in_line = line_up(found, group, sizes, halves.half, bound.name, word)
    is_candidate = group != UNASSIGNED
    at = (np.cumsum(sizes) - sizes)[group[is_candidate]] + found[is_candidate]
    place = np.full(len(group), -1, dtype=np.int64)
    place[is_candidate] = places_in_line(in_line, count)[at]
    return place
