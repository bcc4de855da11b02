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

Figures measured on one machine, beside their targets. `python -m benchmarks.benchmarks_page`
writes this page from the results that the commands below keep in `benchmarks/results/`. Times vary
on a shared machine. Ratios vary less, because both of their sides are from one run.
"""

_CUDA = """## CUDA

Not measured: no GPU. On a machine with one, `python -m benchmarks.gpu` tests the CUDA kernels,
compares the affinity with that of the CPU and times it, in under eight minutes. Without a GPU, the
tests run the kernels in CUDA's simulator (`tests/cuda/test_simulator.py`) and compile them to PTX
for compute capability 8.0 and 9.0, without double precision or spills (`tests/cuda/test_ptx.py`,
which needs `rebalance-em[cuda]`).
"""


_AFFINITY = """Times are without compilation. *Plain correlation* is `whitening=0`, and *±10 px*
allows shifts of that size. The *floor* is the time of the matrix products of an exhaustive search
over whole-pixel shifts, at the rate in the first row; ratios of times are to it. *Reference* is a
slow search in double precision. [Speed of the affinity](performance.md) explains what decides the
time. Times that have no target are in `benchmarks/results/affinity.json`.
"""

_PHASES = """At the defaults, processor time of one thread. Ratios are to the floor, as above.
[Speed of the affinity](performance.md) explains the phases.
"""


_MANY = """Averages with views of their own, 50 particles each. With more than 1,000 averages no
report page is made: it would be too large to work in.
"""


def section(title: str, name: str, words: str = "", *, targets_only: bool = False) -> str:
    """One table of results, with the command and the machine.

    Parameters
    ----------
    title, name : str
        Of the section, of the file of results.
    words : str
        Before the table.
    targets_only : bool
        Leave out times without a target, and what was not measured.
    """
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    machine = found["machine"]
    # Of how many processes had to share the processors, older results say nothing.
    busy = f", load average {machine['load']}" if "load" in machine else ""
    rows = [row for row in found["rows"] if not targets_only or _is_shown(row)]
    lines = [
        f"## {title}",
        "",
        f"`{machine['command']}` on {machine['processors']} processors ({machine['processor']}), "
        f"Python {machine['python']}, rebalance {machine['rebalance']}{busy}.",
        "",
        *([words] if words else []),
        *_table(rows),
    ]
    return "\n".join([*lines, ""])


def _is_shown(row: dict[str, Any]) -> bool:
    measured = row["measured"]
    return bool(row["target"]) or not ("a pair" in measured or measured.startswith("not "))


_COLUMNS = {
    "measured": "measured",
    "ceiling": "compared with",
    "ratio": "ratio",
    "target": "target",
    "met": "",
}


def _table(rows: list[dict[str, Any]]) -> list[str]:
    """Lines of Markdown; columns that hold nothing are left out."""
    used = [name for name in _COLUMNS if any(row[name] not in ("", None) for row in rows)]
    lines = [
        f"| what | {' | '.join(_COLUMNS[name] for name in used)} |",
        f"| --- | {' | '.join('---:' if name == 'ratio' else '---' for name in used)} |",
    ]
    for row in rows:
        said = row | {
            "ratio": "" if row["ratio"] is None else f"{row['ratio']:.3g}",
            "met": {None: "", True: "met", False: "missed"}[row["met"]],
        }
        lines.append(f"| {row['what']} | {' | '.join(said[name] for name in used)} |")
    return lines


def main() -> None:
    """Write the page."""
    parts = [
        _HEAD,
        section("The affinity", "affinity", _AFFINITY, targets_only=True),
        section("Where its time goes", "affinity_phases", _PHASES),
        section("What a person waits for", "waiting"),
        section("Particle tables", "particle_tables"),
        section("Thousands of class averages", "many_averages", _MANY),
        _CUDA,
    ]
    PAGE.write_text("\n".join(parts))


if __name__ == "__main__":
    main()
