"""Pages hang together: links, pictures, generated tables, blocks that others check."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from docs.tools import images, pages, real_data, tables

PAGES = pages.pages()


def name(page: Path) -> str:
    return page.relative_to(pages.ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in pages.links(page):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in pages.anchors(target), f"{target.name} has no heading #{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_picture_is_there_small_and_made_by_a_command(page: Path) -> None:
    made = {picture.target for picture in pages.pictures(page)}
    made |= real_data.pictures(page.read_text(encoding="utf-8"))
    programs = pages.drawn_by_programs(page)
    assert all(find_spec(module) for module in programs.values())
    made |= programs.keys()
    for picture in pages.all_pictures(page):
        assert picture.is_file()
        assert picture.stat().st_size < images.MOST_BYTES
        assert picture in made, f"nothing says what {picture.name} is made from"


def test_every_picture_is_shown() -> None:
    shown = {picture for page in PAGES for picture in pages.all_pictures(page)}
    assert set((pages.ROOT / "docs" / "images").iterdir()) == shown


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_generated_parts_are_up_to_date(page: Path) -> None:
    for part, text in pages.generated(page.read_text(encoding="utf-8")).items():
        assert text == tables.parts()[part](), f"{part}: python -m docs.make writes it again"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_only_known_kinds_of_block_are_used(page: Path) -> None:
    """A command in a block of another language would not be run."""
    for block in pages.blocks(page.read_text(encoding="utf-8")):
        assert block.language in ("prepare", "console", "pycon", "python", "toml")
        if block.language == "toml":
            assert "file" in block.options
        checked_by = block.options.get("elsewhere")
        assert checked_by is None or (pages.ROOT / checked_by).is_file()
    # Fences without a language hold drawings.
    rest = pages.without_blocks(page.read_text(encoding="utf-8"))
    plain = re.findall(r"^```\n(.*?)^```$", rest, re.DOTALL | re.MULTILINE)
    assert not any(re.search(r"^\s*(\$|>>>)", text, re.MULTILINE) for text in plain)


def test_every_page_is_reached_from_the_front_page() -> None:
    reached: set[Path] = set()
    waiting = [pages.ROOT / "README.md", pages.ROOT / "CHANGELOG.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        for link in pages.links(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target not in reached:
                waiting.append(target)
    assert {page for page in PAGES if page.parent.name != "docs" or page.name != "README.md"} <= (
        reached
    )


@pytest.mark.parametrize(
    ("line", "is_shown"),
    [
        ("Analyzing the sampling of Fourier space ...", False),
        ("Comparing class averages: 40 %, about 2 s left", False),
        ("Compiling for this computer (once only)", False),
        ("Suggested: 12 superclasses (silhouette 0.68).", True),
        ("Warning 3 superclasses were made ...", True),
    ],
)
def test_lines_of_progress_are_not_shown(line: str, is_shown: bool, tmp_path: Path) -> None:
    from docs.tools.session import Session

    block = f"```console\n$ echo '{line}'\n...\n```\n"
    page = tmp_path / "page.md"
    page.write_text(block)
    (spoken,) = [one for _, told in Session(tmp_path).run_page(page) for one in told]
    assert spoken.printed == (line if is_shown else "")
