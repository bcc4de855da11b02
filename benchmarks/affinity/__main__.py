"""Speed and accuracy of the affinity, each row beside its target and this machine's floor.

    python -m benchmarks.affinity
    python -m benchmarks.affinity --quick --json results.json

Clean, noisy and real stacks (`stacks`), each at the defaults, and beside these with plain
correlation and with shifts of ±10 px (`settings`). The floor is the time of the matrix products of
an exhaustive search over whole-pixel shifts (`floor`), at the rate measured in the same run. Speed
and accuracy are those of the same affinities.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks import gpu
from benchmarks.affinity import accuracy, found_motions, fresh_process, other_programs, speed
from benchmarks.affinity.floor import floor_rate
from benchmarks.affinity.known_motions import known_stack
from benchmarks.affinity.settings import DEFAULTS, FAR, FAR_PLAIN
from benchmarks.affinity.stacks import ALONE, KNOWN, STACKS, Stack
from benchmarks.results_table import Row, keep, show
from rebalance.engine.threads import default_threads

FEWER = 5
"""Pairs held against the reference are fewer by this at ±10 px, where it takes seconds a pair."""


def main(
    threads: Annotated[int, typer.Option(help="Threads.")] = default_threads(),
    pairs: Annotated[int, typer.Option(help="Pairs held against the reference.")] = 30,
    aspire_python: Annotated[
        Path | None, typer.Option(help="An interpreter with ASPIRE installed, to time it.")
    ] = None,
    quick: Annotated[
        bool,
        typer.Option(
            help="The defaults alone, up to 400 averages, without other programs and first calls."
        ),
    ] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Results to keep.")] = None,
) -> None:
    """Print every row of the targets."""
    rate, of_rate = floor_rate(threads)
    timings: list[speed.Timing] = []
    times, rights, others = [of_rate], [], []
    for stack in STACKS:
        if quick and stack.settings == ALONE:
            continue
        if stack.is_large:
            timing, memory = fresh_process.time_large(stack, DEFAULTS, threads)
            timings.append(timing)
            times.append(timing.as_row(rate))
            others.append(memory)
            continue
        settings = (DEFAULTS,) if quick else stack.settings
        for timing, rows in _of_stack(stack, settings, threads, pairs):
            timings.append(timing)
            times.append(timing.as_row(rate))
            rights += rows
    known = known_stack(400).averages
    first = next(one for one in timings if (one.stack, one.setting) == (KNOWN, DEFAULTS))
    times.append(speed.evenness(timings))
    if threads > 1:
        times.append(speed.scaling(known, first, threads))
    if not quick:
        per_pair = next(
            one.per_pair for one in timings if (one.stack, one.setting) == (KNOWN, FAR_PLAIN)
        )
        others += fresh_process.first_calls()
        others.append(other_programs.plain_peer(3, per_pair))
        others.append(other_programs.aspire_peer(aspire_python, per_pair))
    rows = [*times, *rights, *others, *gpu.rows()]
    show(rows)
    keep(rows, json_file)


def _of_stack(
    stack: Stack, settings: tuple[str, ...], threads: int, pairs: int
) -> list[tuple[speed.Timing, list[Row]]]:
    """What each setting took, and the rows on how right it was."""
    averages = stack.make()
    found = []
    for setting in settings:
        timing = speed.time_stack(stack, averages, setting, threads)
        rows: list[Row] = []
        if stack.is_real:
            count = max(pairs // FEWER, 1) if setting in (FAR, FAR_PLAIN) else pairs
            rows.append(accuracy.against_reference(averages, timing, count))
        if (stack.name, setting) == (KNOWN, FAR_PLAIN):
            assert timing.affinity is not None
            rows += found_motions.of_known_motions(
                known_stack(len(averages)), timing.affinity, timing.search
            )
        found.append((timing, rows))
    return found


if __name__ == "__main__":
    typer.run(main)
