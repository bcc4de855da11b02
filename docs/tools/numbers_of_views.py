"""The generated tables on views, from the kept measurements."""

from __future__ import annotations

import json
from typing import Any

from docs.tools.pages import ROOT

_RESULTS = ROOT / "benchmarks" / "results"


def view_table() -> str:
    """Shares, angles, misfits and the gate on classifications of known views."""
    summary: dict[str, Any] = json.loads((_RESULTS / "views.json").read_text(encoding="utf-8"))
    lines = [
        "| averages | share, `rotational-cc` | share, `views` | share, true angles | "
        "median error | sets trusted | junk found | views flagged |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, row in summary.items():
        cells = [title_of(name), *(_share(row, method) for method in ("image", "typed", "true"))]
        typed = row.get("typed")
        if typed is None:
            cells += ["", f"{row['open']} of {row['sets']}", "", ""]
        else:
            cells += [f"{typed['error_deg'][0]:.1f}°", f"{typed['open']} of {row['sets']}"]
            cells += [_part(typed, "junk_named"), _part(typed, "views_named")]
        lines.append(f"| {' | '.join(cells)} |")
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


def title_of(name: str) -> str:
    """How the page calls a row."""
    named = {"phase-randomised": "phases randomized", "coloured noise": "colored noise"}
    return named.get(name, name.replace("off centre", "off center"))


def _share(row: dict[str, Any], method: str) -> str:
    if "share" not in row:
        return ""
    mean, error = row["share"][method]
    text = f"{mean:.2f}"
    return (text if error is None else f"{text} ± {error:.2f}").replace("-", "−")


def _part(typed: dict[str, Any], name: str) -> str:
    if "junk_named" not in typed:
        return ""
    part, whole = typed[name]
    return f"{part:,} of {whole:,}"
