"""The generated tables on views, from the kept measurements."""

from __future__ import annotations

import json
from typing import Any

from docs.tools.pages import ROOT

_RESULTS = ROOT / "benchmarks" / "results"


def view_table() -> str:
    """Shares, angles, misfits and the gate on classifications of known views."""
    summary: dict[str, Any] = json.loads((_RESULTS / "views.json").read_text(encoding="utf-8"))
    measured = {name: row for name, row in summary.items() if "typed" in row}
    lines = [
        "| share of the oracle's gain | sets | image affinity | `views` | symmetry given | true "
        "angles | `views` − image |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, row in measured.items():
        if "share" in row:
            cells = [_cell(row["share"][method]) for method in ("image", "typed", "named", "true")]
            cells.append(_cell(row["difference"]["typed"]))
            lines.append(f"| {name} | {row['sets']} | {' | '.join(cells)} |")
    lines += [
        "",
        "| angles | rank correlation, image affinity → `views` | symmetry given | median error | "
        "symmetry given | trusted |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, row in measured.items():
        typed, named = row["typed"], row["named"]
        lines.append(
            f"| {name} | {row['image_rho'][0]:.2f} → {typed['rho'][0]:.2f} | "
            f"{named['rho'][0]:.2f} | {typed['error_deg'][0]:.1f}° | "
            f"{named['error_deg'][0]:.1f}° | {typed['open']} of {row['sets']} |"
        )
    for name, row in summary.items():
        if name not in measured:
            lines.append(f"| {name} | | | | | {row['open']} of {row['sets']} |")
    lines += [
        "",
        "| misfits | junk found | views flagged | junk below the worst 1 % of views |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, row in measured.items():
        typed = row["typed"]
        if "junk_named" in typed:
            parts = [typed["junk_named"], typed["views_named"], typed["junk_below_1_percent"]]
            cells = [f"{part:,} of {whole:,}" for part, whole in parts]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def speed_table() -> str:
    """How long an estimate takes, compared with the matrix products in it."""
    content: dict[str, Any] = json.loads(
        (_RESULTS / "views_speed.json").read_text(encoding="utf-8")
    )
    lines = ["| | measured | floor | ratio |", "| --- | ---: | ---: | ---: |"]
    for row in content["rows"]:
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.1f}"
        lines.append(f"| {row['what']} | {row['measured']} | {row['ceiling']} | {ratio} |")
    return "\n".join(lines)


def _cell(mean: list[float | None]) -> str:
    text = f"{mean[0]:.2f}"
    return (text if mean[1] is None else f"{text} ± {mean[1]:.2f}").replace("-", "−")
