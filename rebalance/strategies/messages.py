"""Warnings and notes of a selection: who is no candidate, who decides the cap, what that costs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt

from rebalance.model import (
    EMPTY_AVERAGE,
    JUNK,
    NO_ORIENTATION,
    NOT_SELECTED,
    REASONS,
    UNASSIGNED,
    IntArray,
    Superclasses,
)
from rebalance.model.class_numbers import name_classes, ranges
from rebalance.strategies.caps import Factor, decide_cap
from rebalance.strategies.words import plural

_FEW_KEPT = 0.25
"""Fraction of the candidates kept, below which a warning is given."""

FEW_FOR_3D = 1_000
"""Number of particles below which a selection counts as small, if there were more."""

_MOST_NAMED = 8


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
            f"{per_reason[NOT_SELECTED]:,} of {len(reason):,} particles are excluded as requested "
            f"({name_classes(out)})."
        )
    if per_reason[JUNK]:
        notes.append(
            f"{per_reason[JUNK]:,} of {len(reason):,} particles are excluded as junk "
            f"({name_classes(sorted(set(junk) & set(counts)))})."
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
        f"are excluded: no class average for {name_classes(unmatched)}."
    ]


def about_small(before: IntArray, least: int, *, is_auto: bool) -> list[str]:
    """A note of the superclasses too small to decide the cap, where there are any.

    Parameters
    ----------
    before : int64 (K,)
    least : int
        Particles from which a superclass decides.
    is_auto : bool
        Whether that was found from the sizes.
    """
    small = np.flatnonzero((before > 0) & (before < least))
    if not len(small):
        return []
    one = len(small) == 1
    which = f"Superclass {small[0]}" if one else f"Superclasses {ranges(small.tolist())}"
    sizes = ", ".join(f"{size:,}" for size in before[small[:_MOST_NAMED]])
    more = ", …" if len(small) > _MOST_NAMED else ""
    why = ", a tenth of the mean size" if is_auto else ""
    return [
        f"{which} ({sizes}{more} particle{'s' if before[small].sum() > 1 else ''}) "
        f"{'is' if one else 'are'} too small to decide the cap (under {least:,}{why}) and "
        f"{'keeps' if one else 'keep'} all particles. With `cap_from=0` the smallest superclass "
        "always decides."
    ]


def about_the_factor(
    before: IntArray, after: IntArray, deciding: int, word: str = "superclass"
) -> list[str]:
    """A note where a factor drops nothing, or leaves little for three dimensions.

    Parameters
    ----------
    before, after : int64 (K,)
    deciding : int
        Size of the group that decides the cap.
    word : str
        What a group is called.
    """
    kept, largest = int(after.sum()), int(before.max(initial=0))
    if kept == before.sum() and np.count_nonzero(before) > 1:
        return [
            f"This factor drops no particles: the {word} that decides the cap has "
            f"{deciding / largest:.2g} times the particles of the largest."
        ]
    if kept < FEW_FOR_3D <= before.sum():
        return [
            f"{kept:,} particles may be too few for a 3D reconstruction, which takes thousands. A "
            "lower factor keeps more."
        ]
    return []


def about_the_smallest(
    before: IntArray, after: IntArray, cap: int, word: str
) -> tuple[list[str], list[str]]:
    """A note of the group by which a factor goes; a warning where that drops nearly everything.

    Parameters
    ----------
    before, after : int64 (G,)
    cap : int
    word : str
        What a group is called.

    Returns
    -------
    warnings, notes : list of str
    """
    size = int(before[before > 0].min())
    smallest = np.flatnonzero(before == size)
    more = len(smallest) - 1
    who = f"{word} {smallest[0]}" + (f" and {more:,} more" if more else "")
    held = f"{size:,} particle{'s' if size > 1 else ''}" + (" each" if more else "")
    said = (
        f"Limited by {who} ({held}): at most {cap:,} per {word}. To be independent of "
        f"the smallest {word}, use `percentile=80`."
    )
    if after.sum() < _FEW_KEPT * before.sum():
        return [f"Only {after.sum():,} of {before.sum():,} particles stay. {said}"], []
    return [], [said]


def about_empty(before: IntArray, word: str) -> list[str]:
    """A note of the groups without particles, where there are any."""
    empty = int(np.count_nonzero(before == 0))
    if not empty:
        return []
    are = "is" if empty == 1 else "are"
    return [f"{empty:,} of {len(before):,} {plural(word)} {are} empty, and ignored for the cap."]


def about_no_orientation(reason: npt.NDArray[np.uint8]) -> list[str]:
    """A note of the particles without an orientation, where there are any."""
    without = int(np.count_nonzero(reason == REASONS.index(NO_ORIENTATION)))
    if not without:
        return []
    return [
        (f"{without:,} of {len(reason):,} particles are excluded because they have no orientation.")
    ]


def about_half_sets(column: str, word: str) -> str:
    """A note that halves keep their ratio."""
    return f"Each {word} keeps the ratio of its half sets ({column}), to within one particle."


def about_waste(
    before: IntArray,
    after: IntArray,
    superclasses: Superclasses,
    candidates: Mapping[int, int],
    factor: Factor | None,
    least: int = 0,
) -> list[str]:
    """A warning when one small superclass makes the factor throw nearly everything away.

    Parameters
    ----------
    before, after : int64 (K,)
    superclasses : Superclasses
    candidates : mapping of class number to particles that might have stayed
    factor : Factor
    least : int
        Particles from which a superclass decides the cap.
    """
    if after.sum() >= _FEW_KEPT * before.sum():
        return []
    order = np.argsort(before, kind="stable")
    order = order[before[order] >= max(least, 1)]
    size = int(before[order[0]])
    alike = int(np.count_nonzero(before == size))
    classes = superclasses.class_id[superclasses.label == order[0]].tolist()
    smallest = name_classes([number for number in classes if number in candidates])
    # With superclassification off a superclass is a class, and its number says nothing.
    if not superclasses.is_off:
        smallest = f"superclass {order[0]} ({smallest})"
    warning = (
        f"Only {after.sum():,} of {before.sum():,} particles stay. The cap is set by {smallest} "
        f"with {size:,} particle{'s' if size > 1 else ''}{_as_many(alike - 1)}."
    )
    fewest = _fewest_not_to_decide(before, before[order], factor)
    if fewest is None:
        return [f"{warning} A lower factor keeps more."]
    number, cap_from, would_stay = fewest
    which = "it" if number == 1 else f"the {number:,} smallest superclasses"
    return [
        f"{warning} To keep {would_stay:,} instead, exclude {which} from deciding "
        f"(`cap_from={cap_from}`), or lower the factor."
    ]


def _as_many(others: int) -> str:
    if others == 0:
        return ""
    return " (one more has as many)" if others == 1 else f" ({others:,} more have as many)"


def _fewest_not_to_decide(
    before: IntArray, sizes: IntArray, factor: Factor | None
) -> tuple[int, int, int] | None:
    """How many of the rising sizes have no say for enough to stay; who has it; how many stay.

    None if more than half would have no say: views are worth more than particles.
    """
    for number in range(1, len(sizes) // 2 + 1):
        if sizes[number] == sizes[number - 1]:
            continue
        cap = decide_cap(int(sizes[number]), factor).size
        stay = int(before.sum() if cap is None else before.clip(max=min(cap, sizes[-1])).sum())
        if stay >= _FEW_KEPT * before.sum():
            return number, int(sizes[number - 1]) + 1, stay
    return None
