"""Which classes a data set has, and which of them are left out: by number or as few."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from rebalance.errors import InputError, OptionError
from rebalance.model import NO_CLASS, Classes, Dataset, ParticleTable
from rebalance.model.class_numbers import count_classes, name_classes
from rebalance.settings import RunSettings


def find_classes(settings: RunSettings, dataset: Dataset) -> Classes:
    """The classes that there are, and which of them the settings leave out.

    Raises
    ------
    OptionError
        If a class number in the settings is not there.
    InputError
        If the data set is empty; with ``strict``, if particles belong to no class average.
    """
    particles, averages = dataset.particles, dataset.class_averages
    if averages is not None:
        class_id, is_empty = averages.class_id, averages.is_empty
    elif particles is not None:
        class_id = np.array(list(count_classes(particles.class_id)), dtype=np.int64)
        is_empty = np.zeros(len(class_id), dtype=np.bool_)
    else:
        raise InputError("It has neither particles nor class averages.", path=settings.path)
    counts: Mapping[int, int] = {}
    if particles is not None:
        counts = count_classes(particles.class_id)
    elif averages is not None and averages.n_particles is not None:
        # A stack may say how many particles each average was made from.
        counts = dict(zip(class_id.tolist(), averages.n_particles.tolist(), strict=True))
    left_out = left_out_classes(
        {number: counts.get(number, 0) for number in {*class_id.tolist(), *counts}},
        exclude_classes=settings.exclude_classes,
        only_classes=settings.only_classes,
        min_class_particles=settings.min_class_particles,
        junk_classes=settings.junk_classes,
    )
    if settings.strict and particles is not None:
        _refuse_unclassified(particles)
    if settings.strict:
        unmatched = sorted(counts.keys() - set(class_id.tolist()) - set(left_out))
        if unmatched:
            raise InputError(
                f"{sum(counts[number] for number in unmatched):,} particles belong to "
                f"{name_classes(unmatched)}, without a class average.",
                path=None if particles is None else particles.path,
                hint="Leave out `strict` to exclude them, or give all class averages.",
            )
    known = counts or particles is not None
    return Classes.of(
        class_id,
        [counts.get(number, 0) for number in class_id.tolist()] if known else None,
        is_empty=is_empty,
        left_out=left_out,
        junk=settings.junk_classes,
    )


def _refuse_unclassified(particles: ParticleTable) -> None:
    without = int(np.count_nonzero(particles.class_id == NO_CLASS))
    if without:
        raise InputError(
            f"{without:,} of {len(particles):,} particles are in no class.",
            path=particles.path,
            hint="Leave out `strict` to exclude them, or give a finished classification.",
        )


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
                f"`{setting}` names {name_classes(unknown)}, which "
                f"{'does' if len(unknown) == 1 else 'do'} not exist.",
                hint=f"Existing: {name_classes(sorted(n_particles))}.",
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
