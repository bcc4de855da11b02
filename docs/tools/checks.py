"""The named checks of the conformance kit, kind by kind, with what each holds a plugin to."""

from __future__ import annotations

from rebalance.registry import KINDS
from rebalance.testing import checks_of


def check_tables() -> str:
    """A table for each kind of plugin: check and promise, in the order in which they are run."""
    parts = []
    for kind in KINDS:
        rows = [f"| `{check.name}` | {_cell(check.promise)} |" for check in checks_of(kind)]
        parts.append(
            "\n".join(
                (f"## {kind.capitalize()}", "", "| check | promise |", "| --- | --- |", *rows)
            )
        )
    return "\n\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
