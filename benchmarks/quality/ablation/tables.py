"""The tables of the ablation in docs/science.md, and the summary that they are made from.

`benchmarks/results/ablation.json` is a line for each variant: means over data sets, by column.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.paths import RESULTS, write_json

SUMMARY = RESULTS / "ablation.json"
START = "<!-- measured by benchmarks.quality.ablation -->"
END = "<!-- end of benchmarks.quality.ablation -->"
COLUMNS = {
    "RELION": ("RELION", "moderate"),
    "discrete, moderate": ("discrete", "moderate"),
    "discrete, noisy": ("discrete", "noisy"),
    "preferred, moderate": ("preferred", "moderate"),
    "preferred, noisy": ("preferred", "noisy"),
    "off centre": ("off centre", "moderate"),
    "no junk": ("no junk", "moderate"),
    "ideal": ("ideal", "clean"),
}
"""Kind of views and noise."""
DEFAULT = "default"
_DIGITS = 6

Row = dict[str, Any]


def summarise(rows: list[Row]) -> dict[str, Any]:
    """Means of the full rows (`scores.kept`), as JSON values.

    Returns
    -------
    dict
        ``data_sets``: their number in each column; ``variants``: variant → score → column → mean,
        scores ``share``, ``ari`` and ``rho``, the last only where a variant has an affinity of its
        own; ``ideal_by_molecule``: ``share`` and ``rho`` of the default.
    """
    columns = {
        title: found
        for title, kind in COLUMNS.items()
        if (found := [row for row in rows if (row["views"], row["noise"]) == kind])
    }
    own = _with_own_affinity(rows)
    variants: dict[str, Any] = {}
    for name in dict.fromkeys(row["method"] for row in rows):
        of_variant = {
            title: [row for row in found if row["method"] == name]
            for title, found in columns.items()
        }
        variants[name] = {
            "share": _known({title: _pooled(found) for title, found in of_variant.items()}),
            "ari": _known({title: _mean(found, "ari") for title, found in of_variant.items()}),
        }
        if name in own:
            of_affinity = {title: _mean(found, "rho") for title, found in of_variant.items()}
            variants[name]["rho"] = _known(of_affinity)
    ideal = [row for row in columns.get("ideal", []) if row["method"] == DEFAULT]
    molecules: dict[str, list[Row]] = {}
    for row in ideal:
        molecules.setdefault(row["set"].split(",")[0], []).append(row)
    return {
        "data_sets": {
            title: len({row["set"] for row in found}) for title, found in columns.items()
        },
        "variants": variants,
        "ideal_by_molecule": {
            molecule: _known({"share": _pooled(found), "rho": _mean(found, "rho")})
            for molecule, found in molecules.items()
        },
    }


def _pooled(rows: list[Row]) -> float | None:
    """Sum of all gains ÷ sum of the oracle's, over data sets and K.

    Where the oracle gains next to nothing, a share of its own would say nothing and weigh much.
    """
    pairs = [pair for row in rows for pair in row.get("gains", []) if pair is not None]
    return sum(gain for gain, _ in pairs) / sum(best for _, best in pairs) if pairs else None


def _mean(rows: list[Row], score: str) -> float | None:
    found = [row[score] for row in rows if score in row]
    return float(np.mean(found)) if found else None


def _known(values: dict[str, float | None]) -> dict[str, float]:
    return {name: round(value, _DIGITS) for name, value in values.items() if value is not None}


def _with_own_affinity(rows: list[Row]) -> set[str]:
    """Variants that do more than cluster the affinity of the default in another way."""
    default = {row["set"]: row.get("rho") for row in rows if row["method"] == DEFAULT}
    return {row["method"] for row in rows if row.get("rho") != default[row["set"]]} | {DEFAULT}


def write(summary: dict[str, Any], path: Path = SUMMARY) -> None:
    """As JSON, a line for each variant."""
    write_json(summary, path)


def read(path: Path = SUMMARY) -> dict[str, Any]:
    """What `write` wrote."""
    summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return summary


def measured(summary: dict[str, Any]) -> str:
    """Three tables: the default with one thing changed; and ideal projections by molecule."""
    sets = "; ".join(f"{title}: {n}" for title, n in summary["data_sets"].items())
    parts = [
        START,
        "",
        f"Data sets behind each column: {sets}.",
        "",
        "Share of the oracle's gain: all gains ÷ all gains of the oracle, over data sets and K:",
        "",
        table(summary, "share"),
        "",
        "Adjusted Rand index, mean over data sets:",
        "",
        table(summary, "ari"),
        "",
        "Rank correlation of affinity with view angle below 40°, mean over data sets:",
        "",
        table(summary, "rho"),
        "",
        "Ideal projections, by molecule, with the default:",
        "",
        by_molecule(summary),
        "",
        END,
    ]
    return "\n".join(parts)


def table(summary: dict[str, Any], score: str) -> str:
    """A score of each variant, by column, where there are any; Markdown."""
    rows = {name: of[score] for name, of in summary["variants"].items() if of.get(score)}
    used = [title for title in summary["data_sets"] if any(title in row for row in rows.values())]
    lines = [f"| method | {' | '.join(used)} |", "| --- |" + " ---: |" * len(used)]
    for name, row in rows.items():
        cells = [f"{row[title]:.2f}" if title in row else "" for title in used]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def by_molecule(summary: dict[str, Any]) -> str:
    """Share and rank correlation of each molecule; Markdown."""
    lines = ["| molecule | share | rho |", "| --- | ---: | ---: |"]
    for molecule, row in summary["ideal_by_molecule"].items():
        lines.append(f"| {molecule} | {row['share']:.2f} | {row['rho']:.2f} |")
    return "\n".join(lines)
