"""Directions on a disc: half a sphere in an equal-area projection, and its unit under a group.

Opposite views are mirror images, and copies of a view under the point group the same picture. So
every direction has a place in one unit of the half sphere, and that is where it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rebalance.model import DoubleArray, IntArray

_TIE = 1e-6
_ON_EDGE = 1e-9


def on_disc(directions: DoubleArray) -> DoubleArray:
    """Lambert's azimuthal equal-area projection of the half sphere z ≥ 0 onto a disc of radius 1.

    Parameters
    ----------
    directions : float64 (..., 3)
        Unit vectors.

    Returns
    -------
    float64 (..., 2)
    """
    x, y, z = np.moveaxis(np.asarray(directions, dtype=np.float64), -1, 0)
    return np.stack([x, y], axis=-1) / np.sqrt(1.0 + np.maximum(z, -0.999))[..., None]


def from_disc(points: DoubleArray) -> DoubleArray:
    """The directions at points (..., 2) of the disc; NaN outside of it."""
    points = np.asarray(points, dtype=np.float64)
    r2 = (points**2).sum(axis=-1)
    r2 = np.where(r2 <= 1 + _ON_EDGE, np.minimum(r2, 1), np.nan)
    xy = points * np.sqrt(2.0 - r2)[..., None]
    return np.concatenate([xy, (1.0 - r2)[..., None]], axis=-1)


@dataclass(frozen=True, eq=False)
class Hemisphere:
    """How directions in the frame of a map are drawn.

    Parameters
    ----------
    frame : float64 (3, 3)
        Rotation into the frame that is drawn: the third row points at the viewer.
    copies : float64 (G, 3, 3)
        The rotations of the point group in that frame.
    towards : float64 (3,)
        Of the copies nearest the middle, the one that lies most in this direction is drawn.
    """

    frame: DoubleArray
    copies: DoubleArray
    towards: DoubleArray

    @classmethod
    def of(
        cls, operations: DoubleArray, directions: DoubleArray, weight: DoubleArray
    ) -> Hemisphere:
        """The axis of highest order in the middle; without one, the direction most looked from.

        Parameters
        ----------
        operations : float64 (G, 3, 3)
            The identity among them.
        directions : float64 (M, 3)
            Unit vectors that are to be drawn.
        weight : (M,)
            Of each.
        """
        second = np.einsum("m,mi,mj->ij", weight, directions, directions)
        principal = np.linalg.eigh(second)[1].T[::-1]
        # Their signs are anyone's; pictures of slightly other weights are to look alike.
        largest = np.abs(principal).argmax(axis=1)
        principal = principal * np.sign(principal[np.arange(3), largest])[:, None]
        axes, order = symmetry_axes(operations)
        if len(axes) == 0:
            frame = principal[[1, 2, 0]]
        else:
            highest = np.flatnonzero(order == order.max())
            # Of several alike, the one most looked along.
            along = np.abs(axes[highest] @ principal[0])
            z = axes[highest[int(np.argmax(np.round(along, 6)))]]
            level = np.flatnonzero(np.abs(axes @ z) < _TIE)
            # A twofold axis across, where there is one, points to the right.
            x = axes[level[0]] if len(level) else principal[np.argmin(np.abs(principal @ z))]
            x = x - (x @ z) * z
            x /= np.linalg.norm(x)
            frame = np.stack([x, np.cross(z, x), z])
        if np.linalg.det(frame) < 0:
            frame = frame * np.array([[1.0], [-1.0], [1.0]])
        copies = frame @ operations @ frame.T
        return cls(frame, copies, _inner_direction(copies))

    def folded(self, directions: DoubleArray) -> DoubleArray:
        """The copy of each direction, or of its opposite, in the unit that is drawn.

        Parameters
        ----------
        directions : float64 (M, 3)
            Unit vectors in the frame of the map; NaN stays NaN.

        Returns
        -------
        float64 (M, 3)
            In the frame that is drawn.
        """
        return self._into_unit(np.asarray(directions, dtype=np.float64) @ self.frame.T)

    def _into_unit(self, drawn: DoubleArray) -> DoubleArray:
        images = np.einsum("gij,mj->gmi", self.copies, drawn)
        images = np.concatenate([images, -images])
        height = images[..., 2]
        leads = height >= height.max(axis=0) - _TIE
        score = np.where(leads, images @ self.towards, -np.inf)
        best = np.argmax(np.nan_to_num(score, nan=-np.inf), axis=0)
        return images[best, np.arange(len(drawn))]

    @property
    def is_whole(self) -> bool:
        """Whether the unit is the half sphere itself."""
        return len(self.copies) == 1

    @cached_property
    def outline(self) -> DoubleArray:
        """float64 (P, 2): the edge of the unit on the disc, a closed line."""
        around = np.linspace(0, 2 * np.pi, 361)
        if self.is_whole:
            return np.stack([np.cos(around), np.sin(around)], axis=1)
        many = self._into_unit(_spread(2_000))
        middle = many.mean(axis=0)
        middle /= np.linalg.norm(middle)
        side = np.cross(middle, np.eye(3)[np.argmin(np.abs(middle))])
        side /= np.linalg.norm(side)
        up = np.cross(middle, side)
        away = np.cos(around)[:, None] * side + np.sin(around)[:, None] * up
        low, high = np.zeros(len(around)), np.full(len(around), np.pi / 2)
        for _ in range(24):
            angle = (low + high) / 2
            at = np.cos(angle)[:, None] * middle + np.sin(angle)[:, None] * away
            inside = np.abs(self._into_unit(at) - at).max(axis=1) < 1e-5
            low, high = np.where(inside, angle, low), np.where(inside, high, angle)
        return on_disc(np.cos(low)[:, None] * middle + np.sin(low)[:, None] * away)

    def axes(self) -> tuple[DoubleArray, IntArray]:
        """Where the symmetry axes pierce the half sphere, and their orders.

        Returns
        -------
        float64 (A, 2), int64 (A,)
            Points of the disc; an axis in its rim is at both ends of a diameter.
        """
        axes, order = symmetry_axes(self.copies)
        both = np.concatenate([axes, -axes])
        shown = both[:, 2] > -_TIE
        return on_disc(both[shown]), np.concatenate([order, order])[shown]


def symmetry_axes(operations: DoubleArray) -> tuple[DoubleArray, IntArray]:
    """Axes of a group of rotations, and the order of each.

    Parameters
    ----------
    operations : float64 (G, 3, 3)

    Returns
    -------
    float64 (A, 3), int64 (A,)
        A unit vector for each axis, those of high order first.
    """
    found: list[DoubleArray] = []
    counts: list[int] = []
    for operation in operations:
        if np.trace(operation) > 3 - 1e-6:
            continue
        axis = _axis_of(operation)
        for number, known in enumerate(found):
            if abs(known @ axis) > 1 - 1e-4:
                counts[number] += 1
                break
        else:
            found.append(axis)
            counts.append(1)
    axes, order = np.array(found).reshape(-1, 3), np.array(counts, dtype=np.int64) + 1
    first = np.argsort(-order, kind="stable")
    return axes[first], order[first]


def _axis_of(operation: DoubleArray) -> DoubleArray:
    """The direction that a rotation leaves; of the two, its last large part is positive."""
    _, _, rows = np.linalg.svd(operation - np.eye(3))
    axis: DoubleArray = rows[-1]
    last = [part for part in axis if abs(part) > 1e-6][-1]
    return axis * np.sign(last)


def _inner_direction(copies: DoubleArray) -> DoubleArray:
    """A direction across that is far from its copies, and points up and right if it can."""
    keeps = np.abs(np.abs(copies[:, 2, 2]) - 1) < 1e-6
    angle = np.deg2rad(np.arange(45.0, 405.0, 1.0))
    across = np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], axis=1)
    # Those that turn the disc in itself: about its axis, or over and through the middle.
    turns = [copy * np.sign(copy[2, 2]) for copy in copies[keeps]]
    turns = [turn for turn in turns if np.abs(turn[:2, :2] - np.eye(2)).max() > 1e-6]
    if not turns:
        return np.zeros(3)
    apart = np.min([np.linalg.norm(across @ turn.T - across, axis=1) for turn in turns], axis=0)
    best = int(np.flatnonzero(apart > 0.9 * apart.max())[0])
    return across[best]


def _spread(n: int) -> DoubleArray:
    z = (np.arange(n) + 0.5) / n
    angle = np.pi * (3.0 - np.sqrt(5.0)) * np.arange(n)
    radius = np.sqrt(1.0 - z**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)
