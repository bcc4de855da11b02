"""An affinity from a file, fitted to the class averages that it is said to be of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from rebalance.errors import InputError
from rebalance.model import Affinity, ClassAverages, IntArray, results_without
from rebalance.record.affinity_file import IMAGES, images_digest


def fit_affinity(affinity: Affinity, averages: ClassAverages, path: Path) -> Affinity:
    """An affinity that was read, checked against the class averages that it is said to be of.

    Raises
    ------
    InputError
        If its class numbers are others, if it was made of other images, or if it lacks an
        average.
    """
    if not np.array_equal(affinity.class_id, averages.class_id):
        raise InputError(
            f"It has {len(affinity)} class averages, numbers {_span(affinity.class_id)}; the data "
            f"set has {len(averages)}, numbers {_span(averages.class_id)}"
            + (
                ", in a different order."
                if set(affinity.class_id.tolist()) == set(averages.class_id.tolist())
                else "."
            ),
            path=path,
            hint="Leave out `affinity_file` to compute the affinity.",
        )
    facts = dict(affinity.facts)
    if facts.pop(IMAGES, None) not in (None, images_digest(averages)):
        raise InputError(
            "Its class averages have the same numbers, but their images differ.",
            path=path,
            hint="Leave out `affinity_file` to compute the affinity.",
        )
    lacking = affinity.is_empty & ~averages.is_empty
    if lacking.any():
        raise InputError(
            f"Class {affinity.class_id[lacking][0]} is missing in it (it had no image or no "
            "particles), but has both in the data set.",
            path=path,
            hint="Leave out `affinity_file` to compute the affinity.",
        )
    empty = averages.is_empty
    values = affinity.values.copy()
    values[empty, :] = 0
    values[:, empty] = 0
    np.fill_diagonal(values, 1)
    compared = ~affinity.is_empty
    return replace(
        affinity,
        values=values,
        is_empty=empty,
        facts=facts,
        n_particles=averages.n_particles,
        results=results_without(affinity.results, int(compared.sum()), ~empty[compared]),
    )


def _span(class_id: IntArray) -> str:
    return f"{class_id.min()} to {class_id.max()}" if len(class_id) else "none"
