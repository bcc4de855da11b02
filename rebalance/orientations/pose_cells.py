"""Poses summed over small cells of the sphere: millions become few, to be scored many times."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rebalance.kernels.sphere_cpu import FIXED_POINT, sum_over_cells
from rebalance.model import DoubleArray, IntArray
from rebalance.orientations.units import inner_direction

WIDTH = 0.3
"""Degrees of latitude and, approximately, of longitude covered by a cell; less where poses are
crowded.
"""

FEW = 250_000
"""Number of poses, including their copies, up to which they are kept individually."""

_MOST, _MOST_COPIES = 300_000, 500_000
"""Number of cells, including copies, up to which cells are divided further."""

_MOST_PARTS = 8

_MOST_AT_ONCE = 8
"""Threads, each with its own sums."""


@dataclass(frozen=True, eq=False)
class PoseCells:
    """Poses of nearly one direction, modulo a point group and inversion.

    Parameters
    ----------
    view : float64 (C, 3)
        Unit vector: the mean direction of the poses of each cell.
    count : int64 (C,)
        Poses of each.
    cell : int32 (P,)
        Of each particle; −1 without a pose.
    """

    view: DoubleArray
    count: IntArray
    cell: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.count)


def pose_cells(
    direction: DoubleArray, operations: DoubleArray, threads: int = 1, few: int = FEW
) -> PoseCells:
    """Poses by cell; of few, each is its own.

    Opposite views have the same slice of Fourier space, and so have copies under the group: a
    pose is turned into one unit, so that G copies need a share of 1 / 2G of the cells.

    Parameters
    ----------
    direction : float64 (P, 3)
        Unit vectors; NaN for a particle without a pose.
    operations : float64 (G, 3, 3)
    threads : int
        The result doesn't depend on it.
    few : int
        Poses × copies up to which nothing is merged.
    """
    if len(direction) * len(operations) <= few:
        known = np.isfinite(direction).all(axis=1)
        cell = np.where(known, np.cumsum(known) - 1, -1).astype(np.int32)
        view = np.ascontiguousarray(direction[known], dtype=np.float64)
        return PoseCells(view, np.ones(len(view), dtype=np.int64), cell)
    whole = _summed(direction, operations, threads)
    most = min(_MOST, _MOST_COPIES // len(operations))
    parts = min(int(np.sqrt(most / max(len(whole[1]), 1))), _MOST_PARTS)
    fine = _summed(direction, operations, threads, whole[1], parts) if parts > 1 else whole
    among, used, count, total = fine
    number = np.full(used[-1] + 2 if len(used) else 1, -1, dtype=np.int32)
    number[used] = np.arange(len(used))
    view = total / FIXED_POINT
    return PoseCells(view / np.linalg.norm(view, axis=1, keepdims=True), count, number[among])


def _summed(
    direction: DoubleArray,
    operations: DoubleArray,
    threads: int,
    within: IntArray | None = None,
    parts: int = 1,
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """The cell of each pose; the cells that have some; how many; and sums of their directions.

    Parameters
    ----------
    within : int64 (C,), optional
        The cells that have some, where they are known, to be cut into parts × parts.
    """
    steps, first, n_cells = _rings(WIDTH)
    number = np.arange(n_cells)
    if within is not None:
        number[within] = np.arange(len(within))
        n_cells = len(within) * parts**2
    inner = np.einsum("gij,i->gj", operations, inner_direction(operations, antipodal=True))
    cell = np.empty(len(direction), dtype=np.int64)

    def add(rows: slice) -> tuple[IntArray, IntArray]:
        count, total = np.zeros(n_cells, dtype=np.int64), np.zeros((n_cells, 3), dtype=np.int64)
        sum_over_cells(
            np.ascontiguousarray(direction[rows], dtype=np.float64),
            *(operations, inner, steps, first, number, parts, cell[rows], count, total),
        )
        return count, total

    pieces = max(min(threads, _MOST_AT_ONCE), 1)
    edges = np.linspace(0, len(direction), pieces + 1).astype(np.int64)
    with ThreadPoolExecutor(pieces) as pool:
        found = list(pool.map(add, map(slice, edges[:-1], edges[1:])))
    # Sums of whole numbers: their order is all one.
    count = np.sum([part[0] for part in found], axis=0)
    total = np.sum([part[1] for part in found], axis=0)
    used = np.flatnonzero(count)
    return cell, used, count[used], total[used]


def merged(view: DoubleArray, count: IntArray, width: float) -> tuple[DoubleArray, IntArray]:
    """Views summed over coarser cells, so many degrees wide.

    Returns
    -------
    float64 (M, 3), int64 (M,)
    """
    steps, first, n_cells = _rings(width)
    tilt = np.arccos(np.clip(view[:, 2], -1, 1))
    ring = np.minimum((tilt * (len(steps) / np.pi)).astype(np.int64), len(steps) - 1)
    turn = np.arctan2(view[:, 1], view[:, 0]) / (2 * np.pi) % 1.0
    cell = first[ring] + np.minimum((turn * steps[ring]).astype(np.int64), steps[ring] - 1)
    total = np.stack([np.bincount(cell, count * part, n_cells) for part in view.T], axis=1)
    number = np.bincount(cell, count, n_cells).astype(np.int64)
    used = number > 0
    return total[used] / np.linalg.norm(total[used], axis=1, keepdims=True), number[used]


def _rings(width: float) -> tuple[IntArray, IntArray, int]:
    """Cells of each ring of one latitude, the number of its first, and of all."""
    n_rings = round(180 / width)
    middle = (np.arange(n_rings) + 0.5) * np.pi / n_rings
    steps = np.maximum(np.ceil(2 * n_rings * np.sin(middle)), 1).astype(np.int64)
    first = np.cumsum(steps) - steps
    return steps, first, int(steps.sum())
