"""Writes docs/benchmarks.md from the results that the benchmarks kept.

python -m benchmarks.affinity --json benchmarks/results/affinity.json
python -m benchmarks.affinity.phases --json benchmarks/results/affinity_phases.json
python -m benchmarks.waiting --json benchmarks/results/waiting.json
python -m benchmarks.particle_tables --json benchmarks/results/particle_tables.json
python -m benchmarks.many_averages --json benchmarks/results/many_averages.json
python -m benchmarks.benchmarks_page
"""

from __future__ import annotations

import json
from typing import Any

from benchmarks.paths import RESULTS, ROOT

PAGE = ROOT / "docs" / "benchmarks.md"

_HEAD = """# Benchmarks

Measured figures of one machine beside their targets. This page is written by
`python -m benchmarks.benchmarks_page` from what the commands below kept in `benchmarks/results/`.
Times of a shared machine vary: read the ratios, whose two sides are of one run.
"""

_CUDA = """## CUDA

Not measured: no GPU. On a machine with one, `python -m benchmarks.gpu` runs the tests of the CUDA
kernels, compares the affinity with that of the CPU, times it for 5,000 averages, and the exhaustive
kernel alone beside the GPU's float32 rate, in under eight minutes. Without one, the kernels run in
CUDA's simulator against the CPU's on small inputs (`tests/cuda/test_simulator.py`) and compile to
PTX for compute capability 8.0 and 9.0 without double precision or spills (`tests/cuda/test_ptx.py`,
which needs `rebalance-em[cuda]`).
"""


_AFFINITY = """Each stack is timed at the defaults, warm; beside them, with plain correlation
(`whitening=0`) and with shifts up to ±10 px. Ratios are of the floor: the matrix products of an
exhaustive search over whole-pixel shifts, at the rate of the first row; those of other programs are
of our time. Stacks of fewer than 100 averages have no target: to prepare these takes longer than
to compare them. What decides the time is in [Speed of the affinity](performance.md).
"""

_PHASES = """At the defaults, processor time of one thread. Ratios are of the floor, as above. What
each phase does is in [Speed of the affinity](performance.md).
"""


_MANY = """Averages with views of their own, 50 particles each. With more than 1,000 averages no
report page is made: it would be too large to work in.
"""


def section(title: str, name: str, words: str = "") -> str:
    """One table of results, with the command and the machine."""
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    machine = found["machine"]
    # Of how many processes had to share the processors, older results say nothing.
    busy = f", load average {machine['load']}" if "load" in machine else ""
    lines = [
        f"## {title}",
        "",
        f"`{machine['command']}` on {machine['processors']} processors ({machine['processor']}), "
        f"Python {machine['python']}, rebalance {machine['rebalance']}{busy}.",
        "",
        *([words] if words else []),
        "| what | measured | ceiling or beside | ratio | target | |",
        "| --- | --- | --- | ---: | --- | --- |",
    ]
    for row in found["rows"]:
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.3g}"
        met = {None: "", True: "met", False: "missed"}[row["met"]]
        cells = (row["what"], row["measured"], row["ceiling"], ratio, row["target"], met)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Write the page."""
    parts = [
        _HEAD,
        section("The affinity", "affinity", _AFFINITY),
        section("Where its time goes", "affinity_phases", _PHASES),
        section("What a person waits for", "waiting"),
        section("Particle tables", "particle_tables"),
        section("Thousands of class averages", "many_averages", _MANY),
        _CUDA,
    ]
    PAGE.write_text("\n".join(parts))


if __name__ == "__main__":
    main()
