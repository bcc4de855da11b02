"""The rows of a benchmark: measured, beside a ceiling and a target; shown, and kept as JSON."""

from __future__ import annotations

import os
import platform
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import rebalance
from benchmarks.paths import write_json

Row = dict[str, Any]


def row(
    what: str,
    measured: str,
    *,
    ceiling: str = "",
    ratio: float | None = None,
    target: str = "",
    met: bool | None = None,
) -> Row:
    """One row; what a row has nothing of stays empty."""
    return {
        "what": what,
        "measured": measured,
        "ceiling": ceiling,
        "ratio": ratio,
        "target": target,
        "met": met,
    }


def show(rows: list[Row]) -> None:
    """The rows as a table."""
    table = Table("what", "measured", "ceiling", "ratio", "target", "", box=None)
    for one in rows:
        ratio = "" if one["ratio"] is None else f"{one['ratio']:.2f}"
        met = {None: "", True: "met", False: "missed"}[
            one["met"] if one["met"] is None else bool(one["met"])
        ]
        table.add_row(one["what"], one["measured"], one["ceiling"], ratio, one["target"], met)
    Console(width=150).print(table)


def keep(rows: list[Row], path: Path | None) -> None:
    """Write the rows, with the machine that they are of; nothing without a path."""
    if path is not None:
        write_json({"machine": machine(), "rows": rows}, path)


def machine() -> dict[str, str]:
    """The command, the machine and the versions, for a record."""
    # Where ASPIRE is installed is this machine's own affair.
    words = [
        "PYTHON" if before == "--aspire-python" else word for before, word in pairwise(sys.argv)
    ]
    return {
        "command": " ".join(["python", "-m", _module(), *words]),
        "processor": _processor(),
        "processors": str(os.cpu_count()),
        "python": platform.python_version(),
        "rebalance": rebalance.__version__,
        "load": f"{os.getloadavg()[0]:.0f}",
    }


def _module() -> str:
    """The benchmark that runs, as it is typed after ``python -m``."""
    spec = sys.modules["__main__"].__spec__
    return spec.name.removesuffix(".__main__") if spec is not None else sys.argv[0]


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()
