"""Makes text from files harmless in Markdown: what was a name stays a name."""

from __future__ import annotations

import re
import unicodedata

_ACTIVE = re.compile(r"[\\`*\[\]{}<>|~$&@]")
_WORD_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_ADDRESS = re.compile(r":(?=//)|(?<=\bwww)\.", re.IGNORECASE)


def literal(text: str) -> str:
    """Text as Markdown that shows that text, on one line, with nothing in it active.

    Parameters
    ----------
    text : str
        A file name, a job name, a sentence with such names in it.

    Returns
    -------
    str
        HTML, emphasis, links, code, tables, mathematics and automatic links are shown as they are
        written; control characters become blanks.
    """
    line = "".join(
        " " if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Cs") else char
        for char in text
    )
    line = re.sub(r"\s+", " ", line).strip()
    line = _ACTIVE.sub(_harmless, line)
    # Inside a word an underscore means nothing, and file names are full of them.
    line = _WORD_UNDERSCORE.sub(r"\\_", line)
    line = _ADDRESS.sub(lambda mark: f"\\{mark[0]}", line)
    # A heading may end with marks that are not shown.
    line = re.sub(r"(?<=\s)#(?=#*$)", r"\\#", line)
    return _start(line)


def _start(line: str) -> str:
    number = re.match(r"\d+(?=[.)](?:\s|$))", line)
    if number:
        return f"{number[0]}\\{line[number.end() :]}"
    return f"\\{line}" if line[:1] in ("-", "+", "#", "=") else line


def _harmless(match: re.Match[str]) -> str:
    char = match[0]
    # Angle brackets and ampersands as entities: safe also where Markdown is pasted into HTML.
    return {"<": "&lt;", ">": "&gt;", "&": "&amp;"}.get(char, f"\\{char}")
