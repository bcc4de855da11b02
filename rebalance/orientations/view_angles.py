"""Angles between directions of view, modulo a point group and modulo handedness."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rebalance.model import DoubleArray, FloatArray, IntArray
from rebalance.point_groups import operations_of

Symmetry = str | DoubleArray
"""Name of a point group (``C1``, ``C4``, ``D2``, ``T``, ``O``, ``I``), or its rotation matrices."""

_MOST_CANDIDATES, _MOST_ASKED = 500, 2_000
_FEW, _ROUGHLY = 32, 1e-3
"""If there are more candidates, the less likely ones are removed first."""


def symmetry_operations(symmetry: Symmetry) -> DoubleArray:
    """The rotations of a point group, the identity among them.

    Parameters
    ----------
    symmetry : str or float64 (G, 3, 3)
        Matrices are given back as they are; of a name, see `rebalance.point_groups`.

    Returns
    -------
    float64 (G, 3, 3)

    Raises
    ------
    OptionError
        If there is no such group.
    """
    if not isinstance(symmetry, str):
        operations = np.asarray(symmetry, dtype=np.float64)
        if operations.ndim != 3 or operations.shape[1:] != (3, 3) or len(operations) == 0:
            raise ValueError(f"rotations must be (G, 3, 3), not {operations.shape}")
        return operations
    return operations_of(symmetry)


def unit(views: npt.ArrayLike) -> DoubleArray:
    """Directions (P, 3) as unit vectors; NaN where one is unknown.

    Raises
    ------
    ValueError
        If they are not (P, 3).
    """
    views = np.asarray(views, dtype=np.float64)
    if views.ndim != 2 or views.shape[1] != 3:
        raise ValueError(f"views must be (P, 3), not {views.shape}")
    length = np.linalg.norm(views, axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.where(length > 0, views / np.where(length > 0, length, 1.0), np.nan)


def angle_between_views(
    a: npt.ArrayLike, b: npt.ArrayLike, symmetry: Symmetry = "C1", *, axial: bool = True
) -> DoubleArray:
    """Angles between every view of one set and every view of another.

    Parameters
    ----------
    a : (N, 3), b : (M, 3)
        Directions of projection, of any length but 0.
    symmetry : str or float64 (G, 3, 3)
        The smallest angle to any symmetric copy counts.
    axial : bool
        A view and its opposite count as the same: they are mirror images of each other.

    Returns
    -------
    float64 (N, M)
        Degrees, at most 90 if axial, else 180.
    """
    return np.rad2deg(np.arccos(np.clip(_cosine(unit(a), unit(b), symmetry, axial), -1.0, 1.0)))


def _cosine(a: DoubleArray, b: DoubleArray, symmetry: Symmetry, axial: bool) -> DoubleArray:
    largest = np.full((len(a), len(b)), -1.0)
    for operation in symmetry_operations(symmetry):
        cosine = a @ (b @ operation.T).T
        np.maximum(largest, np.abs(cosine) if axial else cosine, out=largest)
    return largest


def modal_view(
    views: npt.ArrayLike,
    symmetry: Symmetry = "C1",
    *,
    axial: bool = True,
    width: float = 10.0,
    weights: npt.ArrayLike | None = None,
    same: IntArray | None = None,
) -> DoubleArray:
    """The view that has most others near it, by a Gaussian of the angle.

    Of many views, 500 spread evenly over the list are candidates, and 2,000 are asked.

    Parameters
    ----------
    views : (P, 3)
    symmetry : str or float64 (G, 3, 3)
    axial : bool
    width : float
        Standard deviation, degrees.
    weights : (P,), optional
        E.g. particles of each view.
    same : int64 (P,), optional
        Equal numbers for views that are equal: what is the same is then computed once.

    Returns
    -------
    float64 (3,)
        One of the views, as a unit vector.
    """
    directions = unit(views)
    weight = np.ones(len(directions)) if weights is None else np.asarray(weights, dtype=float)
    asked = _sample(len(directions), _MOST_ASKED)
    candidates = _sample(len(directions), _MOST_CANDIDATES)
    asked_weight = weight[asked]
    if same is not None:
        _, first, of = np.unique(same[asked], return_index=True, return_inverse=True)
        asked, asked_weight = asked[first], np.bincount(of.reshape(-1), asked_weight)
        # In their order, so that ties fall as they would.
        candidates = candidates[np.sort(np.unique(same[candidates], return_index=True)[1])]
    candidates = candidates[weight[candidates] > 0] if (weight > 0).any() else candidates
    if len(candidates) > _FEW:
        near = _roughly_near(
            directions[candidates], directions[asked], asked_weight, symmetry, axial, width
        )
        candidates = candidates[near >= (1 - _ROUGHLY) * near.max()]
    angle = angle_between_views(directions[candidates], directions[asked], symmetry, axial=axial)
    near = np.exp(-0.5 * (angle / width) ** 2) @ asked_weight
    return directions[candidates[int(near.argmax())]]


def _roughly_near(
    candidates: DoubleArray,
    asked: DoubleArray,
    weight: DoubleArray,
    symmetry: Symmetry,
    axial: bool,
    width: float,
) -> FloatArray:
    """How much lies near each candidate, to 1e-4: in float32, and by the series of the angle.

    θ² = 2x + x²/3 + 4x³/45 + x⁴/35 + …, x = 1 − cos θ; it fails for far views, which count little.
    """
    rough: FloatArray = candidates.astype(np.float32)
    cosine = np.full((len(candidates), len(asked)), -1.0, dtype=np.float32)
    for operation in symmetry_operations(symmetry):
        of_copy = rough @ (asked @ operation.T).T.astype(np.float32)
        np.maximum(cosine, np.abs(of_copy, out=of_copy) if axial else of_copy, out=cosine)
    x = np.subtract(np.float32(1.0), cosine, out=cosine)
    series = x * np.float32(1 / 35)
    for coefficient in (4 / 45, 1 / 3, 2.0):
        series += np.float32(coefficient)
        series *= x
    series *= np.float32(-0.5 / np.deg2rad(width) ** 2)
    near: FloatArray = np.exp(series, out=series) @ weight.astype(np.float32)
    return near


def _sample(n: int, most: int) -> IntArray:
    if n <= most:
        return np.arange(n)
    return np.linspace(0, n - 1, most).round().astype(np.int64)
