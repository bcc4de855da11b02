"""The last screen of a scan: the numbers worth a look, the suggestion, and what to type next."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

import numpy as np
from rich.table import Table
from rich.text import Text

from rebalance.cli.screen import say, shorter, show_warnings, stdout
from rebalance.model import Scan
from rebalance.pipeline.scan_job import ScanResult
from rebalance.settings import RunSettings
from rebalance.settings.as_command import as_command

_MOST_ROWS = 16

_WHAT_IS_SHOWN = (
    "Silhouette (−1 to 1): how much closer averages are to their own superclass than to the next. "
    "Stability: agreement of repeated groupings (1 = identical, 0 = chance)."
)


def show_scan(settings: RunSettings, found: ScanResult) -> None:
    """Print what a scan found, well at 80 columns.

    Parameters
    ----------
    settings : RunSettings
    found : ScanResult
    """
    scan, content = found.scan, found.content
    console = stdout()
    particles = content["particles"]
    parts = [] if particles is None else [f"{particles:,} particles"]
    parts.append(f"{content['used']:,} of {content['class_averages']:,} class averages in use")
    console.print()
    console.print(Text(f"{content['job']}: {', '.join(parts)}", style="bold"))
    for note in content["notes"]:
        say(console, note, "dim")
    console.print()
    console.print(_table(scan, particles is not None))
    say(console, _WHAT_IS_SHOWN, "dim")
    console.print()
    suggestion = scan.suggestion
    say(console, suggestion.reason, "bold" if suggestion.has_structure else "")
    if suggestion.runners_up:
        also = ", ".join(map(str, suggestion.runners_up))
        console.print(Text(f"Also worth a look: {also}."))
    show_warnings(content["warnings"])
    console.print()
    console.print(
        Text.assemble(
            "Table and figure in ", (f"{shorter(found.folder)}/", "bold"), " (scan.png, scan.csv)"
        ),
        soft_wrap=True,
    )
    run = replace(settings, n_superclasses=suggestion.number, output=None, overwrite=False)
    console.print(Text("Next: look at the superclasses:"))
    console.print(Text(f"  {shlex.join(as_command(run))}", style="cyan"), soft_wrap=True)


def _table(scan: Scan, counted: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    what = "particles" if counted else "averages"
    titles = ["superclasses", "silhouette", "by chance", "stability", f"smallest ({what})"]
    balanced = bool((scan.kept != scan.total).any())
    for title in [*titles, "kept"] if balanced else titles:
        table.add_column(title, justify="right")
    table.add_column("")
    for at in _shown(scan):
        number = int(scan.numbers[at])
        cells: list[Any] = [
            str(number),
            f"{scan.silhouette[at]:.2f}",
            f"{scan.expected[at]:.2f}",
            "" if np.isnan(scan.stability[at]) else f"{scan.stability[at]:.2f}",
            f"{scan.smallest[at]:,}",
        ]
        if balanced:
            cells.append(f"{scan.kept[at] / scan.total:.0%}")
        chosen = number == scan.suggestion.number
        mark = (
            "suggested" if chosen else "runner-up" if number in scan.suggestion.runners_up else ""
        )
        table.add_row(*cells, mark, style="bold" if chosen else None)
    return table


def _shown(scan: Scan) -> list[int]:
    """Places of the rows on the screen: the named ones, and others evenly between."""
    if len(scan) <= _MOST_ROWS:
        return list(range(len(scan)))
    named = [scan.suggestion.number, *scan.suggestion.runners_up]
    places = np.flatnonzero(np.isin(scan.numbers, named))
    even = np.linspace(0, len(scan) - 1, _MOST_ROWS - len(places)).round().astype(int)
    return sorted({*places.tolist(), *even.tolist()})
