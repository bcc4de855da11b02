"""Writes the tables of docs/science.md from the results that two benchmarks kept.

python -m benchmarks.quality --seeds 1 --drops 3 --json benchmarks/results/quality.json
python -m benchmarks.ablation --json benchmarks/results/ablation.json
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
ABLATION = ROOT / "benchmarks" / "results" / "ablation.json"
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
            scores = [x for r in found for x in (r["shares"] if score == "share" else [r[score]])]
            mean = np.median if score == "share" else np.mean
            cells.append(f"{mean(scores):.2f}" if scores else "")
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


def structures(rows: list[Row]) -> str:
    """Agreement with published groups of a mixture of structures, the best first."""
    found = [row for row in rows if row["views"] == "structures" and "ari" in row]
    lines = ["| method | ARI |", "| --- | ---: |"]
    for row in sorted(found, key=lambda row: -row["ari"]):
        lines.append(f"| {row['method']} | {row['ari']:.2f} |")
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
        "`slicem_ribosomes`, 100 real averages of a mixture of structures: ARI with the groups",
        "that its authors published, which a program of theirs found:",
        "",
        structures(rows),
        "",
        END,
    ]
    return "\n".join(parts)


def kept(path: Path) -> list[Row]:
    """The rows of a file of results."""
    rows: list[Row] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return rows


def put(page: str, start: str, end: str, text: str) -> str:
    """The page with another text from one mark to another."""
    before, rest = page.split(start)
    _, after = rest.split(end)
    return before + text + after


def main() -> None:
    """Put the tables into the page."""
    page = PAGE.read_text(encoding="utf-8")
    page = put(page, START, END, measured(kept(RESULTS)))
    page = put(page, ABLATION_START, ABLATION_END, ablation(kept(ABLATION)))
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
