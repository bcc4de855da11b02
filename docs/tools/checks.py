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


def tolerance_table() -> str:
    """How much a value may be off where it can't be the same to the last bit."""
    from rebalance.testing import metric_devices, metric_motions, metric_values

    rows = (
        ("changed as the invariances say, or by a quarter turn", metric_motions.TOLERANCE),
        ("turned by another angle", metric_motions.BETWEEN_PIXELS),
        ("another average is left out", metric_values.LEFT_OUT),
        ("row and column exchanged", metric_values.EXCHANGED),
        ("the same image twice: from 1", metric_values.TOP),
        ("on a GPU, or in its simulator", metric_devices.AGREEMENT),
    )
    lines = [f"| {what} | {off:g} |" for what, off in rows]
    return "\n".join(("| where | by at most |", "| --- | --- |", *lines))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
