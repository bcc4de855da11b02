"""The generated table of the page on poses, from the kept measurements."""

from __future__ import annotations

import json
from typing import Any

from docs.tools.pages import ROOT

_MEASURED = ROOT / "benchmarks" / "results" / "poses.json"


def pose_table() -> str:
    """How alike the map from each variant of the poses is to the molecule."""
    content: dict[str, Any] = json.loads(_MEASURED.read_text(encoding="utf-8"))
    lines = [
        "| poses | views of averages | alignment | FSC is 0.5 at | mean FSC | hand |",
        "| --- | --- | --- | ---: | ---: | --- |",
    ]
    for row in content["rows"]:
        lines.append(
            f"| {row['poses']} | {row['views']} | {row['alignment']} | {row['fsc_half_A']:.0f} Å | "
            f"{row['mean_fsc']:.2f} | {row['hand']} |"
        )
    settings = content["settings"]
    n, box = content["rows"][0]["particles"], settings["box"]
    finest = box * settings["pixel_size"] / (box // 3 - 1)
    return "\n".join(lines) + (
        "\n\nThe FSC is that of RELION's map with the molecule, the alignment that in the plane: "
        f"{n:,} particles of {settings['n_averages']} averages, {settings['pixel_size']} Å a "
        f"pixel; the mean is over frequencies up to {finest:.0f} Å."
    )
