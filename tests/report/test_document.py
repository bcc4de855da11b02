"""A document as Markdown and as a page: all of it is shown, and nothing in it is active."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from rebalance.report.document import Bullets, Document, Rows, Section, Shown, Words
from rebalance.report.document_html import html_of
from rebalance.report.document_markdown import markdown_of
from rebalance.report.write_document import write_document

EVIL = '<script>alert(1)</script> {{body}} [x](http://a) "q"'

DOCUMENT = Document(
    f"job {EVIL}",
    "facts & figures",
    (
        Section("First", (Words("strong words", "strong"), Words(EVIL), Bullets((EVIL, "b")))),
        Section("Table", (Rows(("", "n"), (("a|b", "1"), (EVIL, "2"))),)),
        Section("Pictures", (Shown("there", f"shows {EVIL}"), Shown("missing", "not drawn"))),
        Section("Only missing ones", (Shown("missing", "not drawn"), Bullets(()))),
    ),
)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def _picture(folder: Path) -> Path:
    path = folder / "there.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    return path


def test_names_are_text_on_the_page(tmp_path: Path) -> None:
    page = _Tags()
    page.feed(html_of(DOCUMENT, {"there": _picture(tmp_path)}))
    assert "script" not in page.tags
    assert page.text.count(EVIL) == 6
    assert page.tags.count("img") == 1
    assert "Only missing ones" not in page.text


def test_page_loads_nothing(tmp_path: Path) -> None:
    text = html_of(DOCUMENT, {"there": _picture(tmp_path)})
    assert re.findall(r'(?:src|href)="(?!data:)', text) == []
    assert "default-src 'none'" in text


def test_markdown_has_the_same_and_nothing_active() -> None:
    text = markdown_of(DOCUMENT, {"there": "figures/there.png"})
    assert "<script>" not in text
    assert re.search(r"(?<!\\)\]\(http", text) is None
    assert text.count("](figures/there.png)") == 1
    assert "| a\\|b | 1 |" in text
    assert "Only missing ones" not in text
    assert "**strong words**" in text


def test_both_are_written_beside_each_other(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    picture = _picture(tmp_path / "figures")
    written = write_document(DOCUMENT, tmp_path, [picture, picture.with_suffix(".pdf")])
    assert [path.name for path in written] == ["report.md", "report.html"]
    assert "figures/there.png" in written[0].read_text(encoding="utf-8")
