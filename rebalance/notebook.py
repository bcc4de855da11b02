"""What a notebook shows of the dataclasses: a sentence, a table, and the pictures of a run.

The package registers these functions in `rebalance.display`; this module, and matplotlib, are
imported by the first display that is asked for. Each function returns HTML that needs nothing from
outside.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from rebalance import figures
from rebalance.model import (
    KEPT,
    REASONS,
    Affinity,
    ClassAverages,
    Dataset,
    RunResult,
    Scan,
    Selection,
    Superclasses,
    Views,
)
from rebalance.model.counting import counted
from rebalance.record.summary_text import headline, outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_ROWS = 30
_MOST_CLASSES = 24


def dataset(shown: Dataset) -> str:
    """What was read, its files, and the class averages as they stand in the stack."""
    read = []
    if shown.particles is not None:
        read.append(counted(len(shown.particles), "particle"))
    if shown.class_averages is not None:
        read.append(counted(len(shown.class_averages), "class average"))
    words = f"{shown.job}: {', '.join(read)} ({shown.format})"
    parts = [_paragraph(words, strong=True)]
    if shown.sources:
        parts.append(_paragraph(f"Read from {', '.join(map(str, shown.sources))}"))
    parts += _said(shown.warnings, shown.notes)
    if shown.class_averages is not None:
        parts.append(_sheet(shown.class_averages, shown.job))
    return _whole(parts)


def class_averages(shown: ClassAverages) -> str:
    """The class averages as they stand in the stack."""
    words = f"{counted(len(shown), 'class average')} of {shown.box} × {shown.box} pixels"
    return _whole([_paragraph(words, strong=True), _sheet(shown)])


def affinity(shown: Affinity) -> str:
    """The matrix."""
    used = int(np.count_nonzero(~shown.is_empty))
    metric = f", {shown.metric}" if shown.metric else ""
    aside = f" ({len(shown) - used:,} not compared)" if used < len(shown) else ""
    words = f"Affinity of {counted(len(shown), 'class average')}{aside}{metric}"
    parts = [_paragraph(words, strong=True), *_said((), shown.notes)]
    if used > 1:
        parts.append(_picture(figures.affinity_matrix(shown), words))
    return _whole(parts)


def superclasses(shown: Superclasses) -> str:
    """A table of the superclasses, and the tree of the clustering."""
    used = int(np.count_nonzero(shown.label >= 0))
    how = f", {shown.clustering}" if shown.clustering else ""
    groups = counted(len(shown), "superclass", "superclasses")
    words = f"{groups} of {counted(used, 'class average')}{how}"
    parts = [_paragraph(words, strong=True), _table_of(shown, None), *_said((), shown.notes)]
    if shown.linkage is not None and len(shown.linkage):
        parts.append(_picture(figures.dendrogram(shown), "The tree of the clustering"))
    return _whole(parts)


def views(shown: Views) -> str:
    """Whether they are to be trusted, and where the averages look from."""
    from rebalance.figures.view_words import verdict

    parts = [_paragraph(verdict(shown), strong=True), *_said((), shown.notes)]
    if np.isfinite(shown.fit).any():
        words = "Viewing directions of the class averages"
        parts.append(_picture(figures.class_average_views(shown), words))
    return _whole(parts)


def scan(shown: Scan) -> str:
    """What is suggested and why, and every number that was tried."""
    parts = [_paragraph(shown.suggestion.reason, strong=True)]
    if len(shown):
        parts.append(_picture(figures.scan_of_numbers(shown), "Quality by number of superclasses"))
    return _whole(parts)


def selection(shown: Selection) -> str:
    """Particles of each superclass before and after, and why the others went."""
    words = f"{shown.count(KEPT):,} of {counted(len(shown), 'particle')} are selected"
    if shown.cap is not None:
        words += f", at most {shown.cap:,} per superclass"
    parts = [_paragraph(words, strong=True), *_said(shown.warnings, ())]
    rows = [
        [str(number), f"{before:,}", f"{after:,}"]
        for number, (before, after) in enumerate(zip(shown.before, shown.after, strict=True))
    ]
    parts.append(_table(["superclass", "particles", "kept"], rows))
    counts = [(reason, shown.count(reason)) for reason in REASONS if reason != KEPT]
    gone = [[reason, f"{count:,}"] for reason, count in counts if count]
    if gone:
        parts.append(_table(["excluded because", "particles"], gone, left="excluded because"))
    return _whole([*parts, *_said((), shown.notes)])


def run_result(shown: RunResult) -> str:
    """The overview, the superclasses, what was kept, and where the results are."""
    parts = [_paragraph(headline(shown.summary), strong=True)] if shown.summary else []
    averages = shown.dataset.class_averages
    if averages is not None and (shown.superclasses.label >= 0).any():
        parts.append(_picture(figures.overview(shown), "Overview of the superclasses"))
    parts.append(_table_of(shown.superclasses, shown.selection))
    if shown.summary:
        parts += [_paragraph(sentence) for sentence in outcome(shown.summary)]
        parts += _said(shown.summary["warnings"], ())
    if shown.folder is not None:
        parts.append(_paragraph(f"Results in {shown.folder}"))
    return _whole(parts)


def _sheet(averages: ClassAverages, job: str = "") -> str:
    if not len(averages):
        return ""
    return _picture(figures.contact_sheet(averages, job=job), "The class averages in stack order")


def _table_of(superclasses: Superclasses, selection: Selection | None) -> str:
    after = None if selection is None or selection.cap is None else selection.after
    titles = ["superclass", "averages", "size", *(["kept"] if after is not None else [])]
    rows = []
    for number, members in enumerate(superclasses):
        mean = float(superclasses.mean_affinity[number])
        row = [str(number), f"{len(members):,}", f"{superclasses.size[number]:,}"]
        if after is not None:
            row.append(f"{after[number]:,}")
        row.append("" if np.isnan(mean) or len(members) < 2 else f"{mean:.2f}")
        more = f" … {len(members) - _MOST_CLASSES} more" if len(members) > _MOST_CLASSES else ""
        rows.append([*row, " ".join(map(str, members[:_MOST_CLASSES].tolist())) + more])
    return _table([*titles, "affinity", "classes"], rows, left="classes")


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], left: str = "") -> str:
    """Numbers stand at the right of their column, text of the column named at its left."""
    sides = ["left" if title == left else "right" for title in titles]
    head = "".join(
        f"<th style='text-align:{side};padding:2px 8px'>{escape(title)}</th>"
        for title, side in zip(titles, sides, strict=True)
    )
    lines = [
        "".join(
            f"<td style='text-align:{side};padding:2px 8px'>{escape(cell)}</td>"
            for cell, side in zip(row, sides, strict=True)
        )
        for row in rows[:_MOST_ROWS]
    ]
    if len(rows) > _MOST_ROWS:
        lines.append(f"<td>…</td><td colspan=5>{len(rows) - _MOST_ROWS:,} more</td>")
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _said(warnings: Iterable[str], notes: Iterable[str]) -> list[str]:
    return [_paragraph(f"Warning: {warning}") for warning in warnings] + list(
        map(_paragraph, notes)
    )


def _picture(figure: Figure, words: str) -> str:
    from rebalance.figures.picture import as_png

    data = base64.b64encode(as_png(figure)).decode("ascii")
    return (
        f"<img alt='{escape(words, quote=True)}' style='max-width:100%' "
        f"src='data:image/png;base64,{data}'>"
    )


def _paragraph(words: str, *, strong: bool = False) -> str:
    text = escape(words)
    return f"<p><strong>{text}</strong></p>" if strong else f"<p>{text}</p>"


def _whole(parts: list[str]) -> str:
    return f"<div class='rebalance'>{''.join(parts)}</div>"
