"""Superclasses for every number of them, for the slider of the report page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rebalance.clusterings import shares_work
from rebalance.model import BY_CLUSTERING, Classes, RunResult, Superclasses
from rebalance.model.class_numbers import count_classes
from rebalance.settings import RunSettings, plugin_name

MOST = 60
"""The largest number of superclasses on the slider."""


@dataclass(frozen=True, eq=False)
class Groupings:
    """The groupings that a page can show.

    Parameters
    ----------
    of : mapping of int to Superclasses
        By the number that was asked for, rising.
    current : int
        The one of the run.
    why_alone : str
        Why there is no other number than the run's; empty where there are others.
    """

    of: Mapping[int, Superclasses]
    current: int
    why_alone: str = ""


def groupings(settings: RunSettings, result: RunResult) -> Groupings:
    """The superclasses of the run, and those that every other number of them gives.

    They come from the clustering itself, by its ``cluster_many``, and have the numbers that
    ``rebalance run -k`` gives them.
    """
    superclasses = result.superclasses
    current = settings.number or len(superclasses)
    alone = _why_alone(settings, result)
    if alone:
        return Groupings({current: superclasses}, current, why_alone=alone)
    from rebalance.clusterings import cluster_each

    assert result.affinity is not None
    used = int(np.count_nonzero(superclasses.label >= 0))
    particles = result.dataset.particles
    class_id = superclasses.class_id
    counts = None
    if particles is not None:
        of_class = count_classes(particles.class_id)
        counts = [of_class.get(number, 0) for number in class_id.tolist()]
    found = cluster_each(
        Classes.of(
            class_id,
            counts,
            is_empty=result.affinity.is_empty,
            left_out=superclasses.left_out,
            set_aside=superclasses.set_aside,
        ),
        result.affinity,
        range(1, min(used, MOST) + 1),
        clustering=settings.clustering,
        options=superclasses.options,
        seed=settings.seed,
    )
    each = {int(number or 0): of for number, of in found.items()}
    # The run's own grouping is shown as it is, whatever the clustering says now.
    each[current] = superclasses
    return Groupings(dict(sorted(each.items())), current)


def _why_alone(settings: RunSettings, result: RunResult) -> str:
    superclasses = result.superclasses
    if superclasses.is_off:
        return "Superclassification is off: each class is by itself."
    if superclasses.by != BY_CLUSTERING:
        return "The superclasses are given, not made by a clustering."
    if result.affinity is None:
        return "There is no affinity to group by."
    name = plugin_name(settings.clustering)
    if settings.number is None:
        return f"The clustering {name} found the number of superclasses itself."
    if not shares_work(settings.clustering):
        return (
            f"The clustering {name} groups by one number at a time; run again with another "
            "`n_superclasses` to see more."
        )
    return ""
