"""Why an average is suspected, in words that name what was found.

What speaks against its picture is counted in points (`rebalance.imaging.pictures`), and no one
thing is enough. A rare view is alone, and of few particles: so neither gives a point, and
that one is alone is only said of what something else names.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rebalance.imaging.pictures import FEWEST, are_enough
from rebalance.model import BoolArray, DoubleArray

ISOLATED, NEAREST = 0.8, 4
"""An average is isolated if its mean affinity to this many nearest is below this share of what the
most similar ones (the 90th percentile) have.
"""
_SAID = 0.15
"""Points from which a reason is given."""


def of_picture(
    deviations: Mapping[str, DoubleArray], points: Mapping[str, DoubleArray]
) -> list[tuple[str, ...]]:
    """What speaks against each of n pictures, the weightiest first; empty without enough points.

    Parameters
    ----------
    deviations, points : mapping of str to float64 (n,)
        Of `rebalance.imaging.pictures`.
    """
    enough = are_enough(np.sum(list(points.values()), axis=0))
    return [
        tuple(
            _words(name, float(deviations[name][i]))
            for name in sorted(points, key=lambda name: -points[name][i])
            if points[name][i] >= _SAID
        )
        if enough[i]
        else ()
        for i in range(len(enough))
    ]


def _words(name: str, deviation: float) -> str:
    times = 10 ** (deviation / 2)
    return {
        "strong": f"contrast {times:.1f} times that of most averages with as many particles",
        "bright": "center far brighter than in most averages",
        "flat": f"only {1 / times:.0%} of the usual structure, despite many particles",
        "dim": "center stands out less from the rim than in most averages",
        "level": "rim far brighter or darker than in most averages",
    }[name]


def is_isolated(nearest: DoubleArray) -> BoolArray:
    """bool (n,): far from all others, from the mean affinity to the nearest, float64 (n,)."""
    if len(nearest) < FEWEST:
        return np.zeros(len(nearest), dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        return np.asarray(nearest < ISOLATED * _most_alike(nearest), dtype=np.bool_)


def about_isolation(nearest: DoubleArray, i: int) -> str:
    """What is said of an isolated average."""
    return (
        f"unlike all others (mean affinity to the nearest {nearest[i]:.2f}; "
        f"{_most_alike(nearest):.2f} for the most similar averages)"
    )


def _most_alike(nearest: DoubleArray) -> float:
    return float(np.quantile(nearest, 0.9))
