"""Superclasses for every number of them, for the slider of the report page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rebalance.clusterings import shares_work
from rebalance.errors import OptionError, PluginError
from rebalance.model import BY_CLUSTERING, Classes, RunResult, Superclasses
from rebalance.model.class_numbers import count_classes
from rebalance.registry import bind
from rebalance.settings import RunSettings, plugin_name

if TYPE_CHECKING:
    from rebalance.contracts import Clustering

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
        The number of the run; with decisions, the one that the person started from.
    decided : Superclasses, optional
        The superclasses of the run, where a person changed those of a clustering.
    why_alone : str
        Why there is only the number of the run; empty if there are others.
    """

    of: Mapping[int, Superclasses]
    current: int
    why_alone: str = ""
    decided: Superclasses | None = None


@dataclass(frozen=True, eq=False)
class _Origin:
    """How the superclasses of a run were made."""

    clustering: str | Clustering
    options: Mapping[str, Any]
    number: int | None
    is_decided: bool = False


def groupings(settings: RunSettings, result: RunResult) -> Groupings:
    """The superclasses of the run, and those for every other number of superclasses.

    They are made by the clustering, with its ``cluster_many``, and numbered as by
    ``rebalance run -k``. For a run with decisions, this is the clustering that the person started
    from, without the averages that are now junk or set aside.
    """
    superclasses = result.superclasses
    origin = _origin(settings, result)
    current = origin.number or len(superclasses)
    alone = _why_alone(origin, result)
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
        clustering=origin.clustering,
        options=origin.options,
        seed=settings.seed,
    )
    each = {int(number or 0): of for number, of in found.items()}
    if not origin.is_decided:
        # The grouping of the run is shown as it is, even if the clustering now gives another.
        each[current] = superclasses
    return Groupings(
        dict(sorted(each.items())),
        min(current, max(each)) if origin.is_decided else current,
        decided=superclasses if origin.is_decided else None,
    )


def _origin(settings: RunSettings, result: RunResult) -> _Origin:
    superclasses = result.superclasses
    decided = result.summary.get("superclassification", {}).get("decided")
    before = {} if decided is None else decided["grouped_by"]
    if before.get("by") == "clustering" and before.get("n_superclasses"):
        options = before["clustering_options"] or {}
        return _Origin(before["clustering"], options, before["n_superclasses"], is_decided=True)
    return _Origin(settings.clustering, superclasses.options, settings.number)


def _why_alone(origin: _Origin, result: RunResult) -> str:
    superclasses = result.superclasses
    if superclasses.is_off:
        return "Superclassification is off: each class is balanced by itself."
    if superclasses.by != BY_CLUSTERING and not origin.is_decided:
        return "The superclasses were given, not made by a clustering."
    if result.affinity is None:
        return "There is no affinity, so other numbers can't be shown."
    name = plugin_name(origin.clustering)
    if origin.number is None:
        return f"The clustering {name} found the number of superclasses itself."
    try:
        several = shares_work(origin.clustering)
        bind("clustering", origin.clustering, origin.options)
    except (OptionError, PluginError) as error:
        return f"The clustering behind the decisions can't be repeated: {error.problem}"
    if not several:
        return (
            f"The clustering {name} makes one number of superclasses per run. To see others, run "
            "again with another `n_superclasses`."
        )
    return ""
