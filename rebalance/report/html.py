"""`report.html`: a self-contained, interactive page."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib import resources
from typing import Any

import numpy as np

from rebalance.figures import MOST_IN_SIGHT
from rebalance.model import FloatArray, RunResult, Superclasses
from rebalance.report.content import content
from rebalance.settings import RunSettings

MOST_AVERAGES = MOST_IN_SIGHT
"""For more class averages no page is made: with 1,000 it has 8 MB, and changing K takes 0.2 s."""

SCRIPTS = (
    *("data", "balance", "order", "groups", "looks", "pictures", "picked", "dragging", "tiles"),
    *("controls", "matrix", "average", "lasso", "views", "uniformity", "chain", "map", "plane"),
    *("particles", "scan", "decisions", "marks", "keyboard", "start"),
)
"""The scripts of the page, in the order in which they are joined to one."""


def html(settings: RunSettings, result: RunResult, reprojections: FloatArray | None = None) -> str:
    """The report page of a run.

    Parameters
    ----------
    settings : RunSettings
    result : RunResult
        With its ``summary``.
    reprojections : float32 (N, S, S), optional
        What each average should show, by the views that the affinity carries.

    Returns
    -------
    str
        HTML that loads nothing: its own policy forbids it. Names that come from files are data
        of the page, never part of its markup.
    """
    return joined(content(settings, result, reprojections))


def why_not_made(superclasses: Superclasses) -> str | None:
    """The note for more class averages than a page can hold; else None."""
    used = int(np.count_nonzero(superclasses.label >= 0))
    if used <= MOST_AVERAGES:
        return None
    return (
        f"{used:,} class averages are used, so report.html, the chain and the map are not made "
        f"(limit: {MOST_AVERAGES:,}). report.md, the other figures and the tables show all of them."
    )


def joined(told: dict[str, Any]) -> str:
    """The page around what it is told."""
    page = resources.files("rebalance.report") / "page"
    script = "\n".join(
        (page / f"{name}.js").read_text(encoding="utf-8").strip() for name in SCRIPTS
    )
    script = f'"use strict";\n(() => {{\n{script}\n}})();'
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    parts = {
        "title": escape(f"{told['job']} · rebalance"),
        "script-digest": digest,
        "style": (page / "style.css").read_text(encoding="utf-8").strip(),
        "content": in_a_script(told),
        "script": script,
    }
    text = (page / "page.html").read_text(encoding="utf-8")
    pieces = text.split("{{")
    return pieces[0] + "".join(
        parts[name] + rest for name, _, rest in (piece.partition("}}") for piece in pieces[1:])
    )


def in_a_script(told: dict[str, Any]) -> str:
    """JSON that can stand in a script element, whatever the names in it."""
    text = json.dumps(told, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
