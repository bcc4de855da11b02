"""The last screen of a run: superclasses, what was kept, warnings, and what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from rich.table import Table
from rich.text import Text

from rebalance.cli.screen import say, shorter, show_warnings, stdout
from rebalance.model import IntArray, RunResult
from rebalance.record.summary_text import headline, outcome
from rebalance.settings import RunSettings
from rebalance.settings.as_command import as_command
from rebalance.strategies.caps import cap_for_factor

_FIRST, _LAST = 14, 6
"""Rows shown at the top and the bottom of a table too long for a screen."""

_FACTORS = ("0.8", "0.5", "0.3", "0.2", "0.1", "0.05", "0.02", "0.01")
_EVEN = 0.8
"""Smallest ÷ largest superclass from which there is nothing to gain."""
_WORTH_KEEPING = 0.5
"""Share of the particles that a suggested factor keeps at least."""


def show_result(settings: RunSettings, result: RunResult) -> None:
    """Print what a run found and did, and where that is.

    Parameters
    ----------
    settings : RunSettings
    result : RunResult
    """
    show_outcome(result)
    _show_where(stdout(), settings, result)


def show_outcome(result: RunResult) -> None:
    """Print what a run found, and its warnings; not where, nor what to do next."""
    summary = result.summary
    console = stdout()
    console.print()
    say(console, headline(summary), "bold")
    for note in summary["notes"]:
        say(console, note, "dim")
    console.print()
    console.print(superclass_table(summary))
    sentences = outcome(summary)
    if sentences:
        console.print()
    for sentence in sentences:
        say(console, sentence)
    show_warnings(summary["warnings"])


def superclass_table(summary: Mapping[str, Any]) -> Table:
    """The table of superclasses; the middle is left out where there are many."""
    off = summary["superclassification"]["by"] == "off"
    particles = summary["particles"] is not None
    balanced = particles and summary["balance"]["cap"] is not None
    columns = [
        Column("class", lambda row: str(row["class_ids"][0]), off),
        Column("superclass", lambda row: str(row["superclass"]), not off),
        Column("averages", lambda row: f"{len(row['class_ids']):,}", not off),
        Column("particles", lambda row: f"{row['particles_before']:,}", particles),
        Column("kept", lambda row: f"{row['particles_after']:,}", balanced),
        Column("affinity", _within, not off),
        Column("classes", lambda row: " ".join(map(str, row["class_ids"])), not off),
    ]
    columns = [column for column in columns if column.shown]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        wraps = column.title == "classes"
        table.add_column(
            column.title,
            justify="left" if wraps else "right",
            no_wrap=not wraps,
            overflow="fold",
        )
    rows: Sequence[Mapping[str, Any]] = summary["superclasses"]
    hidden = rows[_FIRST:-_LAST] if len(rows) > _FIRST + _LAST + 1 else []
    for number, row in enumerate(rows):
        if hidden and number == _FIRST:
            table.add_row("…", f"{len(hidden):,} more")
        if not (hidden and _FIRST <= number < len(rows) - _LAST):
            table.add_row(*(column.cell(row) for column in columns))
    totals = {
        "averages": summary["class_averages"]["used"],
        "particles": sum(row["particles_before"] or 0 for row in rows),
        "kept": sum(row["particles_after"] or 0 for row in rows),
    }
    table.add_row(
        "all",
        *(f"{totals[c.title]:,}" if c.title in totals else "" for c in columns[1:]),
        style="bold",
    )
    return table


class Column(NamedTuple):
    """A column of the table: its title, its cell for a superclass, whether it is shown."""

    title: str
    cell: Callable[[Mapping[str, Any]], str]
    shown: bool


def _within(row: Mapping[str, Any]) -> str:
    mean = row["mean_affinity"]
    return "" if mean is None or len(row["class_ids"]) < 2 else f"{mean:.2f}"


def _show_where(console: Any, settings: RunSettings, result: RunResult) -> None:
    folder = result.folder
    if folder is None:
        return
    shown = shorter(folder)
    pieces = [name for name in ("report.html", "report.md") if folder.joinpath(name).is_file()][:1]
    pieces += ["figures/"] if settings.figures else []
    console.print()
    console.print(
        Text.assemble("Results in ", (f"{shown}/", "bold"), f" ({', '.join(pieces)})"),
        soft_wrap=True,
    )
    words, command = next_step(settings, result, shown)
    page = folder / "report.html"
    is_new = result.selection is None or result.selection.cap is None or result.scan is not None
    first = "Next"
    if is_new and page.is_file():
        console.print(Text("Next: look at the superclasses in a browser:"))
        console.print(Text(f"  {page.resolve()}", style="cyan"), soft_wrap=True)
        first = "Then"
    if words:
        say(console, f"{first}: {words}")
    if command:
        console.print(Text(f"  {command}", style="cyan"), soft_wrap=True)


def next_step(settings: RunSettings, result: RunResult, folder: str) -> tuple[str, str]:
    """What to do next, and the command or file for it.

    Parameters
    ----------
    settings : RunSettings
    result : RunResult
    folder : str
        The results folder as a person types it.

    Returns
    -------
    tuple of str
        Words, and something to type or to open; both may be empty.
    """
    selection = result.selection
    if selection is None:
        return "to try another number of superclasses, change -k.", ""
    even = ""
    if selection.cap is None:
        deciding = selection.before[selection.decides & (selection.before > 0)]
        even = _evenness(deciding)
        factor, kept, candidates = suggested_factor(result)
        if factor:
            changed: dict[str, Any] = {"factor": factor, "max_size": None}
            if settings.output is not None:
                changed["overwrite"] = True
            return (
                f"balance. -f {factor} would keep {kept:,} of {candidates:,} particles:",
                shlex.join(as_command(settings, **changed)),
            )
    selected = [path.name for path in result.files if path.stem == "particles_selected"]
    for name in selected:
        if name.endswith(".csg"):
            return f"in CryoSPARC, use Import Result Group on this file{even}:", f"{folder}/{name}"
    for name in selected:
        return f"use these particles in the 3D jobs{even}:", f"{folder}/{name}"
    return "", ""


def suggested_factor(result: RunResult) -> tuple[str, int, int]:
    """A factor to balance with, the particles that it would keep, and of how many.

    Empty and zeros where a run was balanced, or where balancing has nothing to gain.
    """
    selection = result.selection
    if selection is None or selection.cap is not None:
        return "", 0, 0
    deciding = selection.before[selection.decides & (selection.before > 0)]
    capped = np.concatenate([selection.before, selection.aside_before])
    factor, kept = ("", 0) if _evenness(deciding) else _suggest(deciding, capped)
    return factor, kept, int(capped.sum())


def _evenness(deciding: IntArray) -> str:
    """Words for a sentence, where there is nothing to balance."""
    if len(deciding) < 2 or deciding.min() < _EVEN * deciding.max():
        return ""
    ratio = deciding.min() / deciding.max()
    return f" (no need to balance: smallest ÷ largest superclass is {ratio:.2f})"


def _suggest(deciding: IntArray, capped: IntArray) -> tuple[str, int]:
    """The most even factor that keeps enough of the particles, and how many; or nothing.

    Parameters
    ----------
    deciding : int64
        Particles of each superclass that decides the cap.
    capped : int64
        Of each that is capped: all superclasses, and what is set aside.
    """
    for factor in _FACTORS if len(deciding) > 1 else ():
        cap = cap_for_factor(int(deciding.min()), Fraction(factor))
        kept = int(capped.clip(max=cap).sum())
        if _WORTH_KEEPING * capped.sum() <= kept < capped.sum():
            return factor, kept
    return "", 0
