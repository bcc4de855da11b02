"""Drops particles of a crowded superclass at random."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rebalance.contracts import Methods, Strategy
from rebalance.model import BoolArray, IntArray, ParticleTable
from rebalance.options import Options, option
from rebalance.strategies.order import in_proportion, rows_by_group


class RandomOptions(Options):
    """Options of `Random`."""

    stratified: bool = option(
        False, "Keep the proportions of the classes within a group, not only on average."
    )


class Random(Strategy):
    """Permutes each superclass once and keeps the first ``cap`` particles.

    So a selection with a smaller cap is part of one with a larger cap. Stratified, the permuted
    particles are put in the proportion of their classes first
    (`rebalance.strategies.order.in_proportion`).
    """

    options_model = RandomOptions

    def methods(self, options: RandomOptions) -> Methods:
        """For a methods paragraph."""
        proportion = " in proportion to the classes" if options.stratified else ""
        return Methods(f"chosen at random (seed {{seed}}){proportion}")

    def select(
        self,
        particles: ParticleTable,
        group: IntArray,
        cap: int,
        options: RandomOptions,
        rng_for: Callable[[int], np.random.Generator],
    ) -> BoolArray:
        kept = np.zeros(len(group), dtype=np.bool_)
        for number, rows in rows_by_group(group):
            if len(rows) > cap:
                rows = _in_order(rows, particles, options, rng_for(number))
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
        place = np.full(len(group), -1, dtype=np.int64)
        for number, rows in rows_by_group(group):
            place[_in_order(rows, particles, options, rng_for(number))] = np.arange(len(rows))
        return place


def _in_order(
    rows: IntArray, particles: ParticleTable, options: RandomOptions, rng: np.random.Generator
) -> IntArray:
    rows = rng.permutation(rows)
    return in_proportion(rows, particles.class_id[rows]) if options.stratified else rows
