"""What a page shows is what happens: commands, their outputs, their exit codes, pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.tools import images, pages, photograph
from docs.tools.session import Session, same

PAGES = [
    page
    for page in pages.pages()
    if any(block.options.get("elsewhere") is None for block in pages.blocks(page.read_text()))
]
MOST_DIFFERENT = 4.0
"""Grey levels of 255, on average over a picture: fonts and versions of libraries differ."""


def name(page: Path) -> str:
    return page.relative_to(pages.ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_does_what_it_shows(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = pages.missing(page.read_text(encoding="utf-8"))
    if missing:
        pytest.skip(f"the page needs {', '.join(missing)}, not installed here")
    # What is imported from here, and where the session goes, ends with the test.
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    pictures = pages.pictures(page)
    session = Session(tmp_path, {picture.results for picture in pictures})
    for _, said in session.run_page(page):
        for one in said:
            where = f"{name(page)}, line {one.line}: {one.typed}\n{one.printed}"
            assert one.exit_code == 0 or one.shown, where
            if one.shown:
                assert same(one.shown, one.printed), (
                    f"{where}\n\nThe page shows other output; if this is right, "
                    "python -m docs.make writes it."
                )
    for picture in pictures:
        if photograph.is_photograph(picture.source) and photograph.browser() is None:
            continue
        made = images.difference(tmp_path / picture.source, picture.target)
        assert made < MOST_DIFFERENT, (
            f"{picture.target.name} no longer looks like {picture.source}; "
            "python -m docs.make makes it again."
        )


def test_output_that_differs_is_noticed() -> None:
    assert same("a 0.92  62 19\n 26", "a 0.93 19 62 26")
    assert not same("kept 544", "kept 545")
    assert not same("affinity 0.92", "affinity 0.94")
    assert not same("one line", "one line more")
