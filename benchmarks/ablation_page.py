"""The tables of the ablation in docs/science.md, from the results that it kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

ABLATION = Path(__file__).parent / "results" / "ablation.json"
ABLATION_START = "<!-- measured by benchmarks.ablation -->"
ABLATION_END = "<!-- end of benchmarks.ablation -->"
KINDS = {
    "RELION": ("RELION", "moderate"),
    "discrete, moderate": ("discrete", "moderate"),
    "discrete, noisy": ("discrete", "noisy"),
    "preferred, moderate": ("preferred", "moderate"),
    "preferred, noisy": ("preferred", "noisy"),
    "off centre": ("off centre", "moderate"),
    "ideal": ("ideal", "clean"),
}
"""Columns of the ablation: kind of views and noise."""

Row = dict[str, Any]


def table(rows: list[Row], columns: dict[str, list[Row]], score: str) -> str:
    """A score of each method, by column; Markdown.

    Shares are ratios, so the median of all sets and numbers of superclasses; others the mean.
    """
    names = [name for name, found in columns.items() if any(score in row for row in found)]
    lines = [f"| method | {' | '.join(names)} |", "| --- |" + " ---: |" * len(names)]
    for method in dict.fromkeys(row["method"] for row in rows):
        cells = []
        for name in names:
            found = [r for r in columns[name] if r["method"] == method and score in r]
            scores = [x for r in found for x in (r["shares"] if score == "share" else [r[score]])]
            mean = np.median if score == "share" else np.mean
            cells.append(f"{mean(scores):.2f}" if scores else "")
        if any(cells):
            lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines)


def ablation(rows: list[Row]) -> str:
    """Three tables: the default with one thing changed."""
    columns = {
        title: [row for row in rows if (row["views"], row["noise"]) == kind]
        for title, kind in KINDS.items()
    }
    columns = {title: found for title, found in columns.items() if found}
    count = {title: len({row["set"] for row in found}) for title, found in columns.items()}
    sets = "; ".join(f"{title}: {n}" for title, n in count.items())
    judged = {title: found for title, found in columns.items() if title != "ideal"}
    parts = [
        ABLATION_START,
        "",
        f"Data sets behind each column: {sets}.",
        "",
        "Share of the oracle's gain, median over data sets and K:",
        "",
        table(rows, judged, "share"),
        "",
        "Adjusted Rand index, mean over data sets:",
        "",
        table(rows, columns, "ari"),
        "",
        "Rank correlation of affinity with view angle below 40°, mean over data sets:",
        "",
        table(_with_own_affinity(rows), columns, "rho"),
        "",
        ABLATION_END,
    ]
    return "\n".join(parts)


def _with_own_affinity(rows: list[Row]) -> list[Row]:
    """Without rows that only cluster the affinity of the default in another way."""
    default = {row["set"]: row.get("rho") for row in rows if row["method"] == "default"}
    others = {row["method"] for row in rows if row.get("rho") != default[row["set"]]} | {"default"}
    return [row for row in rows if row["method"] in others]


def kept(path: Path) -> list[Row]:
    """The rows of a file of results."""
    rows: list[Row] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return rows
