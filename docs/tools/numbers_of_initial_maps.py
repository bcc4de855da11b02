"""The generated table of ab initio maps before and after balancing, from the kept measurements."""

from __future__ import annotations

import json
from typing import Any

from docs.tools.pages import ROOT

_MEASURED = ROOT / "benchmarks" / "results" / "initial_maps.json"
_COLUMNS = {"resolution": 1, "area": 2, "cfar": 2, "streaks": 2}
_HEAD = (
    "| particles | number | seeds | FSC is 0.5 at, Å | mean FSC | cFAR | streaks "
    "| mean FSC, − all | − at random | cFAR, − all | − at random |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)


def initial_map_table() -> str:
    """Scores of each condition, and paired differences, each with its standard error."""
    content: dict[str, Any] = json.loads(_MEASURED.read_text(encoding="utf-8"))
    lines = [_HEAD]
    for row in content["rows"]:
        cells = [row["condition"], f"{row['particles']:,}", str(row["seeds"])]
        cells += [_said(row[name], digits) for name, digits in _COLUMNS.items()]
        for name in ("area", "cfar"):
            for other in ("to_all", "to_random"):
                cells.append(_said((row[other] or {}).get(name), 2, "+"))
        lines.append("| " + " | ".join(cells) + " |")
    settings = content["settings"]
    return "\n".join(lines) + (
        "\n\nMeans ± standard errors over seeds; differences are paired by seed: the same "
        "particles, the same seed of RELION. "
        f"{settings['n_particles']:,} particles of {settings['pixel_size']} Å a pixel, "
        f"{settings['preferred_share']:.0%} of them in {settings['n_preferred']} views "
        f"{settings['preferred_width']:.0f}° wide, the others all around; RELION "
        f"{content['relion']}, each model from nothing unless said. The mean FSC with the molecule "
        "is over frequencies to 25 Å; cFAR is the weakest direction's area under it ÷ the "
        "strongest's; streaks are the standard deviation over directions of the logarithm of the "
        "map's power ÷ the molecule's."
    )


def _said(value: list[float | None] | None, digits: int, sign: str = "") -> str:
    if value is None or value[0] is None:
        return "–"
    mean, error = value
    text = f"{mean:{sign}.{digits}f}".replace("-", "−")
    return text if error is None else f"{text} ± {error:.{digits}f}"
