"""Everything that needs a CUDA GPU, in one command of under eight minutes.

    python -m benchmarks.gpu
    python -m benchmarks.gpu --json benchmarks/results/gpu.json

It runs the tests of the CUDA kernels (`tests/cuda`, `tests/kernels`), compares an affinity at the
defaults and one with ±10 px with those of the CPU, times them for 5,000 averages, and the coarse
search alone beside the GPU's float32 rate. Where there is no GPU, one row says so.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import rebalance
from benchmarks.affinity.known_motions import known_stack
from benchmarks.affinity.settings import DEFAULTS, FAR_PLAIN, SETTINGS
from benchmarks.paths import ROOT
from benchmarks.results_table import Row, keep, row, show
from rebalance.engine.device import cuda_problem

CHAINS = 8
"""Independent chains of fused multiply–adds a thread, enough to fill its pipeline."""

TESTS = ("tests/cuda/test_agreement.py", *sorted(
    str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "kernels").glob("test_*_cuda.py")
))  # fmt: skip
MOST_SECONDS = 300
"""For the tests; what follows them takes less than the rest of eight minutes."""


def rows(box: int = 128, averages: int = 5000) -> list[Row]:
    """Accuracy and speed on the GPU, or one row that says why there are none."""
    if problem := cuda_problem():
        return [row("CUDA rows", f"not measured: {problem}")]
    found = [row for setting in (DEFAULTS, FAR_PLAIN) for row in _affinity(averages, box, setting)]
    return [*found, _exhaustive()]


def tests_row() -> Row:
    """The tests of the CUDA kernels, in a process of their own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", *TESTS]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=MOST_SECONDS
        )
    except subprocess.TimeoutExpired:
        return row(
            "tests of the CUDA kernels", f"not done in {MOST_SECONDS} s", target="pass", met=False
        )
    last = done.stdout.strip().rpartition("\n")[2].strip("= ")
    passed = re.search(r"(\d+) passed", last)
    return row(
        "tests of the CUDA kernels",
        last,
        target="pass",
        met=done.returncode == 0 and passed is not None,
    )


def _affinity(n: int, box: int, setting: str) -> list[Row]:
    stack = known_stack(n, box)
    options = SETTINGS[setting]
    some = stack.averages.subset(np.arange(min(n, 200)))
    cpu = rebalance.affinity(some, "rotational-cc", options=options, device="cpu")
    on_gpu = rebalance.affinity(some, "rotational-cc", options=options, device="cuda")
    apart = float(np.abs(cpu.values - on_gpu.values).max())
    began = time.perf_counter()
    rebalance.affinity(stack.averages, "rotational-cc", options=options, device="cuda")
    seconds = time.perf_counter() - began
    return [
        row(
            f"affinity of {n} averages of {box} px, on the GPU: {setting}",
            f"{seconds:.2f} s",
            target="< 10 s" if n == 5000 else "",
            met=seconds < 10 if n == 5000 else None,
        ),
        row(
            f"largest difference from the CPU, {len(some)} averages: {setting}",
            f"{apart:.1e}",
            target="≤ 1e-4",
            met=apart <= 1e-4,
        ),
    ]


def _exhaustive(columns: int = 256, n_rows: int = 2048, n_shifts: int = 37) -> Row:
    """`coarse_cuda.search` alone: its matrix products over the float32 rate of the GPU."""
    from numba import cuda

    from rebalance.kernels.coarse_cpu import ORDERS, RINGS
    from rebalance.kernels.coarse_cuda import ROWS, SEARCH_THREADS, search
    from rebalance.kernels.correlation_cpu import PEAKS

    rng = np.random.default_rng(0)
    size = RINGS * ORDERS
    a, b = (
        [cuda.to_device(rng.normal(size=count * size).astype(np.float32)) for _ in range(2)]
        for count in (n_rows, columns * n_shifts)
    )
    shape = (columns, n_rows, PEAKS)
    value, place = cuda.device_array(shape, np.float32), cuda.device_array(shape, np.int32)
    detail = cuda.to_device(np.zeros(n_rows + columns, np.float32))

    def launch() -> None:
        # All columns lie to the right of all rows.
        search[((n_rows + ROWS - 1) // ROWS, columns), SEARCH_THREADS](
            *a, *b, n_rows, n_shifts, 0, n_rows, 2, detail, np.float32(0.5), value, place
        )

    rate = 8.0 * size * n_shifts * n_rows * columns / _seconds(launch)
    ceiling = float32_rate()
    return row(
        f"exhaustive kernel alone on the GPU: {n_rows}×{columns} pairs, {n_shifts} shifts, "
        "matrix products only (FFT and maximum in its time)",
        f"{rate / 1e12:.2f} TF/s",
        ceiling=f"{ceiling / 1e12:.1f} TF/s (float32 multiply–adds)",
        ratio=rate / ceiling,
        target="≥ 0.15",
        met=rate / ceiling >= 0.15,
    )


def float32_rate(blocks: int = 4096, threads: int = 256, turns: int = 4096) -> float:
    """Real float32 operations per second of this GPU, by chains of fused multiply–adds."""
    from numba import cuda, float32

    @cuda.jit(fastmath={"contract"})
    def chains(out: Any, factor: np.float32, turns: int) -> None:
        held = cuda.local.array(CHAINS, float32)
        for chain in range(CHAINS):
            held[chain] = np.float32(chain)
        for _ in range(turns):
            for chain in range(CHAINS):
                held[chain] = held[chain] * factor + factor
        total = np.float32(0.0)
        for chain in range(CHAINS):
            total += held[chain]
        out[cuda.grid(1)] = total  # type: ignore[call-arg]

    out = cuda.device_array(blocks * threads, np.float32)
    seconds = _seconds(lambda: chains[blocks, threads](out, np.float32(0.999), turns))
    return 2.0 * CHAINS * turns * blocks * threads / seconds


def _seconds(launch: Any, repeats: int = 5) -> float:
    """Shortest time of a launch, by the GPU's own clock."""
    from numba import cuda

    launch()
    cuda.synchronize()
    best = np.inf
    for _ in range(repeats):
        start, stop = cuda.event(), cuda.event()
        start.record()
        launch()
        stop.record()
        stop.synchronize()
        best = min(best, cuda.event_elapsed_time(start, stop) * 1e-3)
    return float(best)


def main(
    averages: Annotated[int, typer.Option(help="N of the stack.")] = 5000,
    box: Annotated[int, typer.Option(help="Side of the images, pixels.")] = 128,
    json_file: Annotated[Path | None, typer.Option("--json", help="Results to keep.")] = None,
) -> None:
    """Run the tests, and print what was measured."""
    found = [] if cuda_problem() else [tests_row()]
    found += rows(box, averages=averages)
    show(found)
    keep(found, json_file)


if __name__ == "__main__":
    typer.run(main)
