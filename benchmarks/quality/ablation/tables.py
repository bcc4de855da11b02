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
SHOWN = (
    DEFAULT,
    "no paths",
    "paths through 2 neighbours",
    "paths through 10 neighbours",
    "path power 2",
    "path power 4",
    "size weight 0.4",
    "linkage average",
    "linkage single",
    "linkage ward",
    "linkage average, no paths",
    "linkage ward, no paths",
    "spectral",
    "whitening 0",
    "whitening 0.25",
    "whitening 0.65",
    "whitening 1",
    "low-pass 2 times",
    "mask 0.8 times",
    "mask 1.2 times",
    "shift 8 %",
    "no centring, shift 8 %",
    "no mirror",
    "frc",
    "true angles",
)
"""Variants that the page shows; all are in the summary."""
COLUMNS_SHOWN = tuple(COLUMNS)[:6]
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
    """Two tables: the default with one thing changed; and ideal projections by molecule."""
    parts = [
        START,
        "",
        "Share of the oracle's gain:",
        "",
        share_table(summary),
        "",
        "Ideal projections, by molecule, with the default:",
        "",
        by_molecule(summary),
        "",
        END,
    ]
    return "\n".join(parts)


def share_table(summary: dict[str, Any]) -> str:
    """The share of the variants that the page shows, by column; Markdown."""
    sets = {title: n for title, n in summary["data_sets"].items() if title in COLUMNS_SHOWN}
    lines = [
        f"| change | {' | '.join(map(title_of, sets))} |",
        "| --- |" + " ---: |" * len(sets),
        f"| (data sets) | {' | '.join(str(n) for n in sets.values())} |",
    ]
    for name in SHOWN:
        share = summary["variants"][name]["share"]
        cells = [f"{share[title]:.2f}" if title in share else "" for title in sets]
        lines.append(f"| {title_of(name)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def title_of(name: str) -> str:
    """How a page calls a variant or a column."""
    return (
        name.replace("neighbour", "neighbor")
        .replace("centring", "centering")
        .replace("centre", "center")
    )


def by_molecule(summary: dict[str, Any]) -> str:
    """Share and rank correlation of each molecule; Markdown."""
    lines = ["| molecule | share | ρ below 40° |", "| --- | ---: | ---: |"]
    for molecule, row in summary["ideal_by_molecule"].items():
        lines.append(f"| {molecule} | {row['share']:.2f} | {row['rho']:.2f} |")
    return "\n".join(lines)
