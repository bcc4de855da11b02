"""The generated table of what becomes of a classification as it comes."""

from __future__ import annotations

import json
from typing import Any

from docs.tools.pages import ROOT

_MEASURED = ROOT / "benchmarks" / "results" / "uncurated.json"


def uncurated_table() -> str:
    """What is set aside by default and what becomes of the rest, by set."""
    kept: list[dict[str, Any]] = json.loads(_MEASURED.read_text(encoding="utf-8"))
    rows = [row for row in kept if row["verdict"] == "both"]
    lines = [
        "| averages | junk set aside | views set aside | of the rarest fifth "
        "| superclasses of junk alone | kept at f = 0.5 | agreement | number within 20% |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        cells = (
            row["set"],
            _of(row["junk_named"], row["junk"]),
            _of(row["views_named"], row["views"]),
            _of(row["rare_named"], row["rare"]),
            _of(row["of_junk_alone"], row["superclasses"]),
            f"{row['kept']:.0%}",
            f"{row['ari']:.2f}",
            _of(row["near"], row["near_of"]),
        )
        lines.append("| " + " | ".join(cells) + " |")
    simulated = next(row for row in rows if row["set"] == "simulated")
    return "\n".join(lines) + (
        f"\n\n{simulated['classifications']} simulated classifications; views were trusted in "
        f"{simulated['trusted']}. Agreement with the true views is the adjusted Rand index "
        "(1 = identical, 0 = chance)."
    )


def _of(some: int, of: int) -> str:
    return f"{some} of {of}" if of else "–"
