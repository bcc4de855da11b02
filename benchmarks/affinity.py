"""Speed and accuracy of the affinity, each row beside its target and this machine's ceiling.

    python -m benchmarks.affinity
    python -m benchmarks.affinity --averages 1000 --threads 1 --json results.json

The stack is 100 real class averages and noisy copies of them of known motion (benchmarks/stack.py).
Speed and accuracy are those of the same run; ceilings are measured in the same run.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

import rebalance
from benchmarks import accuracy, card, peers
from benchmarks.ceiling import cgemm_rate
from benchmarks.stack import DATA, known_stack
from rebalance.engine.local import default_threads
from rebalance.imaging.polar import PolarGrid
from rebalance.kernels.coarse_cpu import ORDERS, RINGS, search
from rebalance.kernels.lane_fft_cpu import LANES, POINTS
from rebalance.metrics.search_options import SearchOptions, resolve_search

Row = dict[str, Any]

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
    return {
        "what": f"exhaustive tile kernel, 1 thread: products of {LANES}×{RINGS} by "
        f"{RINGS}×{n_shifts}, {POINTS} angles (FFT and maximum in its time)",
        "measured": f"{rate / 1e9:.1f} GF/s",
        "ceiling": f"{shaped / 1e9:.1f} GF/s (cgemm of that shape)",
        "ratio": rate / shaped,
        "target": "≥ 0.70",
        "met": rate / shaped >= 0.7,
    }


def whole_affinity(
    n: int, box: int, max_shift: float, threads: int, device: str, center: bool
) -> list[Row]:
    """Time, floor, accuracy and recovery of one stack."""
    stack = known_stack(n, box)
    options = options_of(box, max_shift, center)

    def compute(count: int = threads) -> rebalance.Affinity:
        return rebalance.affinity(stack.averages, options=options, threads=count, device=device)

    compute()
    seconds, affinity = timed(compute)
    found = resolve_search(stack.averages, SearchOptions.model_validate(options))
    grid = found.grid
    pairs = n * (n - 1) // 2
    large = cgemm_rate(2048, 2048, 2048, threads, seconds=1.0)
    floor = floor_operations(grid, pairs) / large
    rows = [
        {
            "what": f"affinity of {n} averages of {box} px, ±{max_shift:g} px, mirrors, "
            f"{threads} thread(s), {device}",
            "measured": f"{seconds:.2f} s ({seconds / pairs * 1e6:.1f} µs a pair)",
            "ceiling": f"{large / 1e9:.0f} GF/s (cgemm 2048³)",
            "ratio": None,
            "target": "< 2 s" if (n, box) == (400, 128) else "",
            "met": seconds < 2 if (n, box, device) == (400, 128, "cpu") else None,
        },
        {
            "what": "… over exhaustive matrix products on a 1-pixel disc at the ceiling",
            "measured": f"{seconds:.2f} s",
            "ceiling": f"{floor:.2f} s",
            "ratio": seconds / floor,
            "target": "≤ 0.33",
            "met": seconds / floor <= 1 / 3,
        },
    ]
    if threads > 1 and device == "cpu":
        one, _ = timed(lambda: compute(1))
        gemm = large / cgemm_rate(2048, 2048, 2048, 1, seconds=1.0)
        scaling = one / seconds / gemm
        rows.append(
            {
                "what": f"scaling 1 → {threads} threads over that of cgemm",
                "measured": f"{one / seconds:.2f}",
                "ceiling": f"{gemm:.2f}",
                "ratio": scaling,
                "target": "≥ 0.90",
                "met": scaling >= 0.9,
            }
        )
    for what, share in accuracy.recovered(stack, affinity).items():
        rows.append(
            {
                "what": f"known motions of {n - 100} copies: {what}",
                "measured": f"{share:.1%}",
                "ceiling": "",
                "ratio": share,
                "target": "≥ 0.99",
                "met": share >= 0.99,
            }
        )
    missed = accuracy.misses(stack, affinity, found)
    if missed:
        shared = sum(miss.is_shared for miss in missed)
        nearest = min(miss.reference - miss.at_true for miss in missed)
        rows.append(
            {
                "what": "… missed shifts for which the reference prefers the same motion "
                "to the true one",
                "measured": f"{shared} of {len(missed)}",
                "ceiling": f"its correlation there is at least {nearest:.4f} higher",
                "ratio": None,
                "target": "",
                "met": None,
            }
        )
    return rows


def against_reference(stack_name: str, averages: rebalance.ClassAverages, count: int) -> list[Row]:
    """Plain correlation and that of the default options against the reference, random pairs."""
    used = averages.subset(~averages.is_empty)
    rows = []
    for what, options in (
        ("plain correlation", SearchOptions(whitening=0.0)),
        ("default options", SearchOptions()),
    ):
        affinity = rebalance.affinity(used, options=options)
        found = resolve_search(used, options)
        pairs = accuracy.random_pairs(len(used), count)
        error = np.abs(accuracy.errors(used, affinity, found, pairs))
        worst, median = float(error.max()), float(np.median(error))
        rows.append(
            {
                "what": f"affinity − reference, {stack_name}, {len(error)} pairs, {what}",
                "measured": f"largest {worst:.4f}, median {median:.4f}",
                "ceiling": "",
                "ratio": None,
                "target": "≤ 0.005, ≤ 0.001",
                "met": worst <= 0.005 and median <= 0.001,
            }
        )
    return rows


def plain_peer(n_pairs: int, box: int, max_shift: float, per_pair: float) -> Row:
    """SciPy's rotation and FFT correlation on the same stack."""
    stack = known_stack(100, box)
    options = SearchOptions.model_validate(options_of(box, max_shift))
    found = resolve_search(stack.averages, options)
    _, seconds = peers.rotate_and_correlate(
        stack.averages.images, found, accuracy.random_pairs(100, n_pairs)
    )
    return {
        "what": "plain NumPy/SciPy: 180 rotations of each hand, whole-pixel shifts, a pair",
        "measured": f"{seconds * 1e3:.0f} ms",
        "ceiling": "",
        "ratio": seconds / per_pair,
        "target": "",
        "met": None,
    }


