"""`scan.csv`: one row a number of superclasses that was tried."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from rebalance.model import Scan

COLUMNS = (
    "n_superclasses",
    "suggested",
    "score",
    "silhouette",
    "silhouette_without_groups",
    "stability",
    "contrast",
    "eigengap",
    "smallest",
    "kept",
)
"""``suggested`` is 1 for the suggestion and 2, 3, … for the runners-up, best first; else blank."""


def write_scan_table(scan: Scan, path: Path) -> None:
    """Write `scan.csv`, by rising number."""
    named = (scan.suggestion.number, *scan.suggestion.runners_up)
    scores = (
        scan.score,
        scan.silhouette,
        scan.expected,
        scan.stability,
        scan.contrast,
        scan.eigengap,
    )
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(COLUMNS)
        for at, number in enumerate(scan.numbers.tolist()):
            table.writerow(
                [
                    number,
                    named.index(number) + 1 if number in named else "",
                    *(_number(column[at]) for column in scores),
                    scan.smallest[at],
                    scan.kept[at],
                ]
            )


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6f}"
