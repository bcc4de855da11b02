"""Rotates views so that their point group is in the standard orientation of other programs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rebalance.model import DoubleArray, FloatArray, Views
from rebalance.point_groups import operations_of

_SAME = 1e-6


def in_standard_frame(views: Views) -> Views:
    """The same views in a frame in which the axes of their point group are in standard orientation.

    That is the one of `rebalance.point_groups.operations_of`, and RELION's of C1, Cn, Dn and O; I
    is RELION's I1, and of T RELION has a threefold axis along z. Directions, rotations, operations
    and the map are turned together. About the axis of Cn the turn is any. Views that are in the
    frame already stay as they are.

    Parameters
    ----------
    views : Views

    Returns
    -------
    Views
    """
    standard = operations_of(views.symmetry)
    if len(views.operations) == 1 or np.abs(views.operations - standard).max() < _SAME:
        return views
    turn = turn_between_groups(views.operations, standard)
    return replace(
        views,
        sampled=views.sampled @ turn.T,
        rotation=views.rotation @ turn.T,
        operations=turn @ views.operations @ turn.T,
        map=_turned(views.map, turn),
    )


def turn_between_groups(found: DoubleArray, wanted: DoubleArray) -> DoubleArray:
    """The rotation F with F · found[g] · Fᵀ = wanted[g] for all g.

    F · found = wanted · F is linear in F. The orthogonal factor of a solution is a solution too,
    and with F so is −F: one of the two is a rotation.

    Parameters
    ----------
    found, wanted : float64 (G, 3, 3)
        The rotations of one group in two orientations, in the same order.

    Returns
    -------
    float64 (3, 3)

    Raises
    ------
    ValueError
        If they are not.
    """
    one = np.eye(3)
    system = np.concatenate(
        [np.kron(one, g.T) - np.kron(h, one) for g, h in zip(found, wanted, strict=True)]
    )
    _, size, basis = np.linalg.svd(system)
    free = basis[size < 1e-3 * max(1.0, float(size[0]))]
    if len(free):
        solution = (np.random.default_rng(0).standard_normal(len(free)) @ free).reshape(3, 3)
        u, _, v = np.linalg.svd(solution)
        turn: DoubleArray = u @ v * np.linalg.det(u @ v)
        if np.abs(turn @ found @ turn.T - wanted).max() < 1e-3:
            return turn
    raise ValueError("these are not the rotations of one group in the same order")


def _turned(density: FloatArray, turn: DoubleArray) -> FloatArray:
    """A density of which the point at r is then at turn · r, about voxel n/2; z, y, x."""
    from scipy.ndimage import affine_transform

    back = turn.T[::-1, ::-1]
    centre = np.full(3, len(density) // 2)
    return np.asarray(
        affine_transform(density, back, centre - back @ centre, order=3), dtype=np.float32
    )
