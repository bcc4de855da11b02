"""A document as one self-contained HTML page, styled like `report.html`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from importlib import resources
from itertools import groupby
from pathlib import Path

from rebalance.report.document import Block, Bullets, Document, Rows, Section, Shown, Words

_CSS_DPI = 96


def html_of(document: Document, pictures: Mapping[str, Path]) -> str:
    """The document as a page that loads nothing, and runs nothing.

    Parameters
    ----------
    document : Document
    pictures : mapping of name to Path
        The PNG of each picture; those that are not there are left out.
    """
    page = resources.files("rebalance.report") / "page"
    parts = {
        "title": escape(f"{document.title} · rebalance"),
        "style": "\n".join(
            (page / name).read_text(encoding="utf-8").strip()
            for name in ("style.css", "document.css")
        ),
        "heading": escape(document.title),
        "facts": escape(document.facts),
        "body": "\n".join(_section(section, pictures) for section in document.sections),
    }
    text = (page / "document.html").read_text(encoding="utf-8")
    pieces = text.split("{{")
    return pieces[0] + "".join(
        parts[name] + rest for name, _, rest in (piece.partition("}}") for piece in pieces[1:])
    )


def _section(section: Section, pictures: Mapping[str, Path]) -> str:
    blocks: list[str] = []
    for are_pictures, group in groupby(section.blocks, key=lambda one: isinstance(one, Shown)):
        texts = [text for block in group if (text := _block(block, pictures))]
        # Consecutive pictures are placed side by side where there is room.
        blocks += (
            [f'<div class="figures">{"".join(texts)}</div>'] if are_pictures and texts else texts
        )
    if not blocks:
        return ""
    return "\n".join(["<section>", f"<h2>{escape(section.title)}</h2>", *blocks, "</section>"])


def _block(block: Block, pictures: Mapping[str, Path]) -> str:
    if isinstance(block, Words):
        tone = f' class="{block.tone}"' if block.tone else ""
        return f"<p{tone}>{escape(block.text)}</p>"
    if isinstance(block, Bullets):
        items = "".join(f"<li>{escape(sentence)}</li>" for sentence in block.sentences)
        if not items:
            return ""
        return f'<ul class="{"callout" if block.is_warning else "plain"}">{items}</ul>'
    if isinstance(block, Rows):
        head = "".join(f"<th>{escape(cell)}</th>" for cell in block.header)
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in block.rows
        )
        return (
            f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>'
            "</table></div>"
        )
    path = pictures.get(block.name)
    if path is None:
        return ""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return (
        f'<figure style="width:{_width(path)}px">'
        f'<img src="data:image/png;base64,{data}" alt="{escape(block.caption)}">'
        f"<figcaption>{escape(block.caption)}</figcaption></figure>"
    )


def _width(path: Path) -> int:
    """Of a picture on the page, in CSS pixels: as large as it is in inches."""
    from PIL import Image

    with Image.open(path) as image:
        return round(image.width * _CSS_DPI / float(image.info.get("dpi", (_CSS_DPI,))[0]))
