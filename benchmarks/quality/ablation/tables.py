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
    "no junk": ("no junk", "moderate"),
    "ideal": ("ideal", "clean"),
}
"""Columns of the ablation: kind of views and noise."""

Row = dict[str, Any]


def _pooled(rows: list[Row]) -> float | None:
    """Sum of all gains ÷ sum of the oracle's, over data sets and K.

    Where the oracle gains next to nothing, a share of its own would say nothing and weigh much.
    """
    pairs = [pair for row in rows for pair in row.get("gains", []) if pair is not None]
    return sum(gain for gain, _ in pairs) / sum(best for _, best in pairs) if pairs else None


def _mean(rows: list[Row], score: str) -> float | None:
    found = [row[score] for row in rows if score in row]
    return float(np.mean(found)) if found else None


def table(rows: list[Row], columns: dict[str, list[Row]], score: str) -> str:
    """A score of each method, by column; Markdown."""
    cells: dict[str, list[str]] = {}
    names = list(columns)
    for method in dict.fromkeys(row["method"] for row in rows):
        found = [[row for row in columns[name] if row["method"] == method] for name in names]
        values = [_pooled(each) if score == "share" else _mean(each, score) for each in found]
        cells[method] = ["" if value is None else f"{value:.2f}" for value in values]
    used = [at for at in range(len(names)) if any(row[at] for row in cells.values())]
    lines = [
        f"| method | {' | '.join(names[at] for at in used)} |",
        "| --- |" + " ---: |" * len(used),
    ]
    lines += [
        f"| {method} | {' | '.join(row[at] for at in used)} |"
        for method, row in cells.items()
        if any(row)
    ]
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
    parts = [
        ABLATION_START,
        "",
        f"Data sets behind each column: {sets}.",
        "",
        "Share of the oracle's gain: all gains ÷ all gains of the oracle, over data sets and K:",
        "",
        table(rows, columns, "share"),
        "",
        "Adjusted Rand index, mean over data sets:",
        "",
        table(rows, columns, "ari"),
        "",
        "Rank correlation of affinity with view angle below 40°, mean over data sets:",
        "",
        table(_with_own_affinity(rows), columns, "rho"),
        "",
        "Ideal projections, by molecule, with the default:",
        "",
        by_molecule([row for row in columns.get("ideal", []) if row["method"] == "default"]),
        "",
        ABLATION_END,
    ]
    return "\n".join(parts)


def by_molecule(rows: list[Row]) -> str:
    """Share and rank correlation of each molecule; Markdown."""
    lines = ["| molecule | share | rho |", "| --- | ---: | ---: |"]
    for molecule in dict.fromkeys(row["set"].split(",")[0] for row in rows):
        found = [row for row in rows if row["set"].startswith(f"{molecule},")]
        lines.append(f"| {molecule} | {_pooled(found):.2f} | {_mean(found, 'rho'):.2f} |")
    return "\n".join(lines)


def _with_own_affinity(rows: list[Row]) -> list[Row]:
    """Without rows that only cluster the affinity of the default in another way."""
    default = {row["set"]: row.get("rho") for row in rows if row["method"] == "default"}
    others = {row["method"] for row in rows if row.get("rho") != default[row["set"]]} | {"default"}
    return [row for row in rows if row["method"] in others]


def kept(path: Path) -> list[Row]:
    """The rows of a file of results."""
    rows: list[Row] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return rows
