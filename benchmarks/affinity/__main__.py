"""Speed and accuracy of the affinity, each row beside its target and this machine's ceiling.

    python -m benchmarks.affinity
    python -m benchmarks.affinity --averages 1000 --threads 1 --json results.json

The stack is 100 real class averages and noisy copies of them of known motion (`known_motions`).
Speed and accuracy are those of the same run; ceilings are measured in the same run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import rebalance
from benchmarks import gpu
from benchmarks.affinity import accuracy, fresh_process, other_programs, speed
from benchmarks.affinity.known_motions import known_stack
from benchmarks.paths import DATA
from benchmarks.results_table import keep, show
from rebalance.engine.threads import default_threads


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
    quick: Annotated[
        bool, typer.Option(help="Leave out other programs, large N and first calls.")
    ] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Results to keep.")] = None,
) -> None:
    """Print every row of the targets."""
    whole, per_pair = speed.whole_affinity(averages, box, shifts, threads, device, center)
    rows = [speed.tile_kernel(), *whole]
    ribosomes = known_stack(100, 96).averages
    rows += accuracy.against_reference("slicem_ribosomes", ribosomes, pairs)
    relion = rebalance.read(DATA / "relion31_70s").class_averages
    if relion is not None:
        rows += accuracy.against_reference("relion31_70s", relion, pairs)
    if not quick:
        rows.append(other_programs.plain_peer(3, box, shifts, per_pair))
        rows.append(other_programs.aspire_peer(aspire_python, box, shifts, per_pair))
        rows += fresh_process.first_calls()
        rows += fresh_process.scale()
    rows += gpu.rows(box, shifts)
    show(rows)
    keep(rows, json_file)


if __name__ == "__main__":
    typer.run(main)
