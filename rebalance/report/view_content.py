"""What the report page is told of the views of the class averages."""

from __future__ import annotations

from typing import Any

import numpy as np

from rebalance.figures.hemisphere import Hemisphere, on_disc
from rebalance.figures.sphere_axes import limits
from rebalance.figures.view_words import took_part, why
from rebalance.figures.views import FILLED, drawn_hemisphere
from rebalance.model import (
    DoubleArray,
    FloatArray,
    IntArray,
    RunResult,
    Views,
    views_of,
)
from rebalance.model.class_numbers import count_classes
from rebalance.report.encoding import encoded, encoded_sheet
from rebalance.views.distribution import N_DIRECTIONS, shows_view, slice_densities
from rebalance.views.reproject import reprojections as reproject
from rebalance.views.uniformity import isotropic_density

MOST_PIXELS = 64
"""Along a side of a reprojection: the map has no finer detail."""


def view_content(
    result: RunResult, shown: IntArray, reprojections: FloatArray | None = None
) -> dict[str, Any] | None:
    """All that the panel of views shows and computes with; None where there are none.

    Parameters
    ----------
    result : RunResult
    shown : int64 (n,)
        Indices of averages, rising.
    reprojections : float32 (N, S, S), optional
        What each average should show; made here where it is not given.

    Returns
    -------
    dict or None
        ``place``: int16 (n, 2), x and y (up) on a disc of radius 1, × 32,767. ``densities``: uint8
        (n, directions), each 255 × the root of what a particle lays on a Fourier direction, for
        the uniformity; 0 for averages that show no view.
    """
    views = None if result.affinity is None else views_of(result.affinity)
    if views is None or not len(shown) or not took_part(views)[shown].any():
        return None
    averages = result.dataset.class_averages
    if reprojections is None and averages is not None:
        side = min(MOST_PIXELS, averages.box)
        reprojections = reproject(views, averages.box, side=side, like=averages.images)
    hemisphere = drawn_hemisphere(views, _weight(result, views))
    known = took_part(views)[shown]
    place = np.zeros((len(shown), 2))
    place[known] = on_disc(hemisphere.folded(views.direction[shown[known]]))
    return {
        "trusted": views.trusted,
        "why": why(views),
        "symmetry": views.symmetry,
        "starts": np.round(views.start_agreement.astype(np.float64), 3).tolist(),
        "in_agreement": views.in_agreement.tolist(),
        "known": known.tolist(),
        "place": encoded(np.rint(place * 32_767), "i2"),
        "disc": _disc(hemisphere),
        "fit": [_fit(value) for value in views.fit[shown].tolist()],
        "misfit": views.is_misfit[shown].tolist(),
        "shows_view": shows_view(views)[shown].tolist(),
        "densities": encoded(np.rint(255 * np.sqrt(slice_densities(views)[shown])), "u1"),
        "directions": N_DIRECTIONS,
        "even_density": isotropic_density(),
        "sheet": None
        if reprojections is None
        else encoded_sheet(reprojections[shown], MOST_PIXELS),
        "notes": list(views.notes),
    }


def _weight(result: RunResult, views: Views) -> DoubleArray:
    particles = result.dataset.particles
    if particles is None:
        return np.ones(len(views))
    counts = count_classes(particles.class_id)
    return np.array([counts.get(number, 0) for number in views.class_id.tolist()], dtype=np.float64)


def _disc(hemisphere: Hemisphere) -> dict[str, Any]:
    """What is drawn beneath the averages; ``filled``: the area of all circles together."""
    at, order = hemisphere.axes()
    return {
        "window": [round(edge, 5) for edge in limits(hemisphere)],
        "outline": np.round(hemisphere.outline, 4).tolist(),
        "axes": [
            [round(x, 4), round(y, 4), n] for (x, y), n in zip(at, order.tolist(), strict=True)
        ],
        "filled": FILLED * np.pi / len(hemisphere.copies),
    }


def _fit(value: float) -> float | None:
    return round(value, 3) if np.isfinite(value) else None
