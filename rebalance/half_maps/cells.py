"""Small patches of directions, and which cones and bands hold, cross or miss each of them.

With them a voxel is compared with the few axes whose rim passes close by, not with all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rebalance.model import BoolArray, DoubleArray, IntArray

_ROUNDING = 1e-6
"""Radians by which a cell is assumed larger than it is."""


@dataclass(frozen=True, eq=False)
class AxesOfCells:
    """Axes by cell, one list after the other.

    Parameters
    ----------
    start : int64 (C + 1,)
        Where the list of each cell begins.
    axis : uint32 (n,)
    """

    start: IntArray
    axis: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, holds: BoolArray) -> AxesOfCells:
        """From a matrix of cells × axes."""
        start = np.concatenate([[0], np.cumsum(holds.sum(axis=1))]).astype(np.int64)
        return cls(start, np.nonzero(holds)[1].astype(np.uint32))


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of the half sphere: squares on the faces x, y, z > 0 of a cube.

    Parameters
    ----------
    side : int
        Along an edge of the cube.
    in_cone, in_band : AxesOfCells
        Those whose cone or band holds the whole cell.
    on_cone, on_band : AxesOfCells
        Those whose rim may cross it.
    """

    side: int
    in_cone: AxesOfCells
    on_cone: AxesOfCells
    in_band: AxesOfCells
    on_band: AxesOfCells


def sort_axes(axes: DoubleArray, cone: float, band: float, side: int) -> Cells:
    """Which axes hold or cross which cells.

    Parameters
    ----------
    axes : float64 (A, 3)
        Unit vectors.
    cone, band : float
        Half-angles in radians.
    side : int
    """
    middle, reach = _patches(side)
    # Cosines of the angle to the axis, or its opposite, are compared: they fall where it grows.
    cosine, reach = np.abs(middle @ axes.T), reach[:, None]
    in_cone = (cosine >= np.cos(np.maximum(cone - reach, 0.0))) & (reach <= cone)
    off_cone = cosine < np.cos(cone + reach)
    in_band = cosine <= np.sin(band - reach)
    off_band = cosine > np.sin(np.minimum(band + reach, np.pi / 2))
    return Cells(
        side,
        AxesOfCells.of(in_cone),
        AxesOfCells.of(~in_cone & ~off_cone),
        AxesOfCells.of(in_band),
        AxesOfCells.of(~in_band & ~off_band),
    )


def _patches(side: int) -> tuple[DoubleArray, DoubleArray]:
    """Middles (C, 3) of the cells in the order of `cell_of`, and their radii in radians."""
    edge = np.linspace(-1.0, 1.0, side + 1)
    centre = (edge[:-1] + edge[1:]) / 2
    u, v = (grid.ravel() for grid in np.meshgrid(centre, centre, indexing="ij"))
    middle = _on_faces(u, v)
    # Of a convex patch, a corner lies farthest from the middle.
    cosine = np.min(
        [
            (middle * _on_faces(u + du / side, v + dv / side)).sum(axis=1)
            for du in (-1, 1)
            for dv in (-1, 1)
        ],
        axis=0,
    )
    return middle, np.arccos(np.clip(cosine, -1.0, 1.0)) + _ROUNDING


def _on_faces(u: DoubleArray, v: DoubleArray) -> DoubleArray:
    one = np.ones_like(u)
    faces = [np.stack(face, axis=1) for face in ((u, v, one), (u, one, v), (one, u, v))]
    points = np.concatenate(faces)
    return points / np.linalg.norm(points, axis=1, keepdims=True)
