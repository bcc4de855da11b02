"""One picture of each superclass of a run: the mean of its averages, or a template for picking."""

from __future__ import annotations

from typing import Literal

import numpy as np

from rebalance.imaging.masks import estimate_radius
from rebalance.imaging.superclass_averages import for_picking, mean_on_medoid
from rebalance.model import Affinity, ClassAverages, FloatArray, RunResult, Superclasses
from rebalance.settings import RunSettings
from rebalance.settings.fields import AVERAGES

Kind = Literal["medoid", "mean"]


def superclass_pictures(result: RunResult, kind: Kind) -> FloatArray:
    """The picture of each superclass, in their order.

    Parameters
    ----------
    result : RunResult
        With class averages.
    kind : {"medoid", "mean"}
        The medoid as it is, or the mean of all averages laid on it, weighted by particles.

    Returns
    -------
    float32 (K, L, L)
    """
    averages, superclasses = _averages(result), result.superclasses
    if kind == "medoid":
        return averages.images[superclasses.medoid_row]
    return mean_on_medoid(
        averages.images,
        [superclasses.member_rows(number) for number in range(len(superclasses))],
        superclasses.medoid_row,
        None if result.affinity is None else result.affinity.alignment,
        averages.n_particles,
    )


def picking_templates(result: RunResult, kind: Kind) -> FloatArray:
    """`superclass_pictures`, centered and masked for a picker; contrast is that of the averages.

    Parameters
    ----------
    result : RunResult
        With class averages.
    kind : {"medoid", "mean"}

    Returns
    -------
    float32 (K, L, L)
    """
    pictures = superclass_pictures(result, kind)
    return for_picking(pictures, _radius(_averages(result), result.affinity))


def about_means(
    settings: RunSettings, superclasses: Superclasses, affinity: Affinity | None
) -> list[str]:
    """A warning where means are asked for, and nothing says how averages lie on each other."""
    asked = {
        'picking_templates="mean"': settings.picking_templates == "mean",
        f'also="{AVERAGES}"': AVERAGES in settings.also,
    }
    names = [f"`{name}`" for name, is_asked in asked.items() if is_asked]
    has_alignment = affinity is not None and affinity.alignment is not None
    members = np.bincount(superclasses.label[superclasses.label >= 0])
    if not names or has_alignment or members.max(initial=0) < 2:
        return []
    who = (
        "The averages were not compared"
        if affinity is None
        else f"The metric {affinity.metric} does not align averages"
    )
    return [
        f"{who}, so those of each superclass are averaged without alignment for "
        f"{' and '.join(names)}. The means will be blurred; templates from single averages "
        "(medoid) are not."
    ]


def _averages(result: RunResult) -> ClassAverages:
    averages = result.dataset.class_averages
    assert averages is not None
    return averages


def _radius(averages: ClassAverages, affinity: Affinity | None) -> float:
    """Of the mask, pixels: that of the comparison, else as wide as the objects are."""
    facts = {} if affinity is None else affinity.facts
    for name, pixel in (("mask_diameter_px", 1.0), ("mask_diameter_A", averages.pixel_size)):
        diameter = facts.get(name)
        if isinstance(diameter, int | float) and pixel and diameter > 0:
            return float(diameter) / pixel / 2
    return estimate_radius(averages.images, averages.is_empty)
