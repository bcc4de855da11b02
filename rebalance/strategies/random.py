"""Drops particles of a crowded superclass at random."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rebalance.contracts import Methods, Strategy
from rebalance.model import BoolArray, IntArray, ParticleTable
from rebalance.options import Options, option
from rebalance.strategies.order import (
    QUOTA_HELP,
    QUOTA_WORDS,
    Quota,
    by_quota,
    classes_of,
    rows_by_group,
)


class RandomOptions(Options):
    """Options of `Random`."""

    quota: Quota = option("none", QUOTA_HELP)


class Random(Strategy):
    """Permutes each superclass once and keeps the first ``cap`` particles.

    So a selection with a smaller cap is part of one with a larger cap. With a quota, the
    permuted particles are put in its order first (`rebalance.strategies.order.by_quota`), within
    each half of the data where there are half sets.
    """

    options_model = RandomOptions

    def methods(self, options: RandomOptions) -> Methods:
        """For a methods paragraph."""
        return Methods(f"chosen at random (seed {{seed}}){QUOTA_WORDS[options.quota]}")

    def select(
        self,
        particles: ParticleTable,
        group: IntArray,
        cap: int,
        options: RandomOptions,
        rng_for: Callable[[int], np.random.Generator],
    ) -> BoolArray:
        kept, classes = np.zeros(len(group), dtype=np.bool_), classes_of(particles, options.quota)
        for number, rows in rows_by_group(group):
            if len(rows) > cap:
                rows = _in_order(rows, classes, options, rng_for(number))
            kept[rows[:cap]] = True
        return kept

    def places(
        self,
        particles: ParticleTable,
        group: IntArray,
        options: RandomOptions,
        rng_for: Callable[[int], np.random.Generator],
    ) -> IntArray:
        """Place of each particle in its permuted superclass."""
        place, classes = (
            np.full(len(group), -1, dtype=np.int64),
            classes_of(particles, options.quota),
        )
        for number, rows in rows_by_group(group):
            place[_in_order(rows, classes, options, rng_for(number))] = np.arange(len(rows))
        return place


def _in_order(
    rows: IntArray, classes: IntArray, options: RandomOptions, rng: np.random.Generator
) -> IntArray:
    rows = rng.permutation(rows)
    return by_quota(rows, classes[rows], options.quota)
