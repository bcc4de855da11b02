"""Which classes a data set has, and which of them the settings leave out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rebalance.curation.left_out import left_out_classes
from rebalance.errors import InputError
from rebalance.model import Classes, Dataset
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
        raise InputError("It holds neither particles nor class averages.", path=settings.path)
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
