"""Which numbers of superclasses can be made of so many class averages."""

from __future__ import annotations

import operator

from rebalance.errors import OptionError


def check_number(
    n_superclasses: int | None,
    *,
    n_read: int,
    n_usable: int,
    identity: bool,
    may_be_missing: bool,
    name: str,
    n_aside: int = 0,
) -> tuple[int | None, list[str]]:
    """The number asked for, or found by itself, and notes; OptionError if it can't be made."""
    if n_usable == 0:
        raise OptionError(
            f"None of the {n_read} class averages can be used: they are all empty, without "
            "particles, or left out.",
            hint="Check that particles and class averages are from the same job, and what is left "
            "after `exclude_classes`, `only_classes`, `junk_classes` and "
            "`min_class_particles`.",
        )
    if n_superclasses is None:
        if identity:
            return n_usable, []
        if may_be_missing:
            return None, []
        raise OptionError(
            f"The clustering {name} needs the number of superclasses.",
            hint=f"Use `n_superclasses` from 1 to {n_usable}.",
        )
    try:
        number = operator.index(n_superclasses)
    except TypeError:
        raise OptionError(
            f"The number of superclasses must be a whole number, not {n_superclasses!r}.",
            hint=f"Use `n_superclasses` from 1 to {n_usable}.",
        ) from None
    if identity:
        if number == n_read:
            return n_usable, []
        if number == n_usable:
            return n_usable, [
                f"K = {number} is the number of class averages in use: {n_read} were read, "
                f"{n_read - n_usable} of them empty, without particles, or left out."
            ]
        raise OptionError(
            "With superclassification off, each class average is its own superclass, but K = "
            f"{number} and {n_read} class averages were read ({n_usable} in use).",
            hint=f"Leave out `n_superclasses`, or give `n_superclasses={n_read}`.",
        )
    if number <= 0:
        raise OptionError(
            f"The number of superclasses must be at least 1, not {number}.",
            hint=f"Use `n_superclasses` from 1 to {n_usable}.",
        )
    if number > n_usable:
        more = ', or group those too with `junk="off"`' if n_aside else ""
        raise OptionError(
            f"{n_usable} usable class average{'' if n_usable == 1 else 's'} can't be divided "
            f"into {number} superclasses ({n_read} read, {_apart(n_read - n_usable, n_aside)}).",
            hint=f"Give `n_superclasses={n_usable}` or less{more}.",
        )
    return number, []


def _apart(number: int, n_aside: int) -> str:
    others = f"{number - n_aside} empty, without particles, or left out"
    return f"{others}, {n_aside} set aside as junk" if n_aside else others
