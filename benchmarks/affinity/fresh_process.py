"""What a process of its own costs: compilation at first, memory and time at large N."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from benchmarks.results_table import Row, row

_FRESH = """
import sys, time
import numpy as np
from benchmarks.affinity.known_motions import known_stack
from benchmarks.affinity.speed import options_of
stack = known_stack(int(sys.argv[1]))
began = time.perf_counter()
import rebalance
rebalance.affinity(stack.averages, "rotational-cc", options=options_of(128, 10.0))
first = time.perf_counter() - began
began = time.perf_counter()
rebalance.affinity(stack.averages, "rotational-cc", options=options_of(128, 10.0))
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
                row(
                    f"{what}, over the warm time",
                    f"{over:.2f} s",
                    target=f"< {limit:g} s",
                    met=over < limit,
                )
            )
    return rows


_SCALE = """
import resource, sys, time
import numpy as np
import rebalance
from benchmarks.affinity.known_motions import known_stack
from benchmarks.affinity.speed import options_of
stack = known_stack(int(sys.argv[1]))
few = stack.averages.subset(np.arange(8))
rebalance.affinity(few, "rotational-cc", options=options_of(128, 10.0))
began = time.perf_counter()
rebalance.affinity(stack.averages, "rotational-cc", options=options_of(128, 10.0))
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
        row(
            f"peak resident memory of the process, N = {large}, 128 px",
            f"{memory:.0f} MB",
            target="< 800 MB",
            met=memory < 800,
        ),
        row(
            f"time a pair at N = {large} over that at N = 400",
            f"{per_pair[large] * 1e6:.1f} µs",
            ceiling=f"{per_pair[400] * 1e6:.1f} µs",
            ratio=growth,
            target="0.85 … 1.15",
            met=0.85 <= growth <= 1.15,
        ),
    ]
