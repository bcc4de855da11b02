"""The generated table of ab initio maps before and after balancing, from the kept measurements."""

from __future__ import annotations

import json
from typing import Any

from docs.tools.pages import ROOT

_MEASURED = ROOT / "benchmarks" / "results" / "initial_maps.json"
_COLUMNS = {"resolution": 1, "area": 2, "cfar": 2}
_HEAD = (
    "| particles | number | FSC is 0.5 at, Å | mean FSC | cFAR | mean FSC, gain over all |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: |"
)


def initial_map_table() -> str:
    """Scores of each condition but the ideal ones, and gains, each with its standard error."""
    content: dict[str, Any] = json.loads(_MEASURED.read_text(encoding="utf-8"))
    lines = [_HEAD]
    for row in content["rows"]:
        if "true views" in row["condition"]:
            continue
        cells = [row["condition"], f"{row['particles']:,}"]
        cells += [_said(row[name], digits) for name, digits in _COLUMNS.items()]
        cells.append(_said((row["to_all"] or {}).get("area"), 2, "+"))
        lines.append("| " + " | ".join(cells) + " |")
    settings = content["settings"]
    seeds = max(row["seeds"] for row in content["rows"])
    return "\n".join(lines) + (
        f"\n\nMeans ± standard errors over {seeds} seeds; gains compare runs of the same seed. "
        f"{settings['n_particles']:,} particles of {settings['pixel_size']} Å a pixel, "
        f"{settings['preferred_share']:.0%} of them in {settings['n_preferred']} views "
        f"{settings['preferred_width']:.0f}° wide, the others uniform; RELION {content['relion']}, "
        "without a starting map unless named. The mean FSC with the molecule is over frequencies "
        "to 25 Å; cFAR is the area under the FSC in the weakest direction ÷ the strongest."
    )


def _said(value: list[float | None] | None, digits: int, sign: str = "") -> str:
    if value is None or value[0] is None:
        return "–"
    mean, error = value
    text = f"{mean:{sign}.{digits}f}".replace("-", "−")
    return text if error is None else f"{text} ± {error:.{digits}f}"