def aspire_peer(python: Path | None, box: int, max_shift: float, per_pair: float) -> Row:
    """ASPIRE's brute-force alignment of two noisy copies to the stack."""
    row: Row = {
        "what": "ASPIRE `BFTAverager2D`: 360 angles, both hands, whole-pixel shifts, a pair",
        "measured": "not installed: name an interpreter that has ASPIRE by --aspire-python",
        "ceiling": "",
        "ratio": None,
        "target": "",
        "met": None,
    }
    if python is None:
        return row
    stack = known_stack(102, box)
    search = resolve_search(
        stack.averages, SearchOptions.model_validate(options_of(box, max_shift))
    )
    values, seconds = peers.aspire(python, stack.averages.images, search, 2, default_threads())
    values[[0, 1], [100, 101]] = -np.inf
    right = int(np.sum(stack.source[values.argmax(axis=1)] == stack.source[100:]))
    return row | {
        "measured": f"{seconds * 1e3:.0f} ms of processor time ({right} of 2 copies nearest to "
        "their source)",
        "ratio": seconds / (per_pair * default_threads()),
    }


_FRESH = """
import sys, time
import numpy as np
from benchmarks.stack import known_stack
from benchmarks.affinity import options_of
stack = known_stack(int(sys.argv[1]))
began = time.perf_counter()
import rebalance
rebalance.affinity(stack.averages, options=options_of(128, 10.0))
first = time.perf_counter() - began
began = time.perf_counter()
rebalance.affinity(stack.averages, options=options_of(128, 10.0))
print(first - (time.perf_counter() - began))
"""


