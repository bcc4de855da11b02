"""Where the time of one affinity goes at the defaults, phase by phase, beside the floor.

    python -m benchmarks.affinity.phases
    python -m benchmarks.affinity.phases --json benchmarks/results/affinity_phases.json

Processor time of one thread, the least of several runs of each phase, so that what else the
machine does counts little. The floor is that of `benchmarks.affinity`, at the rate of one thread,
measured before and after the phases.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import rebalance
from benchmarks.affinity.floor import floor_operations
from benchmarks.affinity.known_motions import known_stack
from benchmarks.affinity.settings import DEFAULTS, SETTINGS
from benchmarks.affinity.speed import search_of
from benchmarks.results_table import Row, keep, row, show
from rebalance.blas import single_threaded
from rebalance.engine.schedule import tiles
from rebalance.engine.threads import use_threads
from rebalance.kernels import small_disc_cpu
from rebalance.kernels.compile import jit
from rebalance.kernels.lane_fft_cpu import LANES, POINT, SIGNALS
from rebalance.kernels.small_disc_cpu import correlate, shift_orders
from rebalance.kernels.tops_cpu import MOST, find_peaks, highest_angle, highest_shift, peak_heights
from rebalance.metrics.disc_features import DiscFeatures, prepare_disc
from rebalance.metrics.rotational_cc import RotationalCC
from rebalance.metrics.search_options import AUTO_RINGS

COLUMNS_SHIFTED, CORRELATED, PEAKS_FOUND = 1, 2, 3
"""How far `_search` goes."""


def least(call: Callable[[], Any], repeats: int) -> float:
    """Shortest processor time of several runs, seconds."""
    seconds = []
    for _ in range(repeats):
        began = time.process_time()
        call()
        seconds.append(time.process_time() - began)
    return min(seconds)


def product_rate(rows: int = 400, columns: int = 3600, repeats: int = 20) -> float:
    """Real operations per second of processor time, complex64 matrix product, one thread."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(rows, AUTO_RINGS)).astype(np.complex64)
    b = rng.normal(size=(AUTO_RINGS, columns)).astype(np.complex64)
    out = np.empty((rows, columns), dtype=np.complex64)
    np.matmul(a, b, out=out)
    seconds = least(lambda: np.matmul(a, b, out=out), repeats)
    return 8.0 * rows * AUTO_RINGS * columns / seconds


