"""From where the particles of each superclass look."""

from __future__ import annotations

import numpy as np

from rebalance.model import DoubleArray, IntArray
from rebalance.orientations.view_angles import angle_between_views, modal_view

_MOST_ASKED = 5_000
"""Particles used per superclass, spread evenly over its rows."""


def views_of_groups(
    direction: DoubleArray, group: IntArray, n_groups: int, operations: DoubleArray
) -> tuple[DoubleArray, DoubleArray]:
    """The commonest view of each group of particles, and how far the others lie from it.

    Parameters
    ----------
    direction : float64 (P, 3)
        Unit vectors; NaN without a pose.
    group : int64 (P,)
        −1 for particles in none.
    n_groups : int
        K.
    operations : float64 (G, 3, 3)
        Of the point group.

    Returns
    -------
    view : float64 (K, 3)
        NaN for a group without poses.
    spread : float64 (K,)
        Median angle to it in degrees, a view and its opposite being the same.
    """
    view, spread = np.full((n_groups, 3), np.nan), np.full(n_groups, np.nan)
    has_pose = np.isfinite(direction).all(axis=1)
    posed_group = np.where(has_pose, group, -1)
    order = np.argsort(posed_group, kind="stable")
    ends = np.searchsorted(posed_group[order], range(n_groups + 1))
    for number in range(n_groups):
        rows = order[ends[number] : ends[number + 1]]
        if len(rows) == 0:
            continue
        if len(rows) > _MOST_ASKED:
            rows = rows[np.linspace(0, len(rows) - 1, _MOST_ASKED).round().astype(np.int64)]
        views = direction[rows]
        view[number] = modal_view(views, operations)
        angle = angle_between_views(views, view[number : number + 1], operations)
        spread[number] = float(np.median(angle))
    return view, spread
