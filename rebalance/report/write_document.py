"""Writes a document into a results folder, as Markdown and as a page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rebalance.record.results_folder import PAGE, REPORT
from rebalance.report.document import Document
from rebalance.report.document_html import html_of
from rebalance.report.document_markdown import markdown_of


def write_document(document: Document, folder: Path, pictures: Iterable[Path]) -> list[Path]:
    """Write `report.md` and `report.html`.

    Parameters
    ----------
    document : Document
    folder : Path
    pictures : iterable of Path
        Files of the folder; of each name the PNG is shown.

    Returns
    -------
    list of Path
    """
    drawn = {path.stem: path for path in pictures if path.suffix == ".png"}
    linked = {name: path.relative_to(folder).as_posix() for name, path in drawn.items()}
    texts = {REPORT: markdown_of(document, linked), PAGE: html_of(document, drawn)}
    for name, text in texts.items():
        # Names that are not UTF-8 are shown by their bytes.
        (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    return [folder / name for name in texts]
