"""The last screen of `rebalance views`: can they be trusted, what fits, and what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from rebalance.cli.screen import say, shorter, show_warnings, stdout
from rebalance.pipeline.views_job import ViewsResult
from rebalance.record.summary_text import what_was_read
from rebalance.record.views_summary import about_misfits, outcome
from rebalance.settings import RunSettings
from rebalance.settings.as_command import as_command

_MOST_ROWS = 12
_WIDTH = 25.0
"""Degrees, of the command that is suggested."""


def show_views(settings: RunSettings, result: ViewsResult) -> None:
    """Print what was found, well at 80 columns.

    Parameters
    ----------
    settings : RunSettings
    result : ViewsResult
    """
    summary, console = result.summary, stdout()
    console.print()
    read = what_was_read(summary["job"], summary["particles"], summary["class_averages"])
    say(console, read, "bold")
    for note in summary["notes"]:
        say(console, note, "dim")
    console.print()
    trusted = bool(summary["trusted"])
    say(console, summary["verdict"], "bold" if trusted else "bold yellow")
    for sentence in outcome(summary):
        say(console, sentence)
    if trusted and summary["misfits"]:
        console.print()
        say(console, about_misfits(summary))
        console.print(_misfit_table(summary))
    show_warnings(summary["warnings"])
    console.print()
    names = {path.relative_to(result.folder).parts[0]: path for path in result.files}
    pieces = [f"{name}/" if name == "figures" else name for name in _named(names)]
    console.print(
        Text.assemble(
            "Results in ", (f"{shorter(result.folder)}/", "bold"), f" ({', '.join(pieces)})"
        ),
        soft_wrap=True,
    )
    words, command = _next_step(settings, summary)
    say(console, f"Next: {words}")
    console.print(Text(f"  {command}", style="cyan"), soft_wrap=True)


def _named(names: Mapping[str, Any]) -> list[str]:
    """What a person looks at first."""
    first = ("views.csv", "initial_model.mrc", "figures")
    poses = [name for name in names if name in ("particles_poses.star", "particles_poses.csg")]
    return [name for name in (*first, *poses) if name in names]


def _misfit_table(summary: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    counted = summary["particles"] is not None
    for title in ("class", "particles", "fit") if counted else ("class", "fit"):
        table.add_column(title, justify="right")
    rows = summary["misfits"]
    shown = rows if len(rows) <= _MOST_ROWS + 1 else rows[:_MOST_ROWS]
    for row in shown:
        cells = [str(row["class_id"]), f"{row['fit']:.2f}"]
        if counted:
            cells.insert(1, f"{row['particles']:,}")
        table.add_row(*cells)
    if len(shown) < len(rows):
        table.add_row("…", f"{len(rows) - len(shown):,} more")
    return table


def _next_step(settings: RunSettings, summary: Mapping[str, Any]) -> tuple[str, str]:
    """What to do next, and the command for it."""
    changed: dict[str, Any] = {"output": None, "overwrite": False, "figures": True, "pdf": False}
    if not summary["trusted"]:
        # The affinity that is kept of these settings is that of the images.
        plain = {"n_superclasses": 10}
        return (
            "make superclasses from image similarity instead:",
            shlex.join(as_command(settings, **changed, **plain)),
        )
    junk = tuple(sorted(row["class_id"] for row in summary["misfits"]))
    changed |= {"n_superclasses": None, "view_width": _WIDTH, "junk_classes": junk}
    return (
        f"group views within {_WIDTH:g}° of each other"
        + (", leaving out averages that fit no view:" if junk else ":"),
        shlex.join(as_command(settings, **changed)),
    )
