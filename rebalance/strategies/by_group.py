"""Balances groups that are no superclasses, such as bins of viewing directions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance import defaults
from rebalance.contracts import Strategy
from rebalance.model import (
    BALANCED,
    KEPT,
    NO_ORIENTATION,
    REASONS,
    UNASSIGNED,
    IntArray,
    ParticleTable,
    Selection,
)
from rebalance.options import Options
from rebalance.registry import bind
from rebalance.seeds import generator
from rebalance.strategies.balance import Rule, balance_groups, sizes_of
from rebalance.strategies.caps import Factor, Percentile
from rebalance.strategies.messages import (
    about_empty,
    about_no_orientation,
    about_the_factor,
    about_the_smallest,
)


def select_by_group(
    particles: ParticleTable,
    group: IntArray,
    *,
    n_groups: int | None = None,
    word: str = "bin",
    factor: Factor | None = None,
    max_size: int | None = None,
    percentile: Percentile | None = None,
    strategy: str | Strategy = defaults.STRATEGY,
    options: Options | Mapping[str, Any] | None = None,
    seed: int = 0,
    reason: npt.NDArray[np.uint8] | None = None,
) -> Selection:
    """Choose the particles that stay, so that groups are balanced.

    Parameters
    ----------
    particles : ParticleTable
        P particles.
    group : int64 (P,)
        Group of each particle, from 0; −1 for one that is out.
    n_groups : int, optional
        G; by default as many as the largest number of a group says.
    word : str
        What a group is called in messages.
    factor : str, Decimal, Fraction, int or float, optional
        0 to 1: no group keeps more than floor(n_min / factor) particles, where n_min is the size
        of the smallest that has any. 0 drops none.
    max_size : int, optional
        Largest group size, instead of a factor.
    percentile : str, Decimal, Fraction, int or float, optional
        Above 0, to 100: no group keeps more than that percentile of the sizes of the groups that
        have any particles, by nearest rank (`rebalance.strategies.caps.cap_for_percentile`).
        Balanced again, nothing more is dropped.
    strategy : str or Strategy
        Name of an installed plugin, or an instance.
    options : Options or mapping, optional
        Of the strategy.
    seed : int ≥ 0
        The random numbers of a group depend on this and on its number.
    reason : uint8 (P,), optional
        Index into `rebalance.model.REASONS` for each particle that is out; by default it has no
        orientation.

    Returns
    -------
    Selection
        In which ``superclass`` is the group. A selection with a smaller cap is part of one with a
        larger cap, and a group that is as it was keeps the same particles. Where the table has
        half sets (`rebalance.strategies.half_sets`), each group keeps their ratio.

    Raises
    ------
    OptionError
        If factor, maximum size, percentile, seed or an option is out of range, or a percentile is
        given beside another rule.
    PluginError
        If the strategy is not there or breaks its contract.
    ValueError
        If groups or reasons are not one for each particle, or out of range.
    """
    bound = bind("strategy", strategy, options)
    rule = Rule(factor, max_size, percentile)
    rule.check(word)
    generator(seed)
    group = _checked(group, len(particles), n_groups)
    n = int(group.max(initial=-1)) + 1 if n_groups is None else int(n_groups)
    is_candidate = group != UNASSIGNED
    code = _codes(reason, is_candidate)
    sizes = sizes_of(group, n)
    found = balance_groups(
        particles,
        group,
        sizes,
        deciding=sizes,
        rule=rule,
        bound=bound,
        rng_for=lambda number: generator(seed, number),
        word=word,
    )
    code[is_candidate & ~found.kept] = REASONS.index(BALANCED)
    cap = found.cap
    warnings, notes = list(found.warnings), [*about_no_orientation(code)]
    if cap.size is not None:
        notes += about_empty(sizes, word)
    notes += found.notes
    if cap.rule == "factor" and cap.size is not None:
        warned, noted = about_the_smallest(sizes, found.after, cap.size, word)
        notes += noted + about_the_factor(sizes, found.after, int(sizes[sizes > 0].min()), word)
        warnings += warned
    return Selection(
        selected=found.kept,
        reason=code,
        superclass=group,
        cap=cap.size,
        before=sizes,
        after=found.after,
        strategy=bound.name,
        options=found.options.model_dump(mode="json"),
        seed=int(seed),
        warnings=tuple(warnings),
        notes=tuple(notes),
        class_id=particles.class_id,
        group_name=word,
    )


def _checked(group: IntArray, n_particles: int, n_groups: int | None) -> IntArray:
    found = np.asarray(group)
    if found.shape != (n_particles,) or found.dtype.kind not in "iu":
        raise ValueError(
            f"group is {found.dtype} {found.shape}; int64 ({n_particles},) was expected"
        )
    low, high = int(found.min(initial=-1)), int(found.max(initial=-1))
    if low < UNASSIGNED or (n_groups is not None and high >= n_groups):
        raise ValueError(f"groups are {low} to {high}; −1 to {n_groups or 'any'} − 1 was expected")
    return found.astype(np.int64, copy=False)


def _codes(
    reason: npt.NDArray[np.uint8] | None, is_candidate: npt.NDArray[np.bool_]
) -> npt.NDArray[np.uint8]:
    kept = REASONS.index(KEPT)
    if reason is None:
        return np.where(is_candidate, kept, REASONS.index(NO_ORIENTATION)).astype(np.uint8)
    given = np.asarray(reason)
    if given.shape != is_candidate.shape or given.dtype.kind not in "iu":
        raise ValueError(
            f"reason is {given.dtype} {given.shape}; uint8 {is_candidate.shape} was expected"
        )
    code = np.where(is_candidate, kept, given)
    out = code[~is_candidate]
    if (out == kept).any() or (out < 0).any() or (out >= len(REASONS)).any():
        raise ValueError("a particle that is out needs a reason from REASONS, other than kept")
    return code.astype(np.uint8)