@jit
def _search(
    orders: Any, first_ring: Any, kernel: Any, source: Any, twiddles: Any, place: Any, hands: int,
    corners: Any, until: int,
) -> None:  # fmt: skip
    """`small_disc_cpu.align_tile` on many tiles up to a phase, nothing kept.

    Parameters
    ----------
    corners : int64 (tiles, 4)
        First and last row, first and last column.
    until : int
        The last phase.
    """
    n_orders, n_rings = orders.shape[1], orders.shape[2]
    n_shifts, size = kernel.shape[0], len(place) * POINT
    pitch = size + 5 * LANES
    b = np.empty((LANES, n_shifts, n_orders, n_rings, 2), dtype=np.float32)
    values = np.empty(n_shifts * pitch, dtype=np.float32)
    spectrum = np.zeros((n_orders + 1) * 8 * LANES, dtype=np.float32)
    signals = np.empty(SIGNALS, dtype=np.float32)
    scratch = np.empty(SIGNALS, dtype=np.float32)
    best = np.empty(size, dtype=np.float32)
    top = np.empty(LANES, dtype=np.float32)
    least = np.empty(LANES, dtype=np.float32)
    heights = np.empty(hands * len(place) * LANES, dtype=np.float32)
    words = np.empty(len(heights) // 8, dtype=np.uint64)
    is_high = words.view(np.uint8)
    peak_at = np.empty((LANES, MOST), dtype=np.int64)
    n_peaks = np.empty(LANES, dtype=np.int64)
    flat = orders.reshape(orders.shape[0], n_orders * n_rings * POINT)
    for tile in range(len(corners)):
        row_start, row_stop, column_start, column_stop = corners[tile]
        for column_block in range(column_start // LANES, (column_stop + LANES - 1) // LANES):
            last_column = min(column_stop, (column_block + 1) * LANES)
            if last_column <= row_start + 1:
                continue
            shift_orders(orders[column_block], first_ring, kernel, b)
            if until == COLUMNS_SHIFTED:
                continue
            for block in range(row_start // LANES, (row_stop + LANES - 1) // LANES):
                for j in range(max(column_start, column_block * LANES), last_column):
                    if j <= max(row_start, block * LANES):
                        continue
                    correlate(
                        flat[block], b[j - column_block * LANES], first_ring, source, twiddles,
                        pitch, spectrum, signals, scratch, values,
                    )  # fmt: skip
                    if until == CORRELATED:
                        continue
                    highest_shift(values, pitch, n_shifts, size, best)
                    highest_angle(best, top)
                    peak_heights(best, place, hands, top, least, heights)
                    highest_angle(heights, top)
                    find_peaks(heights, top, is_high, words, peak_at, n_peaks)


def search_until(features: DiscFeatures, corners: np.ndarray, phase: int) -> None:
    """Every tile up to a phase."""
    _search(
        features.orders, features.first_ring, features.kernel, features.source,
        features.twiddles, features.place, 2 if features.mirror else 1, corners, phase,
    )  # fmt: skip


def align_all(features: DiscFeatures, corners: np.ndarray) -> None:
    """Every tile to the end, one after the other."""
    for first, last, left, right in corners.tolist():
        shape = (last - first, right - left)
        small_disc_cpu.align_tile(
            *features.for_kernel, first, last, left, right,
            np.empty(shape, np.float32), np.empty(shape, np.float32),
            np.empty((*shape, 2), np.float32), np.empty(shape, np.bool_),
        )  # fmt: skip


def corners_of(n: int) -> np.ndarray:
    """The tiles of so many averages, int64 (tiles, 4)."""
    return np.array(
        [
            (tile.rows.start, tile.rows.stop, tile.columns.start, tile.columns.stop)
            for tile in tiles(n, RotationalCC.tile_shapes["cpu"])
        ]
    )


def product_operations(features: DiscFeatures) -> float:
    """Real operations a pair of the products that are made, inner rings of high orders left out."""
    rings = features.orders.shape[2] - features.first_ring
    return 8.0 * float(rings.sum()) * features.kernel.shape[0]


def phases(n: int, repeats: int) -> list[Row]:
    """A row for each phase and for their sum."""
    averages = known_stack(n).averages
    search = search_of(averages, DEFAULTS)
    features = prepare_disc(averages.images, search, "cpu")
    corners = corners_of(n)
    pairs = n * (n - 1) // 2
    rate = product_rate()
    align_all(features, corners)
    search_until(features, corners, COLUMNS_SHIFTED)
    found = least(lambda: search_of(averages, DEFAULTS), repeats)
    made = least(lambda: prepare_disc(averages.images, search, "cpu"), repeats)
    until = {
        phase: least(partial(search_until, features, corners, phase), repeats)
        for phase in (COLUMNS_SHIFTED, CORRELATED, PEAKS_FOUND)
    }
    aligned = least(lambda: align_all(features, corners), repeats)
    whole = least(
        lambda: rebalance.affinity(
            averages, "rotational-cc", options=SETTINGS[DEFAULTS], threads=1
        ),
        repeats,
    )
    rate = max(rate, product_rate())
    floor = floor_operations(search.grid) * pairs / rate
    correlated = until[CORRELATED] - until[COLUMNS_SHIFTED]
    named = {
        "finding the centers of the objects": found,
        "masks, polar samples, angular orders, tables": made,
        "shifting the columns": until[COLUMNS_SHIFTED],
        "products and transforms": correlated,
        "best shift, peaks over angles": until[PEAKS_FOUND] - until[CORRELATED],
        "maxima between grid points": aligned - until[PEAKS_FOUND],
        "the rest (hashing, scheduling, assembly)": whole - aligned - made - found,
        "whole affinity": whole,
    }
    rows: list[Row] = [
        row(
            what,
            f"{seconds:.3f} s ({seconds / pairs * 1e6:.2f} µs a pair)",
            ceiling=f"{floor:.3f} s (floor)" if what == "whole affinity" else "",
            ratio=seconds / floor,
        )
        for what, seconds in named.items()
    ]
    speed = product_operations(features) * pairs / correlated
    rows.append(
        row(
            f"products alone, {features.kernel.shape[0]} shifts (time includes transforms)",
            f"{speed / 1e9:.0f} GF/s",
            ceiling=f"{rate / 1e9:.0f} GF/s (cgemm 400×{AUTO_RINGS} by {AUTO_RINGS}×3600)",
            ratio=speed / rate,
        )
    )
    return rows


def main(
    averages: Annotated[int, typer.Option(help="N of the stack.")] = 400,
    repeats: Annotated[int, typer.Option(help="The least of so many runs is taken.")] = 5,
    json_file: Annotated[Path | None, typer.Option("--json", help="Results to keep.")] = None,
) -> None:
    """Print the phases; ratios are of the floor."""
    with use_threads(1), single_threaded():
        rows = phases(averages, repeats)
    show(rows)
    keep(rows, json_file)


if __name__ == "__main__":
    typer.run(main)
