"""The generated table of what becomes of a classification as it comes."""

from __future__ import annotations

import json
from typing import Any

from docs.tools.pages import ROOT

_MEASURED = ROOT / "benchmarks" / "results" / "uncurated.json"
_VERDICTS = {"images": "images alone", "views": "fit to the views alone", "both": "both, as typed"}


def uncurated_table() -> str:
    """What is set aside and what becomes of the rest, by set and verdict."""
    rows: list[dict[str, Any]] = json.loads(_MEASURED.read_text(encoding="utf-8"))
    lines = [
        "| averages | verdict of | junk set aside | views set aside | of the rarest fifth "
        "| superclasses of junk alone | kept at f = 0.5 | ARI with / without junk "
        "| share of the oracle's gain | number within 20 % | where it stands out |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        cells = (
            row["set"],
            _VERDICTS[row["verdict"]],
            _of(row["junk_named"], row["junk"]),
            _of(row["views_named"], row["views"]),
            _of(row["rare_named"], row["rare"]),
            _of(row["of_junk_alone"], row["superclasses"]),
            f"{row['kept']:.0%}",
            f"{row['ari']:.2f}",
            "–" if row["share"] is None else f"{row['share']:.2f}",
            _of(row["near"], row["near_of"]),
            _of(row["near_outstanding"], row["outstanding"]),
        )
        lines.append("| " + " | ".join(cells) + " |")
    simulated = next(row for row in rows if row["set"] == "simulated")
    return "\n".join(lines) + (
        f"\n\n{simulated['classifications']} simulated classifications; their views were trusted "
        f"in {simulated['trusted']}."
    )


def _of(some: int, of: int) -> str:
    return f"{some} of {of}" if of else "–"
