"""The generated table of the page on junk, from the kept measurements."""

from __future__ import annotations

import json
from typing import Any

from docs.tools.pages import ROOT

_MEASURED = ROOT / "benchmarks" / "results" / "junk.json"
_KINDS = ("mixed", "noise", "edge", "double", "ice")


def junk_table() -> str:
    """How many of the views and of each kind of junk are suspected, by set."""
    content: dict[str, Any] = json.loads(_MEASURED.read_text(encoding="utf-8"))
    lines = [
        "| averages | views suspected | mixed | noise | edge | two particles | ice |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, row in content["sets"].items():
        of, found = row["of"], row["suspected"]
        shares = [f"{found[kind] / of[kind]:.0%}" for kind in _KINDS]
        views = f"{found['view']} of {of['view']:,}"
        lines.append("| " + " | ".join([name, views, *shares]) + " |")
    whole = content["sets"]["all"]
    said = [
        f"{whole['sets']} classifications. {whole['recall']:.0%} of all junk is found (recall). "
        f"{whole['precision']:.0%} of the suspects are junk (precision)."
    ]
    for name, row in content["real"].items():
        n = len(row["suspected"])
        said.append(f"{n or 'None'} of the {row['judged']} averages of `{name}` are suspected.")
    return "\n".join(lines) + "\n\n" + " ".join(said)
