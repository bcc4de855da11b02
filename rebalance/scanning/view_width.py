"""The fewest superclasses in which views lie close together: a number found by an angle.

It is for a person who knows the angle. `-k auto` does not go by it: of 13 simulated sets of 3 to 18
discrete views that were trusted, the suggestion of a scan was within 20 % of the number of views on
11, and the best of eight widths from 12° to 32° on 9 (18° and 20°; 25° on 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rebalance import defaults
from rebalance.clusterings.grouping import label_classes
from rebalance.contracts import Clustering
from rebalance.errors import OptionError
from rebalance.model import (
    Affinity,
    Classes,
    DoubleArray,
    FloatArray,
    IntArray,
    NumberForWidth,
    views_of,
)
from rebalance.options import Options
from rebalance.registry import bind

_INSTEAD = "Give a number of superclasses, `n_superclasses=10` for a first look"


def number_for_width(
    classes: Classes,
    affinity: Affinity,
    width: float,
    *,
    clustering: str | Clustering = defaults.CLUSTERING,
    options: Options | Mapping[str, Any] | None = None,
    seed: int = 0,
) -> NumberForWidth:
    """The smallest number of superclasses none of which is wider than an angle.

    The width of a superclass is the mean angle between the views of its averages, over pairs, as
    the affinity carries them (`rebalance.model.Views.angle`); that of one average is 0.

    Parameters
    ----------
    classes : Classes
    affinity : Affinity
        Of these classes, by a metric that knows angles.
    width : float
        Degrees.
    clustering, options, seed
        As for `rebalance.cluster`.

    Raises
    ------
    OptionError
        If no angles are known, or they are not to be trusted; if the clustering finds the number
        itself, or can't keep to the angle; if no class average is usable.
    """
    angle = _trusted_angles(affinity)
    bound = bind("clustering", clustering, options)
    if bound.plugin.finds_number:
        raise OptionError(
            f"The clustering {bound.name} finds the number of superclasses itself.",
            hint="Choose one that is told the number, e.g. hierarchical.",
            setting="view_width",
        )
    n = int(classes.takes_part.sum())
    for number, label in label_classes(
        classes, affinity, range(1, n + 1), clustering=clustering, options=options, seed=seed
    ):
        widest = float(mean_angles(label, angle).max())
        if widest <= width:
            return NumberForWidth(number, width, widest)
    raise OptionError(
        f"The clustering {bound.name} keeps no number of superclasses within {width:g}°."
        if n
        else "None of the class averages can be used.",
        hint=f"{_INSTEAD}, or another clustering.",
        setting="view_width",
    )


def mean_angles(label: IntArray, angle: FloatArray) -> DoubleArray:
    """Mean angle over the pairs of each superclass; 0 for one average by itself.

    Parameters
    ----------
    label : int64 (N,)
        0 … K−1; −1 for averages in no superclass.
    angle : float32 (N, N)
        Degrees.

    Returns
    -------
    float64 (K,)
    """
    means = np.zeros(int(label.max(initial=-1)) + 1)
    for number in range(len(means)):
        members = np.flatnonzero(label == number)
        n = len(members)
        if n > 1:
            within = angle[np.ix_(members, members)].astype(np.float64)
            means[number] = (within.sum() - np.trace(within)) / (n * (n - 1))
    return means


def knows_no_angles(metric: str) -> OptionError:
    """What to raise where a metric does not know the angles between views."""
    return OptionError(
        f"`view_width` needs the angles between views, which the metric {metric} does not know.",
        hint='Compare with `metric="views"`; or give a number, `n_superclasses=10` for a first '
        "look.",
        setting="view_width",
    )


def _trusted_angles(affinity: Affinity) -> FloatArray:
    views = views_of(affinity)
    if views is None:
        raise knows_no_angles(affinity.metric or "of this affinity")
    if not views.trusted:
        raise OptionError(
            f"The views that were found are not to be trusted, nor the angles between them: "
            f"{views.reason}",
            hint=f"{_INSTEAD}: the superclasses are then made by how alike the images are.",
            setting="view_width",
        )
    return views.angle
