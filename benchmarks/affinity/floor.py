"""The floor: what the matrix products of an exhaustive search would take, without all else."""

from __future__ import annotations

import numpy as np

from benchmarks.affinity.matrix_product_rate import cgemm_rate
from benchmarks.results_table import Row, row
from rebalance.imaging.polar import PolarGrid
from rebalance.metrics.search_options import AUTO_RINGS


def whole_pixel_shifts(max_shift: float) -> int:
    """Shifts of an exhaustive search by whole pixels: 9 below 1.5 px, 317 at 10 px."""
    reach = max(max_shift, 1.5)
    step = np.arange(-np.floor(reach), np.floor(reach) + 1)
    return int(np.count_nonzero(np.hypot(step[:, None], step) <= reach))


def floor_operations(grid: PolarGrid) -> float:
    """Real operations a pair, 8 K M for each shift: one product serves both hands.

    K rings and M orders are the fewest that hold the band; the search itself takes more rings.
    """
    # The default band ends at a whole number of rings, up to rounding.
    k, m = np.ceil(np.round(np.array([2, 2 * np.pi]) * grid.radius * grid.k_high, 6))
    return float(8.0 * k * m * whole_pixel_shifts(grid.max_shift))


def floor_rate(threads: int) -> tuple[float, Row]:
    """Real operations per second of products of that shape, and a row that says so.

    An order of 400 averages is 400 × K coefficients, to be multiplied by K × 400 for each shift.
    """
    rate = cgemm_rate(400, AUTO_RINGS, 9 * 400, threads, seconds=1.0)
    square = cgemm_rate(2048, 2048, 2048, threads, seconds=1.0)
    words = f"complex64 matrix product of the floor, 400×{AUTO_RINGS} by {AUTO_RINGS}×3600"
    return rate, row(
        f"{words}, {threads} threads",
        f"{rate / 1e9:.0f} GF/s",
        ceiling=f"{square / 1e9:.0f} GF/s (2048³)",
        ratio=rate / square,
    )
