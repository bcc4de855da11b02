"""Where the time of one affinity goes, phase by phase, beside the floor.

    python -m benchmarks.affinity.phases
    python -m benchmarks.affinity.phases --json benchmarks/results/affinity_phases.json

Processor time of one thread, the least of several runs of each phase, so that what else the
machine does counts little. The floor is that of `benchmarks.affinity`: matrix products alone of an
exhaustive search on a 1-pixel disc, at the rate of this machine's complex64 matrix product,
measured between the phases.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import rebalance
from benchmarks.affinity.known_motions import known_stack
from benchmarks.affinity.speed import floor_operations, options_of
from benchmarks.results_table import Row, keep, row, show
from rebalance.blas import single_threaded
from rebalance.engine.schedule import tiles
from rebalance.kernels import coarse_cpu, correlation_cpu, refine_cpu
from rebalance.kernels.compile import jit
from rebalance.metrics.rotational_cc import RotationalCC
from rebalance.metrics.search_features import (
    DETAIL_TOLERANCE,
    SearchFeatures,
    directions,
    prepare_features,
)
from rebalance.metrics.search_options import SearchOptions, resolve_search

NO_CLIMB = -1e9
"""A tolerance with which one peak is looked at on the lowest rings, and none at full band."""

OPERATIONS = 2 * 25
"""Real operations of one sample of one evaluation: 25 fused multiply–adds or their like."""


def least(call: Callable[[], Any], repeats: int) -> float:
    """Shortest processor time of several runs, seconds."""
    seconds = []
    for _ in range(repeats):
        began = time.process_time()
        call()
        seconds.append(time.process_time() - began)
    return min(seconds)


def product_rate(size: int = 1024, repeats: int = 20) -> float:
    """Real operations per second of processor time, complex64 matrix product, one thread."""
    a = np.random.default_rng(0).normal(size=(size, size)).astype(np.complex64)
    out = np.empty_like(a)
    with single_threaded():
        np.matmul(a, a, out=out)
        return 8.0 * size**3 / least(lambda: np.matmul(a, a, out=out), repeats)


def align_all(features: SearchFeatures, tolerance: float) -> None:
    """Every tile, one after the other."""
    height, width = RotationalCC.tile_shapes["cpu"]
    for tile in tiles(len(features.detail), (height, width)):
        shape = (len(tile.rows), len(tile.columns))
        correlation_cpu.align_tile(
            *features.for_kernel[:-1], tolerance, tile.rows.start, tile.rows.stop,
            tile.columns.start, tile.columns.stop,
            np.empty(shape, np.float32), np.empty(shape, np.float32),
            np.empty((*shape, 2), np.float32), np.empty(shape, np.bool_),
        )  # fmt: skip


def of_columns(features: SearchFeatures) -> Callable[[], None]:
    """What each column costs once for every block of rows that it meets."""
    n, rings = len(features.detail), features.grid.n_rings
    height = RotationalCC.tile_shapes["cpu"][0]
    real = np.empty((features.shifts.shape[1], coarse_cpu.ORDERS, coarse_cpu.RINGS), np.float32)
    imaginary = np.empty_like(real)
    full, low = (
        np.empty(count * refine_cpu.COMPONENTS * refine_cpu.STRIDE, np.float32)
        for count in (rings, features.low_real.shape[2])
    )

    def run() -> None:
        for first in range(0, n, height):
            for j in range(first + 1, n):
                coarse_cpu.shifted_orders(
                    features.coarse[j], features.shifts, features.n_shifts,
                    features.grid.rings[0], features.grid.spacing, real, imaginary,
                )  # fmt: skip
                for hand in (False, True):
                    refine_cpu.expand_column(
                        features.polar_real[j], features.polar_imaginary[j], hand, full
                    )
                    refine_cpu.expand_column(
                        features.low_real[j], features.low_imaginary[j], hand, low
                    )

    return run


def evaluation(features: SearchFeatures, count: int = 200) -> Callable[[], None]:
    """So many evaluations at full band, of rows one after the other at any rotation."""
    grid = features.grid
    column = np.empty(grid.n_rings * refine_cpu.COMPONENTS * refine_cpu.STRIDE, np.float32)
    refine_cpu.expand_column(features.polar_real[0], features.polar_imaginary[0], False, column)
    ux, uy = directions(grid.n_half)
    steps = np.random.default_rng(0).integers(0, 2 * grid.n_half, count)
    work, out = np.empty(refine_cpu.SCRATCH, np.float32), np.empty(refine_cpu.SUMS)
    k_first, k_step = np.float32(grid.rings[0]), np.float32(grid.spacing)

    def run() -> None:
        _evaluate_each(
            features.polar_real, features.polar_imaginary, column, steps, ux, uy, k_first, k_step,
            work, out,
        )  # fmt: skip

    return run


@jit
def _evaluate_each(
    real: Any, imaginary: Any, column: Any, steps: Any, ux: Any, uy: Any, k_first: int, k_step: int,
    work: Any, out: Any,
) -> None:  # fmt: skip
    """One call from Python for all of them: a call costs as much as an evaluation."""
    for at in range(len(steps)):
        row = at % real.shape[0]
        refine_cpu.evaluate(
            real[row, 0], imaginary[row, 0], column, steps[at], real.shape[2], ux, uy, k_first,
            k_step, np.float32(1.0), np.float32(2.0), work, out,
        )  # fmt: skip


def phases(n: int, repeats: int) -> list[Row]:
    """A row for each phase and for their sum."""
    stack = known_stack(n)
    options = SearchOptions.model_validate(options_of(128, 10.0))
    search = resolve_search(stack.averages, options)
    features = prepare_features(stack.averages.images, search, "cpu")
    pairs = n * (n - 1) // 2
    rate = product_rate()
    floor = floor_operations(search.grid, pairs) / rate
    columns = of_columns(features)
    columns()
    align_all(features, DETAIL_TOLERANCE)
    found = least(lambda: resolve_search(stack.averages, options), repeats)
    made = least(lambda: prepare_features(stack.averages.images, search, "cpu"), repeats)
    laid = least(columns, repeats)
    coarse = least(lambda: align_all(features, NO_CLIMB), repeats)
    aligned = least(lambda: align_all(features, DETAIL_TOLERANCE), repeats)
    whole = least(
        lambda: rebalance.affinity(stack.averages, "rotational-cc", options=options, threads=1),
        repeats,
    )
    count = 200
    evaluate = evaluation(features, count)
    evaluate()
    evaluated = least(evaluate, 10 * repeats) / count
    samples = search.grid.n_rings * search.grid.n_half
    rate = max(rate, product_rate())
    named = {
        "finding the objects' centres": found,
        "masks, polar samples, derivatives": made,
        "columns of tiles: shifted coefficients, circles laid out": laid,
        "coarse search of every pair, and a step of its best peak": coarse - laid,
        "climbs": aligned - coarse,
        "the rest: hashing, handing out, putting in place": whole - aligned - made - found,
        "whole affinity": whole,
    }
    rows: list[Row] = [
        row(
            what,
            f"{seconds:.2f} s ({seconds / pairs * 1e6:.1f} µs a pair)",
            ceiling=f"{floor:.2f} s (floor)" if what == "whole affinity" else "",
            ratio=seconds / floor,
            target="≤ 0.33" if what == "whole affinity" else "",
            met=seconds / floor <= 1 / 3 if what == "whole affinity" else None,
        )
        for what, seconds in named.items()
    ]
    speed = OPERATIONS * samples / evaluated
    rows.append(
        row(
            f"one evaluation at full band: {search.grid.n_rings} rings × "
            f"{search.grid.n_half} angles",
            f"{evaluated * 1e6:.1f} µs, {speed / 1e9:.0f} GF/s",
            ceiling=f"{rate / 1e9:.0f} GF/s (cgemm 1024³)",
            ratio=speed / rate,
        )
    )
    return rows


def main(
    averages: Annotated[int, typer.Option(help="N of the stack.")] = 400,
    repeats: Annotated[int, typer.Option(help="The least of so many runs is taken.")] = 3,
    json_file: Annotated[Path | None, typer.Option("--json", help="Results to keep.")] = None,
) -> None:
    """Print the phases; ratios are of the floor."""
    rows = phases(averages, repeats)
    show(rows)
    keep(rows, json_file)


if __name__ == "__main__":
    typer.run(main)
