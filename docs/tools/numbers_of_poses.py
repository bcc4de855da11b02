"""The generated table of the page on poses, from the kept measurements."""

from __future__ import annotations

import json
from typing import Any

from docs.tools.pages import ROOT

_MEASURED = ROOT / "benchmarks" / "results" / "poses.json"
_COLUMNS = (("true", "simulated"), ("true", "RELION's"), ("found", "RELION's"))


def pose_table() -> str:
    """How alike the map from each variant of the poses is to the molecule."""
    content: dict[str, Any] = json.loads(_MEASURED.read_text(encoding="utf-8"))
    lines = [
        "| poses | true views, true alignment | true views, RELION's alignment "
        "| views found, RELION's alignment |",
        "| --- | ---: | ---: | ---: |",
    ]
    fsc = {
        (row["poses"], row["views"], row["alignment"]): f"{row['mean_fsc']:.2f}"
        for row in content["rows"]
    }
    for poses in dict.fromkeys(row["poses"] for row in content["rows"]):
        cells = [fsc.get((poses, *column), "–") for column in _COLUMNS]
        lines.append(f"| {poses} | {' | '.join(cells)} |")
    settings = content["settings"]
    n, box = content["rows"][0]["particles"], settings["box"]
    finest = box * settings["pixel_size"] / (box // 3 - 1)
    return "\n".join(lines) + (
        "\n\nMean FSC of RELION's map with the molecule, or with its mirror image where that is "
        f"higher, up to {finest:.0f} Å; {n:,} particles of {settings['n_averages']} averages, "
        f"{settings['pixel_size']} Å a pixel."
    )
