"""Which class averages a person leaves out: by number, by exception, by particle count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from rebalance.errors import OptionError
from rebalance.model import NO_CLASS, IntArray
from rebalance.model.class_numbers import name_classes


def count_classes(class_id: IntArray) -> dict[int, int]:
    """Particles of each class number that occurs, by rising number; `NO_CLASS` is none.

    Parameters
    ----------
    class_id : int64 (P,)
    """
    has_class = class_id != NO_CLASS
    if not has_class.all():
        class_id = class_id[has_class]
    if len(class_id) == 0:
        return {}
    low, high = int(class_id.min()), int(class_id.max())
    if high - low < 10 * len(class_id) + 1_000:
        counts = np.bincount(class_id - low)
        numbers = np.flatnonzero(counts)
        return dict(zip((numbers + low).tolist(), counts[numbers].tolist(), strict=True))
    numbers, counts = np.unique(class_id, return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))


def left_out_classes(
    n_particles: Mapping[int, int],
    *,
    exclude_classes: Iterable[int] = (),
    only_classes: Iterable[int] | None = None,
    min_class_particles: int = 0,
    junk_classes: Iterable[int] = (),
) -> tuple[int, ...]:
    """Class numbers not to be used, sorted.

    Parameters
    ----------
    n_particles : mapping of class number to particles
        Every class number there is, those of the averages and those of the table.
    exclude_classes : iterable of int
        Left out.
    only_classes : iterable of int, optional
        All others are left out.
    min_class_particles : int ≥ 0
        Classes with fewer particles, but with some, are left out.
    junk_classes : iterable of int
        Left out as junk.

    Raises
    ------
    OptionError
        If a number is not one of the classes, if ``min_class_particles`` is negative, or if one
        class is both asked for and excluded.
    """
    exclude = {int(number) for number in exclude_classes}
    only = None if only_classes is None else {int(number) for number in only_classes}
    junk = {int(number) for number in junk_classes}
    for given, flag in (
        (exclude, "--exclude-classes"),
        (only or set(), "--only-classes"),
        (junk, "--junk-classes"),
    ):
        unknown = sorted(given - n_particles.keys())
        if unknown:
            raise OptionError(
                f"{flag} names {name_classes(unknown)}, and there is no such class.",
                hint=f"There are {name_classes(sorted(n_particles))}.",
            )
    if only is not None and exclude & only:
        raise OptionError(
            f"{name_classes(sorted(exclude & only)).capitalize()} can't be both in "
            "--exclude-classes and in --only-classes."
        )
    if min_class_particles < 0:
        raise OptionError(f"--min-class-particles must be at least 0, not {min_class_particles}.")
    few = {number for number, count in n_particles.items() if 0 < count < min_class_particles}
    others = set() if only is None else n_particles.keys() - only
    return tuple(sorted(exclude | others | few | junk))
