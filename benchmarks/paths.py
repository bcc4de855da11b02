"""Where benchmarks find data, and where their results go."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("REBALANCE_TEST_DATA", ROOT.parent / "shared" / "data"))
"""Real classifications and atomic models."""
RESULTS = ROOT / "benchmarks" / "results"
"""Summaries, from which pages are written; they are in version control."""
FULL_RESULTS = RESULTS / "full"
"""Every single result, from which summaries are made; they are not."""


def write_json(content: Any, path: Path) -> None:
    """Write JSON, a line for each row of a table: one row that changes is one line that changes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_in_lines(content, 2) + "\n", encoding="utf-8")


def _in_lines(content: Any, levels: int) -> str:
    if levels == 0 or not content or not isinstance(content, dict | list):
        return json.dumps(content, ensure_ascii=False, default=bool)
    if isinstance(content, list):
        inside = [_in_lines(value, levels - 1) for value in content]
    else:
        inside = [
            f"{json.dumps(str(name), ensure_ascii=False)}: {_in_lines(value, levels - 1)}"
            for name, value in content.items()
        ]
    first, last = "[]" if isinstance(content, list) else "{}"
    return first + "\n" + ",\n".join(inside) + "\n" + last
