"""What pictures of the views of class averages show beside the views themselves."""

from __future__ import annotations

from typing import Any

import numpy as np

from rebalance import seeds
from rebalance.model import (
    ClassAverages,
    Dataset,
    FloatArray,
    IntArray,
    RunResult,
    Selection,
    Superclasses,
    Views,
    views_of,
)
from rebalance.model.class_numbers import count_classes

MOST_PIXELS = 128
"""Along a side of a reprojection: the map has no finer detail."""


def pictures_of_run(result: RunResult) -> dict[str, Any]:
    """Arguments of `figures.draw_all`; none where the affinity carries no views.

    Parameters
    ----------
    result : RunResult
    """
    views = None if result.affinity is None else views_of(result.affinity)
    if views is None:
        return {}
    return pictures_of_views(result.dataset, views, result.superclasses, result.selection)


def pictures_of_views(
    dataset: Dataset,
    views: Views,
    superclasses: Superclasses | None = None,
    selection: Selection | None = None,
) -> dict[str, Any]:
    """Arguments of `figures.draw_views`.

    Parameters
    ----------
    dataset : Dataset
    views : Views
        A row for each of its class averages.
    superclasses : Superclasses, optional
        Over the same averages; with them, particles count whose average is in one.
    selection : Selection, optional

    Returns
    -------
    dict
        ``reprojections`` where there are averages, ``view_balance`` where there are particles.
    """
    from rebalance.views.distribution import view_balance

    arguments: dict[str, Any] = {}
    if dataset.class_averages is not None:
        arguments["reprojections"] = reprojections_of(dataset.class_averages, views)
    if dataset.particles is not None:
        class_id = dataset.particles.class_id
        before = _counts(class_id, views.class_id)
        if superclasses is not None:
            before[superclasses.label < 0] = 0
        after = rng = None
        if selection is not None and selection.cap is not None:
            after = _counts(class_id[selection.selected], views.class_id)
            rng = seeds.generator(selection.seed)
        arguments["view_balance"] = view_balance(views, before, after, rng)
    return arguments


def reprojections_of(averages: ClassAverages, views: Views) -> FloatArray:
    """What each average should show, in its own contrast; as many pixels as a picture needs."""
    from rebalance.views.reproject import reprojections

    side = min(averages.box, MOST_PIXELS)
    return reprojections(views, averages.box, side=side, like=averages.images)


def _counts(class_id: IntArray, averages: IntArray) -> IntArray:
    counts = count_classes(class_id)
    return np.array([counts.get(number, 0) for number in averages.tolist()], dtype=np.int64)
