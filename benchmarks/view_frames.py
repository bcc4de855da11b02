"""Views as they were found, turned and mirrored as a whole onto the true ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rebalance.model import DoubleArray, Views

MIRROR = np.diag([1.0, 1.0, -1.0])
"""Of a map, through the plane z = 0: A of it is MIRROR · A · MIRROR."""
_NEAR = 20.0
"""Degrees; averages that are farther off don't decide what the frame is."""


@dataclass(frozen=True, eq=False)
class OntoTruth:
    """Views in the frame of the truth.

    Parameters
    ----------
    views : Views
    is_mirrored : bool
        They were of the other hand.
    error : float64 (N,)
        Degrees between the poses found and the true ones; NaN where either isn't there.
    """

    views: Views
    is_mirrored: bool
    error: DoubleArray


def onto_truth(views: Views, truth: Views) -> OntoTruth:
    """Turn, mirror and move views as a whole, so that most poses are as near as can be to the true.

    For molecules without symmetry. What is free in any map, its frame, hand and centre, is fitted;
    nothing is, average by average.
    """
    there = np.isfinite(views.rotation[:, 0, 0]) & np.isfinite(truth.rotation[:, 0, 0])
    there &= ~views.is_misfit & ~truth.is_misfit
    true = truth.rotation[there]
    best: tuple[float, bool, DoubleArray, DoubleArray] | None = None
    for is_mirrored in (False, True):
        found = views.rotation
        if is_mirrored:
            found = MIRROR @ found @ MIRROR
        turn = _common_turn(found[there], true)
        median = float(np.median(turn_between(found[there] @ turn, true)))
        if best is None or median < best[0]:
            best = median, is_mirrored, turn, found
    assert best is not None
    _, is_mirrored, turn, found = best
    rotation = found @ turn
    error = np.full(len(views), np.nan)
    error[there] = turn_between(rotation[there], true)
    near = np.nan_to_num(error, nan=180.0) < _NEAR
    centre = np.zeros(3)
    if near.sum() > 1:
        planes = truth.rotation[near, :2].reshape(-1, 3)
        centre = np.linalg.lstsq(planes, (views.shift - truth.shift)[near].ravel(), rcond=None)[0]
    shift = views.shift - rotation[:, :2] @ centre
    return OntoTruth(replace(views, rotation=rotation, shift=shift), is_mirrored, error)


def turn_between(one: DoubleArray, other: DoubleArray) -> DoubleArray:
    """Degrees between rotations; float64 (n,)."""
    trace = np.einsum("nij,nij->n", one, other)
    return np.rad2deg(np.arccos(np.clip((trace - 1) / 2, -1, 1)))


def _common_turn(found: DoubleArray, true: DoubleArray) -> DoubleArray:
    """Q for which found · Q is true for most: that of one average, then the mean of those near."""
    each = found.swapaxes(1, 2) @ true
    medians = [np.median(turn_between(found @ turn, true)) for turn in each]
    turn = each[int(np.argmin(medians))]
    for _ in range(10):
        error = turn_between(found @ turn, true)
        u, _, v = np.linalg.svd(each[error <= max(_NEAR, float(np.median(error)))].sum(axis=0))
        turn = u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v
    return turn
