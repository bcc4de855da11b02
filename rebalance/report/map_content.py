"""What the report page is told of the map of class averages."""

from __future__ import annotations

from typing import Any

import numpy as np

from rebalance.arrangement.chain import CARRIED, ROOT, on_the_most_alike
from rebalance.arrangement.plane import kept_neighbours, on_plane, side_by_side
from rebalance.model import IntArray, RunResult
from rebalance.report.encoding import encoded

STEP = 500
"""Steps of a place within the room of one picture."""


def map_content(result: RunResult, shown: IntArray) -> dict[str, Any] | None:
    """All that the map is drawn from; None where there are fewer than two averages to compare.

    Parameters
    ----------
    result : RunResult
    shown : int64 (n,)
        Indices of averages, rising.

    Returns
    -------
    dict or None
        ``places``: int16 (n, 2), x and y (down) in rooms of a picture × ``step``, −1 for averages
        that are not on it. ``onto``: which each is laid on, −1 for none. ``carried``: the share of
        a shift that is carried on. ``kept``: the share of the most alike that are near each other.
    """
    affinity = result.affinity
    if affinity is None:
        return None
    order = result.superclasses.order
    rows = order[np.isin(order, shown) & ~affinity.is_empty[order]]
    if len(rows) < 2:
        return None
    values = affinity.values[np.ix_(rows, rows)]
    at = side_by_side(on_plane(values) * np.array([1.0, -1.0]))
    place = np.searchsorted(shown, rows)
    places = np.full((len(shown), 2), -1)
    places[place] = np.rint(at * STEP)
    under = on_the_most_alike(values)
    onto = np.full(len(shown), ROOT)
    onto[place] = np.where(under == ROOT, ROOT, place[under])
    kept = kept_neighbours(values, at)
    return {
        "places": encoded(places, "i2"),
        "step": STEP,
        "onto": onto.tolist(),
        "carried": CARRIED,
        "kept": None if kept is None else round(kept, 3),
    }
