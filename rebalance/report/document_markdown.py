"""A document as Markdown."""

from __future__ import annotations

from collections.abc import Mapping

from rebalance.report.document import Block, Bullets, Document, Rows, Words
from rebalance.report.escape import literal


def markdown_of(document: Document, pictures: Mapping[str, str]) -> str:
    """The document as Markdown.

    Parameters
    ----------
    document : Document
    pictures : mapping of name to str
        Where each picture is, from the folder of the file; those that are not there are left out.
    """
    parts = [f"# {literal(document.title)}", literal(document.facts)]
    for section in document.sections:
        blocks = [text for block in section.blocks if (text := _block(block, pictures))]
        if blocks:
            parts += [f"## {literal(section.title)}", *blocks]
    return "\n\n".join(parts) + "\n"


def _block(block: Block, pictures: Mapping[str, str]) -> str:
    if isinstance(block, Words):
        text = literal(block.text)
        return f"**{text}**" if block.tone == "strong" else text
    if isinstance(block, Bullets):
        return "\n".join(f"- {literal(sentence)}" for sentence in block.sentences)
    if isinstance(block, Rows):
        rule = ["---", *["---:"] * (len(block.header) - 1)]
        lines = [[literal(cell) for cell in row] for row in (block.header, *block.rows)]
        lines.insert(1, rule)
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
    where = pictures.get(block.name)
    return "" if where is None else f"![{literal(block.caption)}]({where})"
