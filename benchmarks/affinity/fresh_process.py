"""What a process of its own costs: compilation at first, memory and time of a large stack."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from benchmarks.affinity.settings import DEFAULTS
from benchmarks.affinity.speed import Timing, search_of
from benchmarks.affinity.stacks import Stack
from benchmarks.results_table import Row, row

_FRESH = """
import sys, time
from benchmarks.affinity.known_motions import known_stack
averages = known_stack(100).averages
began = time.perf_counter()
import rebalance
rebalance.affinity(averages, "rotational-cc")
first = time.perf_counter() - began
began = time.perf_counter()
rebalance.affinity(averages, "rotational-cc")
print(first - (time.perf_counter() - began))
"""

_LARGE = """
import resource, sys, time
from benchmarks.affinity.speed import compute, warm_up
from benchmarks.affinity.stacks import STACKS
stack = next(stack for stack in STACKS if stack.name == sys.argv[1])
averages = stack.make()
warm_up(averages, sys.argv[2])
began = time.perf_counter()
compute(averages, sys.argv[2], int(sys.argv[3]))
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
"""


def _printed(code: str, *words: str, cache: str | None = None) -> list[float]:
    """The numbers that a fresh interpreter prints, its compiled code in a folder of its own."""
    environment = dict(os.environ)
    if cache is not None:
        environment["NUMBA_CACHE_DIR"] = cache
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return [float(number) for number in done.stdout.split()]


def first_calls() -> list[Row]:
    """What compilation costs the first process ever, and loading it the next, at the defaults."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for what, limit in (("first call ever", 8.0), ("first call of a later process", 1.0)):
            (over,) = _printed(_FRESH, cache=folder)
            rows.append(
                row(
                    f"{what}, compilation and loading: {DEFAULTS}",
                    f"{over:.2f} s",
                    target=f"≤ {limit:g} s",
                    met=over <= limit,
                )
            )
    return rows


def time_large(stack: Stack, setting: str, threads: int) -> tuple[Timing, Row]:
    """The time of a large stack, once, and the most memory that its process took."""
    seconds, memory = _printed(_LARGE, stack.name, setting, str(threads))
    averages = stack.make()
    timing = Timing(
        stack=stack.name,
        setting=setting,
        n=len(averages),
        box=averages.box,
        seconds=seconds,
        affinity=None,
        search=search_of(averages, setting),
    )
    return timing, row(
        f"peak memory, {len(averages):,} × {averages.box} px: {setting}",
        f"{memory:.0f} MB",
        target="< 800 MB",
        met=memory < 800,
    )
