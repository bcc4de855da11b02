"""Which classes a person leaves out: by number, by exception, by particle count, as junk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rebalance.errors import OptionError
from rebalance.model.class_numbers import name_classes


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
    for given, setting in (
        (exclude, "exclude_classes"),
        (only or set(), "only_classes"),
        (junk, "junk_classes"),
    ):
        unknown = sorted(given - n_particles.keys())
        if unknown:
            raise OptionError(
                f"`{setting}` names {name_classes(unknown)}, and there is no such class.",
                hint=f"There are {name_classes(sorted(n_particles))}.",
                setting=setting,
            )
    if only is not None and exclude & only:
        raise OptionError(
            f"{name_classes(sorted(exclude & only)).capitalize()} can't be both in "
            "`exclude_classes` and in `only_classes`."
        )
    if min_class_particles < 0:
        raise OptionError(f"`min_class_particles` must be at least 0, not {min_class_particles}.")
    few = {number for number, count in n_particles.items() if 0 < count < min_class_particles}
    others = set() if only is None else n_particles.keys() - only
    return tuple(sorted(exclude | others | few | junk))
