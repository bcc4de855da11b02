"""The tutorial's part on real classifications is what happens there, where the data are."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.tools import images, photograph
from docs.tools import real_data as part
from docs.tools.session import same

from .test_pages_do_what_they_show import MOST_DIFFERENT

TEXT = part.PAGE.read_text(encoding="utf-8")


def test_that_part_of_the_tutorial_names_this_test() -> None:
    assert (part.pages.ROOT / part.TEST).samefile(__file__)
    typed = [block.text for block in part.blocks(TEXT) if block.language == "console"]
    for name in part.DATA:
        assert any(name in text for text in typed)


def test_real_classifications_are_decided_as_shown(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _, said in part.do(TEXT, real_data, tmp_path):
        for one in said:
            where = f"line {one.line}: {one.typed}\n{one.printed}"
            assert one.exit_code == 0, where
            if one.shown:
                assert same(one.shown, one.printed), (
                    f"{where}\n\nThe page shows other output; if this is right, "
                    "python -m docs.tools.real_data writes it."
                )
    pictures = part.photographs(tmp_path)
    assert pictures or photograph.browser() is None
    for source, target in pictures.items():
        assert images.difference(source, target) < MOST_DIFFERENT, target.name
