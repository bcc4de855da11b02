"""Dragging by mouse and finger; the dock, which is in reach wherever the page is scrolled to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Opened, page_of
from tests.browser.test_by_hand import moved


@pytest.fixture
def tall(opened: Any, results: Any) -> Opened:
    """A page so low that its trays are far below."""
    page = page_of(results("main", n_superclasses=5, factor="0.4"))
    shown: Opened = opened(page, viewport={"width": 1440, "height": 600})
    assert shown.page.locator("#junk").bounding_box()["y"] > 600
    return shown


def middle(target: Any) -> tuple[float, float]:
    box = target.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def hold(shown: Opened, number: int) -> None:
    """Begin to drag a class average by mouse."""
    x, y = middle(shown.tile(number).locator("canvas"))
    shown.page.mouse.move(x, y)
    shown.page.mouse.down()
    shown.page.mouse.move(x + 12, y + 3, steps=3)


@pytest.mark.parametrize("place", ["aside", "junk", "new"])
def test_the_dock_takes_what_is_dragged(tall: Opened, place: str) -> None:
    before = tall.groups()
    number = before[0][0]
    dock = tall.page.locator("#dock")
    assert dock.is_hidden()
    hold(tall, number)
    assert dock.is_visible()
    scrolled = tall.page.evaluate("scrollY")
    target = tall.page.locator(f"#dock-{place}")
    box = target.bounding_box()
    assert box["y"] + box["height"] <= 600
    tall.page.mouse.move(*middle(target), steps=4)
    assert target.evaluate("(target) => target.classList.contains('over')")
    tall.page.mouse.up()
    assert dock.is_hidden()
    assert tall.page.evaluate("scrollY") == scrolled
    assert tall.text("#pair-one-name") == ""
    if place == "new":
        assert sorted(tall.groups()) == sorted([*moved(before, number, None), [number]])
    else:
        assert sorted(tall.groups()) == moved(before, number, None)
        assert tall.page.locator(f"#{place} .tile").count() == 1
    tall.page.keyboard.press("u")
    assert tall.groups() == before
    assert tall.page.locator("#undo").is_disabled()


def test_what_is_let_go_where_it_was_stays_and_so_does_what_escape_ends(tall: Opened) -> None:
    before = tall.groups()
    hold(tall, before[0][0])
    tall.page.keyboard.press("Escape")
    tall.page.mouse.move(*middle(tall.page.locator("#junk")))
    tall.page.mouse.up()
    hold(tall, before[0][0])
    tall.page.mouse.up()
    assert tall.groups() == before
    assert tall.page.locator("#undo").is_disabled()
    assert tall.page.locator(".dragged").count() == 0
    # A click is still a click.
    tall.tile(before[0][0]).click()
    assert tall.text("#pair-one-name").startswith(f"{before[0][0]}, ")


def test_what_begins_low_in_the_window_finds_the_dock_on_top(tall: Opened) -> None:
    number = tall.groups()[-1][0]
    tall.tile(number).evaluate("(tile) => tile.scrollIntoView({ block: 'end' })")
    hold(tall, number)
    dock = tall.page.locator("#dock").bounding_box()
    bar = tall.page.locator(".controls").bounding_box()
    assert bar["y"] + bar["height"] <= dock["y"] < 300
    tall.page.mouse.up()
    assert tall.page.locator("#undo").is_disabled()


def test_the_page_scrolls_where_something_is_held_at_its_edge(tall: Opened) -> None:
    before = tall.groups()
    number = before[0][0]
    hold(tall, number)
    dock = tall.page.locator("#dock").bounding_box()
    tall.page.mouse.move(dock["x"] + 40, dock["y"] - 20)
    last = tall.page.locator("#superclasses > .group").last
    tall.page.wait_for_function(
        "() => document.querySelector('#superclasses > :last-child').offsetTop < scrollY + 450"
    )
    tall.page.mouse.move(*middle(last.locator("canvas").first))
    tall.page.mouse.up()
    assert sorted(tall.groups()) == moved(before, number, before[-1])


@pytest.fixture
def finger(opened: Any, results: Any) -> tuple[Opened, Callable[..., None]]:
    """A page on a telephone, and what a finger does there."""
    page = page_of(results("main", n_superclasses=5, factor="0.4"))
    shown: Opened = opened(
        page, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    session = shown.page.context.new_cdp_session(shown.page)

    def touch(kind: str, *point: float) -> None:
        points = [{"x": point[0], "y": point[1]}] if point else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    return shown, touch


def test_a_finger_drags_after_a_long_press(finger: Any) -> None:
    shown, touch = finger
    before = shown.groups()
    number = before[0][0]
    tile = shown.tile(number)
    tile.evaluate("(tile) => tile.scrollIntoView({ block: 'center' })")
    x, y = middle(tile.locator("canvas"))
    touch("touchStart", x, y)
    shown.page.wait_for_selector("html.dragging")
    scrolled = shown.page.evaluate("scrollY")
    to = middle(shown.page.locator("#dock-junk"))
    for part in (0.1, 0.4, 0.7, 1):
        touch("touchMove", x + part * (to[0] - x), y + part * (to[1] - y))
    touch("touchEnd")
    assert shown.page.locator("#junk .tile").count() == 1
    assert shown.page.evaluate("scrollY") == scrolled
    assert sorted(shown.groups()) == moved(before, number, None)


def test_a_finger_that_moves_at_once_scrolls(finger: Any) -> None:
    shown, touch = finger
    x, y = middle(shown.page.locator("#superclasses .tile canvas").first)
    touch("touchStart", x, y)
    for far in range(20, 220, 20):
        touch("touchMove", x, y - far)
    shown.page.wait_for_function("() => scrollY > 50")
    shown.page.wait_for_timeout(500)
    assert shown.page.locator("html.dragging").count() == 0
    touch("touchEnd")
    assert shown.page.locator("#undo").is_disabled()
