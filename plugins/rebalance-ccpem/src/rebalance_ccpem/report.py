"""What the report of a command says, as plain text: sections, captions of pictures, references."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

from pipeliner.pipeliner_job import Ref

METHODS = "Methods, to paste into a paper"

_PICTURE = re.compile(r"!\[([^\]]*)\]\((figures/[^)]+)\)")
_PAPER = re.compile(
    r"^(?:\d+\.|-) (?P<authors>[^()]+?) \((?P<year>\d{4})\) (?P<title>.+?)\. (?P<journal>\S.+)$"
)
_DOI = re.compile(r"\.? ?doi:(\S+)")


@dataclass(frozen=True)
class Report:
    """A ``report.md``.

    Parameters
    ----------
    text : str
    """

    text: str

    @classmethod
    def read(cls, path: Path) -> Report:
        """The report of a results folder; one that says nothing where there is none."""
        return cls(path.read_text(encoding="utf-8") if path.is_file() else "")

    def section(self, heading: str = "") -> str:
        """The plain text below a heading; of what comes before the first one without a heading."""
        parts = re.split(r"^##? (.*)\n", self.text, flags=re.MULTILINE)
        bodies = dict(zip(parts[1::2], parts[2::2], strict=True))
        body = bodies.get(heading, "") if heading else next(iter(bodies.values()), "")
        return _plain(_PICTURE.sub("", body))

    def captions(self) -> dict[str, str]:
        """What is below each picture, by its path in the results folder."""
        return {path: _plain(caption) for caption, path in _PICTURE.findall(self.text)}

    def references(self) -> list[Ref]:
        """The papers that the methods section lists; those in another form are left out."""
        lines = self.section(METHODS).splitlines()
        return [paper for paper in map(_paper, lines) if paper is not None]


def _plain(markdown: str) -> str:
    text = re.sub(r"\\(\W)", r"\1", html.unescape(markdown.replace("**", "")))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _paper(line: str) -> Ref | None:
    found = _PAPER.match(line)
    if found is None:
        return None
    doi = _DOI.search(found["journal"])
    return Ref(
        authors=[found["authors"]],
        title=found["title"],
        journal=_DOI.sub("", found["journal"]).rstrip("."),
        year=found["year"],
        doi=doi[1].rstrip(".") if doi else "",
    )
