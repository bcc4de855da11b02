"""Warnings and notes of a selection: who was no candidate, and what a small superclass cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt

from rebalance.model import (
    BY_CLUSTERING,
    EMPTY_AVERAGE,
    JUNK,
    NOT_SELECTED,
    REASONS,
    UNASSIGNED,
    IntArray,
    Superclasses,
)
from rebalance.model.class_numbers import name_classes
from rebalance.strategies.caps import Factor, decide_cap

_FEW_KEPT = 0.25
"""Share of the candidates kept below which a selection is called wasteful."""


def about_excluded(
    reason: npt.NDArray[np.uint8],
    counts: Mapping[int, int],
    superclasses: Superclasses,
    left_out: Collection[int],
    junk: Collection[int],
) -> tuple[list[str], list[str]]:
    """Warnings and notes on the particles that are no candidates, by reason."""
    per_reason = dict(zip(REASONS, np.bincount(reason, minlength=len(REASONS)), strict=True))
    left = set(left_out)
    known = set(superclasses.class_id.tolist())
    empty = {int(c) for c in superclasses.class_id[superclasses.label == UNASSIGNED]} - left
    warnings, notes = about_unmatched(counts, known | left), []
    if per_reason[EMPTY_AVERAGE]:
        with_particles = sorted(empty & set(counts))
        warnings.append(
            f"{per_reason[EMPTY_AVERAGE]:,} of {len(reason):,} particles are excluded: the class "
            f"average of {name_classes(with_particles)} is empty."
        )
    if per_reason[NOT_SELECTED]:
        out = sorted((left - set(junk)) & set(counts))
        notes.append(
            f"{per_reason[NOT_SELECTED]:,} of {len(reason):,} particles are excluded with "
            f"{name_classes(out)}, left out on request."
        )
    if per_reason[JUNK]:
        notes.append(
            f"{per_reason[JUNK]:,} of {len(reason):,} particles are excluded with "
            f"{name_classes(sorted(set(junk) & set(counts)))}, left out as junk."
        )
    return warnings, notes


def about_unmatched(counts: Mapping[int, int], known: Collection[int]) -> list[str]:
    """A warning of the particles whose class is not among the class averages, where there are any.

    Parameters
    ----------
    counts : mapping of class number to particles
    known : collection of int
        Numbers of the class averages, and those that a person leaves out.
    """
    unmatched = [number for number in counts if number not in known]
    if not unmatched:
        return []
    return [
        f"{sum(counts[number] for number in unmatched):,} of {sum(counts.values()):,} particles "
        f"are excluded: {name_classes(unmatched)} not among the class averages."
    ]


def about_waste(
    before: IntArray,
    after: IntArray,
    superclasses: Superclasses,
    candidates: Mapping[int, int],
    factor: Factor | None,
) -> list[str]:
    """A warning when small superclasses make the factor throw nearly everything away.

    Parameters
    ----------
    before, after : int64 (K,)
    superclasses : Superclasses
    candidates : mapping of class number to particles that might have stayed
    factor : Factor
    """
    if after.sum() >= _FEW_KEPT * before.sum():
        return []
    order = np.argsort(before, kind="stable")
    order = order[before[order] > 0]
    members = [
        [c for c in superclasses.class_id[superclasses.label == k].tolist() if c in candidates]
        for k in order
    ]
    size = int(before[order[0]])
    alike = int(np.count_nonzero(before == size))
    smallest = name_classes(members[0])
    # With superclassification off a superclass is a class, and its number says nothing.
    if not superclasses.is_off:
        smallest = f"superclass {order[0]} ({smallest})"
    warning = (
        f"Only {after.sum():,} of {before.sum():,} particles stay: {smallest} "
        f"has {size:,} particle{'s' if size > 1 else ''}"
        f"{_as_many(alike - 1)} and sets the size of all."
    )
    fewest = _fewest_to_leave_out(before[order], factor)
    if fewest is None:
        return [
            f"{warning} A lower factor keeps more; so may leaving small classes out with "
            "`min_class_particles`, `exclude_classes` or `only_classes`."
        ]
    number, would_stay = fewest
    out = sorted(c for group in members[:number] for c in group)
    at_least = max(candidates[c] for c in out) + 1
    # The rest stays grouped as it is if as many superclasses fewer are asked for.
    fewer = (
        "" if superclasses.by != BY_CLUSTERING else f"n_superclasses={len(superclasses) - number}, "
    )
    listed = f"`{fewer}exclude_classes={out}`, or " if len(out) <= 10 else ""
    which = "it" if number == 1 else f"the {number:,} smallest superclasses"
    return [
        f"{warning} Without {which} {would_stay:,} would stay: "
        f"{listed}`{fewer}min_class_particles={at_least}`. Or lower the factor."
    ]


def _as_many(others: int) -> str:
    if others == 0:
        return ""
    return ", as has one more," if others == 1 else f", as have {others:,} more,"


def _fewest_to_leave_out(sizes: IntArray, factor: Factor | None) -> tuple[int, int] | None:
    """How many of the rising sizes to leave out for the rest to keep enough, and how many stay.

    None if more than half would have to go: views are worth more than particles.
    """
    for number in range(1, len(sizes) // 2 + 1):
        rest = sizes[number:]
        cap = decide_cap(int(rest[0]), factor).size
        stay = int(rest.sum() if cap is None else np.minimum(rest, min(cap, rest[-1])).sum())
        if stay >= _FEW_KEPT * sizes.sum():
            return number, stay
    return None
