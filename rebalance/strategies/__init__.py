"""Which particles stay: candidates, cap, strategy, and the reason for each exclusion.

The step between the clusterings and the formats. Which class averages take part is known from the
superclasses, how large one may be is decided in `caps`, and who stays in a strategy plugin.
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
from rebalance.strategies.caps import Cap, Factor, decide_cap
from rebalance.strategies.messages import about_excluded, about_waste
from rebalance.strategies.run_plugin import ask_places, ask_which_stay, check_which_stay

__all__ = ["places", "select"]


def select(
    particles: ParticleTable,
    superclasses: Superclasses,
    *,
    factor: Factor | None = None,
    max_size: int | None = None,
    strategy: str | Strategy = defaults.STRATEGY,
    options: Options | Mapping[str, Any] | None = None,
    seed: int = 0,
    left_out: Iterable[int] = (),
) -> Selection:
    """Choose the particles that stay, so that superclasses are balanced.

    Parameters
    ----------
    particles : ParticleTable
        P particles.
    superclasses : Superclasses
        Class averages that are left out there are left out here, and junk there is junk here.
    factor : str, Decimal, Fraction, int or float, optional
        Rebalance factor f, 0 to 1: no superclass keeps more than floor(n_min / f) particles,
        where n_min is the size of the smallest superclass that has any. 0 drops none. Decimal
        text is exact; a float counts as it prints.
    max_size : int, optional
        Largest superclass size, instead of a factor (see `rebalance.strategies.caps.decide_cap`
        for both).
    strategy : str or Strategy
        Name of an installed plugin, or an instance.
    options : Options or mapping, optional
        Of the strategy.
    seed : int ≥ 0
    left_out : iterable of int
        Class numbers to leave out beside those that superclasses leave out.

    Returns
    -------
    Selection
        A selection with a larger factor is part of one with a smaller factor; a superclass of
        the same averages keeps the same particles whatever happens to the others.

    Raises
    ------
    OptionError
        If factor, maximum size, seed or an option is out of range.
    PluginError
        If the strategy is not there or breaks its contract.
    TypeError
        If the first two are swapped, or something else.
    """
    if not isinstance(particles, ParticleTable) or not isinstance(superclasses, Superclasses):
        raise TypeError(
            "rebalance.select takes a ParticleTable (the particles of a Dataset) and Superclasses, "
            f"in that order; it was given {type(particles).__name__} and "
            f"{type(superclasses).__name__}."
        )
    bound = bind("strategy", strategy, options)
    chosen = bound.options
    # Range errors come first, also when nothing is left to balance.
    decide_cap(1, factor, max_size)
    generator(seed)
    counts = count_classes(particles.class_id)
    junk = superclasses.junk
    apart = {*map(int, left_out), *superclasses.left_out, *junk}
    superclass, reason = _candidates(particles.class_id, superclasses, apart, junk)
    candidates = {number: count for number, count in counts.items() if number not in apart}
    before = _sizes(superclass, len(superclasses))
    warnings, notes = about_excluded(reason, counts, superclasses, apart, junk)

    cap = Cap(None, "off")
    is_candidate = superclass != UNASSIGNED
    kept, after = is_candidate, before
    if before.any():
        cap = decide_cap(int(before[before > 0].min()), factor, max_size)
        vacant = np.flatnonzero(before == 0)
        if len(vacant):
            notes.append(
                f"No particle is a candidate in superclass{'es' if len(vacant) > 1 else ''} "
                f"{', '.join(map(str, vacant))}; they don't set the size of the smallest."
            )
        if cap.size is not None:
            chosen = bound.plugin.complete(particles, chosen)
            largest = min(cap.size, int(before.max()))
            rng_for = _rng_for(seed, superclasses)
            given = ask_which_stay(
                bound.plugin, particles, superclass, largest, chosen, rng_for, bound.name
            )
            after = np.minimum(before, largest)
            kept = check_which_stay(given, superclass, after, bound.name)
    else:
        warnings.append(f"No particle is left to balance: all {len(particles):,} are excluded.")
    reason[is_candidate & ~kept] = REASONS.index(BALANCED)
    warnings += cap.warnings
    notes += cap.notes
    if cap.rule == "factor" and cap.size is not None:
        warnings += about_waste(before, after, superclasses, candidates, factor)
    return Selection(
        selected=kept,
        reason=reason,
        superclass=superclass,
        cap=cap.size,
        before=before,
        after=after,
        strategy=bound.name,
        options=chosen.model_dump(mode="json"),
        seed=int(seed),
        warnings=tuple(warnings),
        notes=tuple(notes),
        class_id=particles.class_id,
    )


def places(
    particles: ParticleTable,
    superclasses: Superclasses,
    *,
    strategy: str | Strategy = defaults.STRATEGY,
    options: Options | Mapping[str, Any] | None = None,
    seed: int = 0,
) -> IntArray | None:
    """The order in which `select` would keep particles: one call instead of one for each cap.

    Parameters
    ----------
    particles, superclasses, strategy, options, seed
        As for `select`.

    Returns
    -------
    int64 (P,) or None
        Place of each particle in its superclass: one of a place below the cap is kept; −1 for one
        that is no candidate. None for a strategy that has no ``places``.

    Raises
    ------
    OptionError, PluginError
        As for `select`.
    """
    bound = bind("strategy", strategy, options)
    apart = {*superclasses.left_out, *superclasses.junk}
    superclass, _ = _candidates(particles.class_id, superclasses, apart, superclasses.junk)
    is_candidate = superclass != UNASSIGNED
    if not is_candidate.any():
        return np.full(len(superclass), -1, dtype=np.int64)
    chosen = bound.plugin.complete(particles, bound.options)
    rng_for = _rng_for(seed, superclasses)
    found = ask_places(bound.plugin, particles, superclass, chosen, rng_for, bound.name)
    return None if found is None else np.where(is_candidate, found, -1)


def _candidates(
    class_id: IntArray,
    superclasses: Superclasses,
    left_out: Collection[int],
    junk: Collection[int],
) -> tuple[IntArray, np.ndarray]:
    """Superclass of each particle that may stay, and the reason for those that may not."""
    numbers = np.union1d(superclasses.class_id, np.array(sorted(left_out), dtype=np.int64))
    label = np.full(len(numbers) + 1, UNASSIGNED, dtype=np.int64)
    code = np.full(len(numbers) + 1, REASONS.index(NO_SUCH_AVERAGE), dtype=np.uint8)
    at = np.searchsorted(numbers, superclasses.class_id)
    label[at] = superclasses.label
    code[at] = np.where(
        superclasses.label == UNASSIGNED, REASONS.index(EMPTY_AVERAGE), REASONS.index(KEPT)
    )
    out = np.isin(numbers, list(left_out))
    label[:-1][out] = UNASSIGNED
    code[:-1][out] = REASONS.index(NOT_SELECTED)
    code[:-1][np.isin(numbers, list(junk))] = REASONS.index(JUNK)
    # The last place of the tables stands for every number that nobody knows.
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


def _sizes(superclass: IntArray, n: int) -> IntArray:
    return np.bincount(superclass + 1, minlength=n + 1)[1:].astype(np.int64)


def _rng_for(seed: int, superclasses: Superclasses) -> Callable[[int], np.random.Generator]:
    def rng_for(number: int) -> np.random.Generator:
        return generator(seed, *np.sort(superclasses.class_id[superclasses.label == number]))

    return rng_for
