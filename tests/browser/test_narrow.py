"""Windows of every width: what is chosen shows at once, by mouse and by touch."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Opened, page_of
from tests.browser.test_by_hand import moved

SIZES = [(1440, 900), (1200, 800), (1080, 800), (1024, 768), (900, 900), (768, 1024), (390, 844)]


def in_sight(shown: Opened, selector: str) -> bool:
    """Whether all of an element is inside the window, with nothing on it."""
    return bool(
        shown.page.evaluate(
            """(selector) => {
                const made = document.querySelector(selector), box = made.getBoundingClientRect();
                const inside = box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight &&
                    box.right <= innerWidth && box.width > 0;
                const middle = [box.left + box.width / 2, box.top + box.height / 2];
                const over = document.elementFromPoint(...middle);
                return inside && made.contains(over);
            }""",
            selector,
        )
    )


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_what_is_chosen_shows_at_once(opened: Any, results: Any, size: tuple[int, int]) -> None:
    page = page_of(results("main", n_superclasses=5, factor="0.4"))
    shown: Opened = opened(page, viewport={"width": size[0], "height": size[1]})
    assert in_sight(shown, "#copy-command")
    wide = shown.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= size[0]
    for group in (0, -1):
        number = shown.groups()[group][-1]
        tile = shown.tile(number)
        tile.click()
        place = tile.get_attribute("data-place")
        assert in_sight(shown, "#pair-one")
        assert in_sight(shown, "#mark-junk")
        assert in_sight(shown, f'.tile[data-place="{place}"]')
    # The frame of the chosen average is around its words, not through them.
    frame, words = shown.page.evaluate(
        """() => {
            const tile = document.querySelector(".tile.chosen"), box = tile.getBoundingClientRect();
            const inset = -parseFloat(getComputedStyle(tile, "::before").bottom);
            const last = tile.lastElementChild.previousElementSibling.getBoundingClientRect();
            return [box.bottom + inset, last.bottom];
        }"""
    )
    assert frame > words


def test_the_sheet_opens_by_its_tabs_and_closes(opened: Any, results: Any) -> None:
    page = page_of(results("main", n_superclasses=5, factor="0.4"))
    shown: Opened = opened(page, viewport={"width": 390, "height": 844})
    assert shown.page.locator("#panel-matrix").is_hidden()
    shown.page.click("#tab-particles")
    assert in_sight(shown, "#bars .bar-row")
    shown.page.click("#close-sheet")
    assert shown.page.locator("#panel-particles").is_hidden()
    shown.page.click("#tab-matrix")
    assert shown.page.locator("#matrix").is_visible()
    shown.page.keyboard.press("Escape")
    assert shown.page.locator("#matrix").is_hidden()


@pytest.mark.parametrize("size", [(1024, 768), (390, 844)], ids=["tablet", "telephone"])
def test_a_finger_moves_and_marks(opened: Any, results: Any, size: tuple[int, int]) -> None:
    page = page_of(results("main", n_superclasses=5, factor="0.4"))
    viewport = {"width": size[0], "height": size[1]}
    shown: Opened = opened(page, viewport=viewport, has_touch=True, is_mobile=True)
    before = shown.groups()
    number = before[0][1]
    shown.tile(number).tap()
    shown.page.tap("#move")
    shown.page.locator("#move-list").get_by_role("button", name="Superclass 3").tap()
    after = shown.groups()
    assert sorted(after) == moved(before, number, before[3])
    other = after[1][0]
    shown.tile(other).tap()
    shown.page.tap("#mark-junk")
    assert sorted(shown.groups()) == moved(after, other, None)
    shown.page.tap("#undo")
    assert shown.groups() == after


def test_paper_has_everything_whatever_the_window(opened: Any, results: Any) -> None:
    page = page_of(results("main", n_superclasses=5, factor="0.4"))
    shown: Opened = opened(page, viewport={"width": 390, "height": 844})
    shown.page.emulate_media(media="print")
    for name in ("matrix", "particles", "run"):
        assert shown.page.locator(f"#panel-{name}").is_visible()
    assert shown.page.evaluate("getComputedStyle(document.querySelector('aside')).position") == (
        "static"
    )


def luminance(color: str) -> float:
    """Relative, of WCAG 2."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_and_edges_can_be_told_from_their_ground(
    opened: Any, results: Any, theme: str
) -> None:
    page = page_of(results("main", n_superclasses=5, factor="0.4"))
    shown: Opened = opened(page, color_scheme=theme)
    names = ("paper", "ground", "ink", "muted", "edge", "focus", "accent", "outline")
    color = shown.page.evaluate(
        """(names) => {
            const style = getComputedStyle(document.documentElement);
            const value = (name) => style.getPropertyValue(`--${name}`).trim();
            return Object.fromEntries(names.map((name) => [name, value(name)]));
        }""",
        list(names),
    )

    def contrast(one: str, other: str) -> float:
        low, high = sorted((luminance(one), luminance(other)))
        return (high + 0.05) / (low + 0.05)

    for ground in ("paper", "ground"):
        for words in ("ink", "muted"):
            assert contrast(color[words], color[ground]) >= 4.5
        for edge in ("edge", "focus", "accent"):
            assert contrast(color[edge], color[ground]) >= 3
        # A dark superclass on a dark ground has a line around it.
        if theme == "dark":
            assert contrast(color["outline"], color[ground]) >= 3


@pytest.mark.parametrize("wide", [1400, 1100, 1024, 920])
def test_every_tab_is_in_sight(opened: Any, results: Any, wide: int) -> None:
    page = page_of(results("main", n_superclasses=5, factor="0.4"))
    shown: Opened = opened(page, viewport={"width": wide, "height": 800})
    # A page may have all of them.
    shown.page.evaluate(
        "document.querySelectorAll('[role=tab]').forEach((tab) => tab.hidden = false)"
    )
    panel = shown.page.locator("aside").bounding_box()
    for tab in shown.page.locator('[role="tab"]').all():
        box = tab.bounding_box()
        assert box["x"] >= panel["x"]
        assert box["x"] + box["width"] <= panel["x"] + panel["width"], tab.inner_text()
