"""Writes the tables of docs/science.md from the results that `benchmarks.quality` kept.

python -m benchmarks.quality --json benchmarks/results/quality.json
python -m benchmarks.quality_page
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "quality.json"
PAGE = ROOT / "docs" / "science.md"
START, END = "<!-- measured by benchmarks.quality -->", "<!-- measured until here -->"
LEVELS = ("clean", "moderate", "noisy", "bad")

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
            if score == "share":
                value = np.median([share for row in found for share in row["shares"]])
            else:
                value = np.mean([row[score] for row in found]) if found else np.nan
            cells.append(f"{value:.2f}" if found else "")
        if any(cells):
            lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines)


def by_noise(rows: list[Row], views: str, n: str) -> dict[str, list[Row]]:
    """Rows of one kind of views, by noise."""
    found = [row for row in rows if row["views"] == views and row["set"].endswith(f", {n}")]
    columns = {level: [row for row in found if row["noise"] == level] for level in LEVELS}
    return {level: part for level, part in columns.items() if part}


def relion(rows: list[Row]) -> str:
    """Shares on RELION's own classification, at each number of superclasses."""
    found = [row for row in rows if row["views"] == "RELION"]
    if not found:
        return ""
    head = " | ".join(f"K = {k}" for k in found[0]["k"])
    lines = [f"| method | {head} | mean | rho |", "| --- |" + " ---: |" * (len(found[0]["k"]) + 2)]
    for row in found:
        shares = " | ".join(f"{value:.2f}" for value in row["shares"])
        rho = f"{row['rho']:.2f}" if "rho" in row else ""
        lines.append(f"| {row['method']} | {shares} | {row['share']:.2f} | {rho} |")
    return "\n".join(lines)


def measured(rows: list[Row]) -> str:
    """All tables."""
    discrete, preferred = (by_noise(rows, views, "100") for views in ("discrete", "preferred"))
    sets = len({row["set"] for row in rows})
    parts = [
        START,
        "",
        f"{sets} kinds of data.",
        "",
        "`relion31_70s`, share of the oracle's gain:",
        "",
        relion(rows),
        "",
        "Share on views that are discrete, 100 averages, median over molecules and K:",
        "",
        table(rows, discrete, "share"),
        "",
        "Share on views anywhere, two of them preferred:",
        "",
        table(rows, preferred, "share"),
        "",
        "Adjusted Rand index with the discrete views, at their number:",
        "",
        table(rows, discrete, "ari"),
        "",
        "Spearman's rank correlation of affinity with view angle below 40°, discrete views:",
        "",
        table(rows, discrete, "rho"),
        "",
        "The same, views anywhere:",
        "",
        table(rows, preferred, "rho"),
        "",
        "Part of the particles that is kept at $f = 0.5$, discrete views:",
        "",
        table(rows, discrete, "kept"),
        "",
        END,
    ]
    return "\n".join(parts)


def main() -> None:
    """Put the tables into the page."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(START)
    _, after = rest.split(END)
    rows: list[Row] = json.loads(RESULTS.read_text(encoding="utf-8"))["rows"]
    PAGE.write_text(before + measured(rows) + after, encoding="utf-8")


if __name__ == "__main__":
    main()
