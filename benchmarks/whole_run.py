"""The whole `rebalance run` typed a second time, its affinity cached: what a person waits for.

    python -m benchmarks.whole_run
    python -m benchmarks.whole_run --json benchmarks/results/whole_run.json

A classification of 300 averages is simulated; `rebalance run` is started as a person starts it, in
a process of its own, interpreter and imports included.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.results_table import Row, keep, row, show

LIMITS = {"with figures": 5.0, "without figures": 2.0}


def seconds_of(command: list[str], environment: dict[str, str]) -> float:
    """Wall time of a command that must end well."""
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - began


def whole_runs(averages: int, particles: int, repeats: int) -> list[Row]:
    """First run, then the shortest of several typed again with another factor."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "REBALANCE_CACHE_DIR": f"{folder}/cache"}
        rebalance = [str(Path(sys.executable).with_name("rebalance"))]
        job = f"{folder}/job"
        size = ["--averages", str(averages), "--particles", str(particles)]
        subprocess.run([*rebalance, "simulate", job, *size, "--quiet"], env=environment, check=True)
        classification = str(next(Path(job).glob("Class2D/job*")))
        out = f"{folder}/out"
        run = [*rebalance, "run", classification, "-o", out, "--overwrite", "--quiet", "-k", "12"]
        first = seconds_of([*run, "-f", "1"], environment)
        for what, more in (("with figures", []), ("without figures", ["--no-figures"])):
            again = [*run, "-f", "0.5", *more]
            best = min(seconds_of(again, environment) for _ in range(repeats))
            rows.append(
                row(
                    f"`rebalance run` typed again, {averages} averages of 64 px, "
                    f"{particles:,} particles, {what}",
                    f"{best:.2f} s",
                    ceiling=f"{first:.2f} s (first time, with figures)",
                    ratio=best / first,
                    target=f"< {LIMITS[what]:g} s" if averages == 300 else "",
                    met=best < LIMITS[what] if averages == 300 else None,
                )
            )
    return rows


def main(
    averages: Annotated[int, typer.Option(help="Class averages.")] = 300,
    particles: Annotated[int, typer.Option(help="Particles.")] = 20_000,
    repeats: Annotated[int, typer.Option(help="The shortest of so many is taken.")] = 5,
    json_file: Annotated[Path | None, typer.Option("--json", help="Results to keep.")] = None,
) -> None:
    """Print both rows."""
    rows = whole_runs(averages, particles, repeats)
    show(rows)
    keep(rows, json_file)


if __name__ == "__main__":
    typer.run(main)
