"""The named checks of the conformance kit, by kind, and what each tests."""

from __future__ import annotations

from docs.tools.markdown import cell, table
from rebalance.registry import KINDS
from rebalance.testing import checks_of


def check_tables() -> str:
    """A table for each kind of plugin, in the order in which checks are run.

    Checks that several kinds share come first, once.
    """
    kinds: dict[tuple[str, str], list[str]] = {}
    for kind in KINDS:
        for check in checks_of(kind):
            kinds.setdefault((check.name, check.promise), []).append(kind)
    groups: dict[str, list[tuple[str, str]]] = {}
    for check, its in sorted(kinds.items(), key=lambda item: -len(item[1])):
        groups.setdefault(", ".join(its).capitalize(), []).append(check)
    return "\n\n".join(
        f"## {title}\n\n"
        + table(
            ["check", "what must hold"], [[f"`{name}`", cell(promise)] for name, promise in checks]
        )
        for title, checks in groups.items()
    )


def tolerance_table() -> str:
    """How much a value may differ where it can't be the same to the last bit."""
    from rebalance.testing import metric_devices, metric_motions, metric_values

    rows = (
        ("changed as the invariances say, or by a quarter turn", metric_motions.TOLERANCE),
        ("turned by another angle", metric_motions.BETWEEN_PIXELS),
        ("another average is left out", metric_values.LEFT_OUT),
        ("row and column exchanged", metric_values.EXCHANGED),
        ("the same image twice: from 1", metric_values.TOP),
        ("on a GPU, or in its simulator", metric_devices.AGREEMENT),
    )
    return table(["where", "by at most"], [[what, f"{off:g}"] for what, off in rows])
