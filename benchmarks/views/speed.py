"""How fast are views found, and how near is that to the matrix products it is made of?

    python -m benchmarks.views.speed [--threads 2]

Of simulated averages, moderately noisy, in memory, compiled code warm. The floor is the products of
all E-steps at the rate at which this machine does them, one thread each.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from typing import Any

import numpy as np

from benchmarks.paths import RESULTS
from benchmarks.results_table import Row, keep, row, show
from benchmarks.views.sets import Row as SetRow
from benchmarks.views.sets import make
from rebalance import blas
from rebalance.metrics.search_options import SearchOptions, resolve_search
from rebalance.model import ClassAverages
from rebalance.views import expectation
from rebalance.views.estimate import estimate

CASES = (
    ("100 averages, C1", "ribosome", 100, "C1", 2.0),
    ("100 averages, symmetry searched", "ribosome", 100, "auto", None),
    ("100 averages, D2", "beta-galactosidase", 100, "D2", 4.0),
    ("300 averages, C1", "ribosome", 300, "C1", 6.0),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    rows: list[Row] = []
    for what, molecule, n, symmetry, most in CASES:
        averages = make(SetRow("speed", "preferred", "moderate", n), molecule, 70).averages
        find(averages, symmetry, given.threads)
        seconds = min(find(averages, symmetry, given.threads) for _ in range(3))
        floor = products(averages, symmetry) / given.threads
        rows.append(
            row(
                what,
                f"{seconds:.2f} s",
                ceiling=f"products {floor:.2f} s",
                ratio=seconds / floor,
                target="" if most is None else f"≤ {most:g} s",
                met=None if most is None else seconds <= most,
            )
        )
        show(rows[-1:])
    averages = make(SetRow("speed", "preferred", "moderate", 300), "ribosome", 70).averages
    tracemalloc.start()
    find(averages, "C1", given.threads)
    rows.append(
        row("300 averages, peak memory", f"{tracemalloc.get_traced_memory()[1] / 1e6:.0f} MB")
    )
    tracemalloc.stop()
    show(rows)
    keep(rows, RESULTS / "views_speed.json")


def find(averages: ClassAverages, symmetry: str, threads: int) -> float:
    """Wall time of one estimate, seconds."""
    search = resolve_search(averages, SearchOptions())
    began = time.perf_counter()
    estimate(averages, search.grid.radius, search.centre, symmetry=symmetry, threads=threads)
    return time.perf_counter() - began


def products(averages: ClassAverages, symmetry: str) -> float:
    """Seconds that the matrix products of all E-steps take by themselves, on one thread."""
    shapes: list[tuple[int, int, int, int]] = []
    original = expectation.PoseSearch._correlate

    def counted(self: Any, which: Any, real: Any, imaginary: Any) -> Any:
        shapes.append((self.n_half, self.n_rings, len(which), len(self.directions)))
        return original(self, which, real, imaginary)

    expectation.PoseSearch._correlate = counted  # type: ignore[method-assign]
    try:
        find(averages, symmetry, 1)
    finally:
        expectation.PoseSearch._correlate = original  # type: ignore[method-assign]
    total = 0.0
    with blas.single_threaded():
        for shape in set(shapes):
            total += shapes.count(shape) * _once(*shape)
    return total


def _once(n_half: int, n_rings: int, n_images: int, n_directions: int) -> float:
    orders = n_half + 1
    images = np.ones((orders, 2 * n_images, n_rings), dtype=np.float32)
    slices = np.ones((orders, n_rings, n_directions), dtype=np.float32)
    turns = np.ones((2 * n_half, 2 * orders), dtype=np.float32)

    def run() -> None:
        for _ in range(2):
            turns @ np.matmul(images, slices).reshape(2 * orders, -1)

    run()
    times = []
    for _ in range(5):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


if __name__ == "__main__":
    main()
