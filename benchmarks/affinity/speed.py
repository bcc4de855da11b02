"""Speed of the search: the whole affinity and its exhaustive kernel, beside their floor."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

import rebalance
from benchmarks.affinity import accuracy
from benchmarks.affinity.known_motions import known_stack
from benchmarks.affinity.matrix_product_rate import cgemm_rate
from benchmarks.results_table import Row, row
from rebalance.imaging.polar import PolarGrid
from rebalance.kernels.coarse_cpu import ORDERS, RINGS, search
from rebalance.kernels.lane_fft_cpu import LANES, POINTS
from rebalance.metrics.search_options import SearchOptions, resolve_search

SHIFTS_ONE_PIXEL = 317
"""Whole-pixel shifts in a disc of 10 px: the exhaustive search that the floor counts."""


def options_of(box: int, max_shift: float, center: bool = True) -> dict[str, str]:
    """R = 54, k_max = 0.25 at 128 px, in proportion at other boxes; plain correlation."""
    return {
        "whitening": "0",
        "center": str(center),
        "mask_diameter": f"{108 * box / 128}px",
        "low_pass": f"{4 * box / 128}px",
        "max_shift": f"{max_shift}px",
    }


def floor_operations(grid: PolarGrid, pairs: int) -> float:
    """Real operations of an exhaustive search on a 1-pixel disc, matrix products alone."""
    k = np.ceil(2 * grid.radius * grid.k_high)
    m = np.ceil(2 * np.pi * grid.radius * grid.k_high)
    return float(8.0 * k * m * SHIFTS_ONE_PIXEL * pairs)


def timed(call: Any, repeats: int = 3) -> tuple[float, Any]:
    """The shortest of several runs, and the result of the last."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - began)
    return min(seconds), result


def tile_kernel(n_shifts: int = 37) -> Row:
    """The exhaustive kernel alone, in the shape in which the search runs it."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(2, ORDERS, RINGS, LANES)).astype(np.float32)
    b = rng.normal(size=(2, n_shifts, ORDERS, RINGS)).astype(np.float32)
    best = np.empty((2, POINTS, LANES), np.float32)
    best_shift = np.empty((2, POINTS, LANES), np.int32)
    search(a[0], a[1], b[0], b[1], n_shifts, best, best_shift)
    seconds, _ = timed(lambda: search(a[0], a[1], b[0], b[1], n_shifts, best, best_shift), 50)
    rate = 8.0 * RINGS * ORDERS * n_shifts * LANES / seconds
    shaped = cgemm_rate(LANES, RINGS, n_shifts, 1)
    return row(
        f"exhaustive tile kernel, 1 thread: products of {LANES}×{RINGS} by "
        f"{RINGS}×{n_shifts}, {POINTS} angles (FFT and maximum in its time)",
        f"{rate / 1e9:.1f} GF/s",
        ceiling=f"{shaped / 1e9:.1f} GF/s (cgemm of that shape)",
        ratio=rate / shaped,
        target="≥ 0.70",
        met=rate / shaped >= 0.7,
    )


def whole_affinity(
    n: int, box: int, max_shift: float, threads: int, device: str, center: bool
) -> tuple[list[Row], float]:
    """Time, floor, accuracy and recovery of one stack; seconds a pair."""
    stack = known_stack(n, box)
    options = options_of(box, max_shift, center)

    def compute(count: int = threads) -> rebalance.Affinity:
        return rebalance.affinity(
            stack.averages, "rotational-cc", options=options, threads=count, device=device
        )

    compute()
    seconds, affinity = timed(compute)
    found = resolve_search(stack.averages, SearchOptions.model_validate(options))
    pairs = n * (n - 1) // 2
    large = cgemm_rate(2048, 2048, 2048, threads, seconds=1.0)
    floor = floor_operations(found.grid, pairs) / large
    rows = [
        row(
            f"affinity of {n} averages of {box} px, ±{max_shift:g} px, mirrors, "
            f"{threads} thread(s), {device}",
            f"{seconds:.2f} s ({seconds / pairs * 1e6:.1f} µs a pair)",
            ceiling=f"{large / 1e9:.0f} GF/s (cgemm 2048³)",
            target="< 2 s" if (n, box) == (400, 128) else "",
            met=seconds < 2 if (n, box, device) == (400, 128, "cpu") else None,
        ),
        row(
            "… over exhaustive matrix products on a 1-pixel disc at the ceiling",
            f"{seconds:.2f} s",
            ceiling=f"{floor:.2f} s",
            ratio=seconds / floor,
            target="≤ 0.33",
            met=seconds / floor <= 1 / 3,
        ),
    ]
    if threads > 1 and device == "cpu":
        one, _ = timed(lambda: compute(1))
        gemm = large / cgemm_rate(2048, 2048, 2048, 1, seconds=1.0)
        scaling = one / seconds / gemm
        rows.append(
            row(
                f"scaling 1 → {threads} threads over that of cgemm",
                f"{one / seconds:.2f}",
                ceiling=f"{gemm:.2f}",
                ratio=scaling,
                target="≥ 0.90",
                met=scaling >= 0.9,
            )
        )
    return rows + accuracy.of_known_motions(stack, affinity, found), seconds / pairs