def first_calls() -> list[Row]:
    """What compilation costs the first process ever, and loading it the next."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for what, limit in (("first call ever", 15.0), ("first call of a later process", 1.0)):
            over = float(
                subprocess.run(
                    [sys.executable, "-c", _FRESH, "100"],
                    env={**os.environ, "NUMBA_CACHE_DIR": folder},
                    check=True,
                    capture_output=True,
                    text=True,
                ).stdout
            )
            rows.append(
                {
                    "what": f"{what}, over the warm time",
                    "measured": f"{over:.2f} s",
                    "ceiling": "",
                    "ratio": None,
                    "target": f"< {limit:g} s",
                    "met": over < limit,
                }
            )
    return rows


_SCALE = """
import resource, sys, time
import rebalance
from benchmarks.stack import known_stack
from benchmarks.affinity import options_of
stack = known_stack(int(sys.argv[1]))
rebalance.affinity(stack.averages.subset(range(8)), options=options_of(128, 10.0))
began = time.perf_counter()
rebalance.affinity(stack.averages, options=options_of(128, 10.0))
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
"""


def scale(large: int = 2000) -> list[Row]:
    """Memory at large N, and how the time grows with N."""
    per_pair, memory = {}, 0.0
    for n in (400, large):
        out = subprocess.run(
            [sys.executable, "-c", _SCALE, str(n)], check=True, capture_output=True, text=True
        ).stdout.split()
        per_pair[n] = float(out[0]) / (n * (n - 1) / 2)
        memory = float(out[1])
    growth = per_pair[large] / per_pair[400]
    return [
        {
            "what": f"peak resident memory of the process, N = {large}, 128 px",
            "measured": f"{memory:.0f} MB",
            "ceiling": "",
            "ratio": None,
            "target": "< 800 MB",
            "met": memory < 800,
        },
        {
            "what": f"time a pair at N = {large} over that at N = 400",
            "measured": f"{per_pair[large] * 1e6:.1f} µs",
            "ceiling": f"{per_pair[400] * 1e6:.1f} µs",
            "ratio": growth,
            "target": "0.85 … 1.15",
            "met": 0.85 <= growth <= 1.15,
        },
    ]


def main(
    averages: Annotated[int, typer.Option(help="N of the stack.")] = 400,
    box: Annotated[int, typer.Option(help="Side of the images, pixels.")] = 128,
    shifts: Annotated[float, typer.Option(help="Largest shift, pixels.")] = 10.0,
    threads: Annotated[int, typer.Option(help="Threads.")] = default_threads(),
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    center: Annotated[bool, typer.Option(help="Centre the objects first, as by default.")] = True,
    pairs: Annotated[int, typer.Option(help="Pairs held against the reference.")] = 40,
    aspire_python: Annotated[
        Path | None, typer.Option(help="An interpreter with ASPIRE installed, to time it.")
    ] = None,
    quick: Annotated[bool, typer.Option(help="Leave out peers, large N and first calls.")] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Results to keep.")] = None,
) -> None:
    """Print every row of the targets."""
    rows = [tile_kernel()]
    rows += whole_affinity(averages, box, shifts, threads, device, center)
    per_pair = float(rows[1]["measured"].split("(")[1].split()[0]) * 1e-6
    ribosomes = known_stack(100, 96).averages
    rows += against_reference("slicem_ribosomes", ribosomes, pairs)
    relion = rebalance.read(DATA / "relion31_70s").class_averages
    if relion is not None:
        rows += against_reference("relion31_70s", relion, pairs)
    if not quick:
        rows.append(plain_peer(3, box, shifts, per_pair))
        rows.append(aspire_peer(aspire_python, box, shifts, per_pair))
        rows += first_calls()
        rows += scale()
    rows += card.rows(box, shifts)
    show(rows)
    if json_file is not None:
        record = {"machine": machine(), "rows": rows}
        json_file.write_text(json.dumps(record, indent=2, ensure_ascii=False, default=bool) + "\n")


def show(rows: list[Row]) -> None:
    """The rows as a table."""
    table = Table("what", "measured", "ceiling", "ratio", "target", "", box=None)
    for row in rows:
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        met = {None: "", True: "met", False: "missed"}[
            row["met"] if row["met"] is None else bool(row["met"])
        ]
        table.add_row(row["what"], row["measured"], row["ceiling"], ratio, row["target"], met)
    Console(width=150).print(table)


def machine() -> dict[str, str]:
    """The command, the machine and the versions, for a record."""
    # Where ASPIRE is installed is this machine's own affair.
    words = [
        "PYTHON" if before == "--aspire-python" else word for before, word in pairwise(sys.argv)
    ]
    return {
        "command": " ".join(["python", "-m", f"benchmarks.{Path(sys.argv[0]).stem}", *words]),
        "processor": _processor(),
        "processors": str(os.cpu_count()),
        "python": platform.python_version(),
        "rebalance": rebalance.__version__,
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


if __name__ == "__main__":
    typer.run(main)
