"""The generated parts of the page on the number of superclasses, from the kept measurements."""

from __future__ import annotations

import json
from typing import Any

from docs.tools.pages import ROOT

_MEASURED = ROOT / "benchmarks" / "results" / "number_of_superclasses.json"


def criteria_table() -> str:
    """How often each criterion names the number of views."""
    rows = ["| criterion | within 1 | within 20 % | agreement |", "| --- | --- | --- | --- |"]
    for name, row in _measured()["criteria"].items():
        every = row["all"]
        rows.append(
            f"| {name} | {every['within_1']:.0%} | {every['within_20_percent']:.0%} "
            f"| {every['ari_of_best']:.2f} |"
        )
    sets = _measured()["criteria"]["scan"]["all"]["sets"]
    kinds = _by_kind("scan")
    return "\n".join(rows) + f"\n\n{sets} sets. The scan, by kind of averages: {kinds}."


def structure_table() -> str:
    """How often a number stands out, and is right, by kind of averages."""
    rows = [
        "| averages | stands out | within 20 % | gain: lowest, median, highest "
        "| best agreement possible |",
        "| --- | --- | --- | --- | --- |",
    ]
    for kind, row in _measured()["structure"].items():
        gain = ", ".join(f"{value:.2f}" for value in row["gain"])
        near = f"{row['told_within_20_percent']} of {row['told']}" if row["told"] else "–"
        rows.append(
            f"| {kind} | {row['told']} of {row['sets']} | {near} | {gain} | {row['best_ari']:.2f} |"
        )
    return "\n".join(rows)


def _by_kind(criterion: str) -> str:
    rows = _measured()["criteria"][criterion]
    return ", ".join(
        f"{kind} {row['within_20_percent']:.0%} within 20 %"
        for kind, row in rows.items()
        if kind != "all"
    )


def _measured() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(_MEASURED.read_text(encoding="utf-8"))
    return content
