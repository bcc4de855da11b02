"""Asks a strategy which particles stay where the halves of each group have to keep their ratio."""

from __future__ import annotations

from typing import Any

import numpy as np

from rebalance.contracts import Strategy
from rebalance.model import UNASSIGNED, BoolArray, IntArray, ParticleTable
from rebalance.plugin_validation import overrides
from rebalance.registry import Bound
from rebalance.strategies.half_sets import HalfSets, count_halves, first_places, seats
from rebalance.strategies.run_plugin import (
    RngFor,
    ask_places,
    ask_which_stay,
    check_which_stay,
    line_up,
)


def ask_by_halves(
    bound: Bound[Strategy],
    particles: ParticleTable,
    group: IntArray,
    sizes: IntArray,
    cap: int,
    rng_for: RngFor,
    halves: HalfSets,
    word: str,
) -> BoolArray:
    """The particles that stay: the first of each half, as many as its seats of the cap.

    A strategy that has places is asked once. One that has not is asked once for each half and
    each number of seats, of the groups that have as many; every other particle is out then.

    Parameters
    ----------
    bound : Bound
        The strategy, with its options completed.
    particles : ParticleTable
        P particles.
    group : int64 (P,)
    sizes : int64 (G,)
        Particles of each group.
    cap : int ≥ 1
    rng_for : callable
    halves : HalfSets
    word : str
        What a group is called.

    Raises
    ------
    PluginError
        If the strategy breaks its contract.
    """
    is_crowded = sizes > cap
    crowded = _alone(group, is_crowded)
    uncrowded = (group != UNASSIGNED) & (crowded == UNASSIGNED)
    number, count = count_halves(crowded, len(sizes), halves)
    quota = seats(count, cap)
    if overrides(bound.plugin, "places"):
        places = ask_places(bound.plugin, particles, crowded, bound.options, rng_for, bound.name)
        if places is not None:
            left = np.where(is_crowded, sizes, 0)
            _, in_line = line_up(places, crowded, left, halves.half, bound.name, word)
            below = np.append(first_places(in_line, count, quota), np.zeros(halves.n, np.int64))
            return uncrowded | ((crowded != UNASSIGNED) & (places < below[number]))
    kept = uncrowded
    for half in range(halves.n):
        of_half = np.where(halves.half == half, crowded, UNASSIGNED)
        for seated in np.unique(quota[:, half][quota[:, half] > 0]).tolist():
            has_so_many = quota[:, half] == seated
            asked = _alone(of_half, has_so_many)
            given = ask_which_stay(
                bound.plugin,
                particles,
                asked,
                seated,
                bound.options,
                _rng_of_half(rng_for, half),
                bound.name,
            )
            expected = np.where(has_so_many, seated, 0)
            kept = kept | check_which_stay(given, asked, expected, bound.name, word)
    return kept


def _alone(group: IntArray, among: BoolArray) -> IntArray:
    """The groups, with the particles of all but some of them out."""
    # The last place of the table stands for particles that are out: a group of −1.
    number = np.append(np.where(among, np.arange(len(among)), UNASSIGNED), UNASSIGNED)
    return np.asarray(number[group])


def _rng_of_half(rng_for: RngFor, half: int) -> RngFor:
    """Other random numbers for each half of a group; those of the group itself for the first."""

    def rng_of_half(number: int) -> np.random.Generator:
        bits: Any = rng_for(number).bit_generator
        return np.random.Generator(bits.jumped(half))

    return rng_of_half
