"""What `cluster` refuses, and why: the number of superclasses, counts, a plugin's result."""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterable

import numpy as np
import numpy.typing as npt

from rebalance.errors import OptionError, PluginError
from rebalance.left_out import name_classes
from rebalance.model import BoolArray, ClusteringResult, IntArray


def as_counts(n_particles: npt.ArrayLike | None, n: int) -> IntArray | None:
    if n_particles is None:
        return None
    counts = np.asarray(n_particles, dtype=np.int64)
    if counts.shape != (n,):
        raise ValueError(f"n_particles must have shape ({n},), not {counts.shape}")
    return counts


def sorted_numbers(numbers: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted({int(number) for number in numbers}))


def usable_averages(
    class_id: IntArray,
    is_empty: BoolArray,
    counts: IntArray | None,
    left_out: Collection[int],
) -> BoolArray:
    usable = ~is_empty & ~np.isin(class_id, list(left_out))
    return usable if counts is None else usable & (counts > 0)


def check_known(labelled: Collection[int], class_id: IntArray) -> None:
    """Refuse labels most of which are of classes that are not there, and that most lack.

    Labels of a whole classification serve the few classes that were selected of it.
    """
    there = set(class_id.tolist())
    strangers = sorted(set(labelled) - there)
    if 2 * len(strangers) > len(labelled) and 2 * len(there & set(labelled)) < len(there):
        raise OptionError(
            f"{len(strangers):,} of the {len(labelled):,} labels are of {name_classes(strangers)}; "
            f"the class averages are {name_classes(sorted(class_id.tolist()))}.",
            hint="Give labels of this classification. RELION counts classes from 1, CryoSPARC "
            "from 0.",
        )


def check_number(
    n_superclasses: int | None,
    *,
    n_read: int,
    n_usable: int,
    identity: bool,
    may_be_missing: bool,
    name: str,
) -> tuple[int | None, list[str]]:
    if n_usable == 0:
        raise OptionError(
            f"None of the {n_read} class averages can be used: each is empty, without particles, "
            "or left out.",
            hint="Check that particles and class averages are of the same job, and what "
            "--exclude-classes, --only-classes, --junk-classes and --min-class-particles leave.",
        )
    if n_superclasses is None:
        if identity:
            return n_usable, []
        if may_be_missing:
            return None, []
        raise OptionError(
            f"The clustering {name} needs the number of superclasses.",
            hint=f"Give -k, 1 to {n_usable}.",
        )
    try:
        number = operator.index(n_superclasses)
    except TypeError:
        raise OptionError(
            f"The number of superclasses must be a whole number, not {n_superclasses!r}.",
            hint=f"Give -k, 1 to {n_usable}.",
        ) from None
    if identity:
        if number == n_read:
            return n_usable, []
        if number == n_usable:
            return n_usable, [
                f"K = {number} is the number of class averages in use; {n_read} were read, "
                f"{n_read - n_usable} are empty, without particles, or left out."
            ]
        raise OptionError(
            f"With superclassification off each class average is its own superclass: K = {number} "
            f"does not match the {n_read} class averages read ({n_usable} in use).",
            hint=f"Leave -k away, or give -k {n_read}.",
        )
    if number <= 0:
        raise OptionError(
            f"The number of superclasses must be at least 1, not {number}.",
            hint=f"Give -k, 1 to {n_usable}.",
        )
    if number > n_usable:
        raise OptionError(
            f"{number} superclasses can't be made of {n_usable} usable class "
            f"average{'' if n_usable == 1 else 's'} "
            f"({n_read} read, {n_read - n_usable} empty, without particles, or left out).",
            hint=f"Give -k {n_usable} or less.",
        )
    return number, []


def check_result(result: ClusteringResult, n: int, number: int | None, name: str) -> list[str]:
    if not isinstance(result, ClusteringResult):
        raise PluginError(
            f"The clustering {name} gave {type(result).__name__}, no ClusteringResult.",
            hint="See rebalance.contracts.Clustering for what cluster() must return.",
        )
    label = np.asarray(result.label)
    if label.shape != (n,) or label.dtype.kind not in "iu":
        raise PluginError(
            f"The clustering {name} gave labels of shape {label.shape} and type {label.dtype}; "
            f"{n} whole numbers were expected."
        )
    if result.order is not None and sorted(np.asarray(result.order).tolist()) != list(range(n)):
        raise PluginError(f"The order given by the clustering {name} is no order of {n} averages.")
    if result.linkage is not None and result.linkage.shape != (n - 1, 4):
        raise PluginError(
            f"The linkage of the clustering {name} has shape {result.linkage.shape}, "
            f"not ({n - 1}, 4)."
        )
    found = len(np.unique(label))
    if number is None:
        return [f"The clustering {name} found {found} superclasses."]
    if found > number:
        raise PluginError(f"The clustering {name} gave {found} superclasses, asked for {number}.")
    if found < number:
        return [f"The clustering {name} found {found} superclasses where {number} were asked for."]
    return []
