"""Which particles are kept: candidates, cap, strategy, and the reason for each exclusion.

The step between the clusterings and the formats. Which class averages are used is known from the
superclasses, how large one may be is decided in `caps`, and who stays in a strategy plugin. All of
that but the superclasses is in `balance`, which cuts groups of any kind; `by_group` hands it other
groups.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import numpy as np

from rebalance import defaults
from rebalance.contracts import Strategy
from rebalance.model import (
    BALANCED,
    EMPTY_AVERAGE,
    JUNK,
    KEPT,
    NO_SUCH_AVERAGE,
    NOT_SELECTED,
    REASONS,
    SET_ASIDE,
    UNASSIGNED,
    IntArray,
    ParticleTable,
    Selection,
    Superclasses,
)
from rebalance.model.class_numbers import count_classes
from rebalance.options import Options
from rebalance.registry import bind
from rebalance.seeds import generator
from rebalance.strategies.balance import Rule, balance_groups, order_in_groups, sizes_of
from rebalance.strategies.by_group import select_by_group
from rebalance.strategies.caps import Factor
from rebalance.strategies.messages import (
    about_excluded,
    about_small,
    about_the_factor,
    about_waste,
)
from rebalance.strategies.small import CapFrom, cap_from_of, check_cap_from

__all__ = ["places", "select", "select_by_group"]


def select(
    particles: ParticleTable,
    superclasses: Superclasses,
    *,
    factor: Factor | None = None,
    max_size: int | None = None,
    cap_from: CapFrom = "auto",
    strategy: str | Strategy = defaults.STRATEGY,
    options: Options | Mapping[str, Any] | None = None,
    seed: int = 0,
    left_out: Iterable[int] = (),
) -> Selection:
    """Choose the particles to keep, so that superclasses are balanced.

    Parameters
    ----------
    particles : ParticleTable
        P particles.
    superclasses : Superclasses
        Class averages left out, or marked as junk, are left out here too. Each average that is set
        aside is capped separately, and doesn't decide the cap.
    factor : str, Decimal, Fraction, int or float, optional
        Rebalance factor f, 0 to 1: no superclass keeps more than floor(n_min / f) particles,
        where n_min is the size of the smallest superclass that decides the cap. 0 drops none.
        Decimal text is exact; a float is used as it prints.
    max_size : int, optional
        Largest superclass size, instead of a factor (see `rebalance.strategies.caps.decide_cap`
        for both).
    cap_from : int or "auto"
        Particles that a superclass needs to decide the cap (`rebalance.strategies.small`); smaller
        ones keep all. 0: the smallest with any particles decides. If superclassification is
        off, ``auto`` is 0.
    strategy : str or Strategy
        Name of an installed plugin, or an instance.
    options : Options or mapping, optional
        Of the strategy.
    seed : int ≥ 0
    left_out : iterable of int
        Further class numbers to leave out.

    Returns
    -------
    Selection
        A selection with a larger factor is part of one with a smaller factor. A superclass of the
        same averages keeps the same particles, whatever the others are. If the table has half
        sets (`rebalance.strategies.half_sets`), each superclass keeps their ratio.

    Raises
    ------
    OptionError
        If factor, maximum size, seed or an option is out of range.
    PluginError
        If the strategy does not exist or breaks its contract.
    TypeError
        If the first two are swapped, or have the wrong type.
    """
    if not isinstance(particles, ParticleTable) or not isinstance(superclasses, Superclasses):
        raise TypeError(
            "rebalance.select takes a ParticleTable (the particles of a Dataset) and "
            f"Superclasses, in that order; not {type(particles).__name__} and "
            f"{type(superclasses).__name__}."
        )
    bound = bind("strategy", strategy, options)
    # Range errors come first, also when nothing is left to balance.
    rule = Rule(factor, max_size)
    rule.check("superclass")
    check_cap_from(cap_from)
    generator(seed)
    counts = count_classes(particles.class_id)
    junk = superclasses.junk
    apart = {*map(int, left_out), *superclasses.left_out, *junk}
    group, reason = _candidates(particles.class_id, superclasses, apart, junk)
    k = len(superclasses)
    sizes = sizes_of(group, k + len(superclasses.set_aside))
    before = sizes[:k]
    warnings, notes = about_excluded(reason, counts, superclasses, apart, junk)
    least = cap_from_of(before, 0 if superclasses.is_off and cap_from == "auto" else cap_from)
    deciding = before[before >= max(least, 1)] if before.any() else sizes[sizes > 0]
    vacant = np.flatnonzero(before == 0)
    if sizes.any() and len(vacant):
        notes.append(
            f"Superclass{'es' if len(vacant) > 1 else ''} {', '.join(map(str, vacant))} "
            f"{'have' if len(vacant) > 1 else 'has'} no usable particles, and "
            f"{'do' if len(vacant) > 1 else 'does'} not decide the cap."
        )
    found = balance_groups(
        particles,
        group,
        sizes,
        deciding=deciding,
        rule=rule,
        bound=bound,
        rng_for=_rng_for(seed, superclasses),
    )
    kept, after, cap = found.kept, found.after, found.cap
    reason[(group != UNASSIGNED) & ~kept] = REASONS.index(BALANCED)
    warnings += found.warnings
    notes += found.notes
    if cap.rule == "factor" and cap.size is not None:
        candidates = {number: count for number, count in counts.items() if number not in apart}
        notes += about_small(before, least, is_auto=cap_from == "auto")
        notes += about_the_factor(before, after[:k], int(deciding.min()))
        warnings += about_waste(before, after[:k], superclasses, candidates, factor, least)
    return Selection(
        selected=kept,
        reason=reason,
        superclass=np.where(group < k, group, SET_ASIDE),
        cap=cap.size,
        before=before,
        after=after[:k],
        strategy=bound.name,
        options=found.options.model_dump(mode="json"),
        seed=int(seed),
        warnings=tuple(warnings),
        notes=tuple(notes),
        class_id=particles.class_id,
        is_small=(before > 0) & (before < least),
        cap_from=least,
        set_aside=np.array(superclasses.set_aside, dtype=np.int64),
        aside_before=sizes[k:],
        aside_after=after[k:],
    )


def places(
    particles: ParticleTable,
    superclasses: Superclasses,
    *,
    strategy: str | Strategy = defaults.STRATEGY,
    options: Options | Mapping[str, Any] | None = None,
    seed: int = 0,
) -> IntArray | None:
    """The order in which `select` keeps particles: one call instead of one for each cap.

    Parameters
    ----------
    particles, superclasses, strategy, options, seed
        As for `select`.

    Returns
    -------
    int64 (P,) or None
        Place of each particle in its superclass, or in its class if that is set aside. Particles
        with a place below the cap are kept. −1 if not a candidate. None if the strategy has no
        ``places``.

    Raises
    ------
    OptionError, PluginError
        As for `select`.
    """
    bound = bind("strategy", strategy, options)
    apart = {*superclasses.left_out, *superclasses.junk}
    group, _ = _candidates(particles.class_id, superclasses, apart, superclasses.junk)
    return order_in_groups(
        particles,
        group,
        sizes_of(group, len(superclasses) + len(superclasses.set_aside)),
        bound=bound,
        rng_for=_rng_for(seed, superclasses),
    )


def _candidates(
    class_id: IntArray,
    superclasses: Superclasses,
    left_out: Collection[int],
    junk: Collection[int],
) -> tuple[IntArray, np.ndarray]:
    """Group of each particle that may stay, and the reason for those that may not.

    Groups are the superclasses, and from K on the classes that are set aside, each by itself.
    """
    numbers = np.union1d(superclasses.class_id, np.array(sorted(left_out), dtype=np.int64))
    label = np.full(len(numbers) + 1, UNASSIGNED, dtype=np.int64)
    code = np.full(len(numbers) + 1, REASONS.index(NO_SUCH_AVERAGE), dtype=np.uint8)
    at = np.searchsorted(numbers, superclasses.class_id)
    label[at] = superclasses.label
    aside = np.array(superclasses.set_aside, dtype=np.int64)
    label[np.searchsorted(numbers, aside)] = len(superclasses) + np.arange(len(aside))
    code[at] = np.where(
        superclasses.label == UNASSIGNED, REASONS.index(EMPTY_AVERAGE), REASONS.index(KEPT)
    )
    out = np.isin(numbers, list(left_out))
    label[:-1][out] = UNASSIGNED
    code[:-1][out] = REASONS.index(NOT_SELECTED)
    code[:-1][np.isin(numbers, list(junk))] = REASONS.index(JUNK)
    # The last place of the tables stands for every number that no one knows.
    place = _places(class_id, numbers)
    return label[place], code[place]


def _places(class_id: IntArray, numbers: IntArray) -> IntArray:
    """Place of each class number among the rising ``numbers``; their length for any other."""
    n = len(numbers)
    low, high = int(class_id.min(initial=0)), int(class_id.max(initial=0))
    if high - low < 10 * len(class_id) + 1_000:
        # A look-up costs a tenth of a search, and selections are made by the hundred.
        place_of = np.full(high - low + 1, n, dtype=np.int64)
        inside = np.flatnonzero((numbers >= low) & (numbers <= high))
        place_of[numbers[inside] - low] = inside
        return place_of[class_id - low]
    place = np.searchsorted(numbers, class_id)
    place[place == n] = 0
    place[(numbers[place] if n else class_id + 1) != class_id] = n
    return place


def _rng_for(seed: int, superclasses: Superclasses) -> Callable[[int], np.random.Generator]:
    k = len(superclasses)

    def rng_for(number: int) -> np.random.Generator:
        if number >= k:
            return generator(seed, superclasses.set_aside[number - k])
        return generator(seed, *np.sort(superclasses.class_id[superclasses.label == number]))

    return rng_for
