"""What Jupyter shows of a result, an affinity or superclasses: the pictures of the results folder.

`rebalance.model` asks here when a notebook asks it (``_repr_html_``); nothing is imported before.
"""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from rebalance import figures
from rebalance.model import Affinity, RunResult, Superclasses
from rebalance.record.summary_text import headline, outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DOTS_PER_INCH = 110
_MOST_ROWS = 30
_MOST_CLASSES = 24


def html_of(shown: RunResult | Affinity | Superclasses) -> str:
    """HTML that needs nothing from outside: a sentence, a table, pictures as PNG.

    Parameters
    ----------
    shown : RunResult, Affinity or Superclasses
    """
    if isinstance(shown, Affinity):
        return _affinity(shown)
    if isinstance(shown, Superclasses):
        return _superclasses(shown)
    return _result(shown)


def _result(result: RunResult) -> str:
    parts = [_paragraph(headline(result.summary), strong=True)] if result.summary else []
    averages = result.dataset.class_averages
    if averages is not None and (result.superclasses.label >= 0).any():
        parts.append(_picture(figures.overview(result), "Overview of the superclasses"))
    parts.append(_table(result.superclasses, result))
    if result.summary:
        parts += [_paragraph(sentence) for sentence in outcome(result.summary)]
        parts += [_paragraph(f"Warning: {warning}") for warning in result.summary["warnings"]]
    if result.folder is not None:
        parts.append(_paragraph(f"Results in {result.folder}"))
    return _whole(parts)


def _affinity(affinity: Affinity) -> str:
    used = int(np.count_nonzero(~affinity.is_empty))
    metric = f", {affinity.metric}" if affinity.metric else ""
    empty = f" ({len(affinity) - used:,} empty)" if used < len(affinity) else ""
    words = f"Affinity of {len(affinity):,} class averages{empty}{metric}"
    parts = [_paragraph(words, strong=True)]
    if used > 1:
        parts.append(_picture(figures.affinity_matrix(affinity), words))
    return _whole(parts)


def _superclasses(superclasses: Superclasses) -> str:
    used = int(np.count_nonzero(superclasses.label >= 0))
    how = f", {superclasses.clustering}" if superclasses.clustering else ""
    words = f"{len(superclasses):,} superclasses of {used:,} class averages{how}"
    parts = [_paragraph(words, strong=True), _table(superclasses, None)]
    parts += [_paragraph(note) for note in superclasses.notes]
    if superclasses.linkage is not None and len(superclasses.linkage):
        parts.append(_picture(figures.dendrogram(superclasses), "The tree of the clustering"))
    return _whole(parts)


def _table(superclasses: Superclasses, result: RunResult | None) -> str:
    selection = None if result is None else result.selection
    balanced = selection is not None and selection.cap is not None
    titles = ["superclass", "averages", "size", *(["kept"] if balanced else []), "affinity"]
    rows = []
    for number, members in enumerate(superclasses):
        if number == _MOST_ROWS:
            rows.append(f"<tr><td>…</td><td colspan=5>{len(superclasses) - number} more</td></tr>")
            break
        mean = float(superclasses.mean_affinity[number])
        cells = [str(number), f"{len(members):,}", f"{superclasses.size[number]:,}"]
        if selection is not None and balanced:
            cells.append(f"{selection.after[number]:,}")
        cells.append("" if np.isnan(mean) or len(members) < 2 else f"{mean:.2f}")
        ids = superclasses.class_id[members].tolist()
        more = f" … {len(ids) - _MOST_CLASSES} more" if len(ids) > _MOST_CLASSES else ""
        classes = " ".join(map(str, ids[:_MOST_CLASSES])) + more
        right = "".join(
            f"<td style='text-align:right;padding:2px 8px'>{escape(cell)}</td>" for cell in cells
        )
        rows.append(
            f"<tr>{right}<td style='text-align:left;padding:2px 8px'>{escape(classes)}</td></tr>"
        )
    head = "".join(f"<th style='text-align:right'>{title}</th>" for title in titles)
    return (
        f"<table><thead><tr>{head}<th style='text-align:left'>classes</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _picture(figure: Figure, words: str) -> str:
    from rebalance.figures import style

    stream = io.BytesIO()
    with style.context():
        figure.savefig(stream, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    data = base64.b64encode(stream.getvalue()).decode("ascii")
    return (
        f"<img alt='{escape(words, quote=True)}' style='max-width:100%' "
        f"src='data:image/png;base64,{data}'>"
    )


def _paragraph(words: str, *, strong: bool = False) -> str:
    text = escape(words)
    return f"<p><strong>{text}</strong></p>" if strong else f"<p>{text}</p>"


def _whole(parts: list[str]) -> str:
    return f"<div class='rebalance'>{''.join(parts)}</div>"
