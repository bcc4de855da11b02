"""Several averages at a time: picked by mouse, keyboard and touch, and marked as one step."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Opened, page_of


def order(shown: Opened) -> list[int]:
    """Places of all averages, as they stand on screen."""
    return shown.page.evaluate(
        "[...document.querySelectorAll('#superclasses .tile')].map((tile) => tile.place)"
    )


def at(shown: Opened, place: int):
    return shown.page.locator(f'.tile[data-place="{place}"]')


def picked(shown: Opened) -> list[int]:
    """Places that are picked, as the page shows and as it tells a screen reader."""
    places = shown.page.evaluate(
        "[...document.querySelectorAll('.tile.picked')].map((tile) => tile.place)"
    )
    told = shown.page.evaluate(
        "[...document.querySelectorAll('.tile[aria-selected=true]')].map((tile) => tile.place)"
    )
    assert places == told
    assert shown.page.locator("#picked-bar").is_visible() == bool(places)
    if places:
        particles = sum(shown.told["averages"]["particles"][place] for place in places)
        said = f"{len(places)} average{'s' * (len(places) > 1)} selected ({particles:,} particle"
        assert shown.text("#picked-said").startswith(said)
        assert shown.text("#announced") == shown.text("#picked-said")
    return places


def test_clicks_with_control_and_shift_pick(main_page: Opened) -> None:
    shown = order(main_page)
    at(main_page, shown[1]).click(modifiers=["Control"])
    assert picked(main_page) == [shown[1]]
    at(main_page, shown[4]).click(modifiers=["Control"])
    at(main_page, shown[1]).click(modifiers=["Control"])
    assert picked(main_page) == [shown[4]]
    at(main_page, shown[9]).click()
    assert picked(main_page) == []
    # Shift picks from the one that was clicked, either way, and anew each time.
    at(main_page, shown[12]).click(modifiers=["Shift"])
    assert picked(main_page) == shown[9:13]
    at(main_page, shown[7]).click(modifiers=["Shift"])
    assert picked(main_page) == shown[7:10]
    at(main_page, shown[14]).click(modifiers=["Control"])
    assert picked(main_page) == [*shown[7:10], shown[14]]
    main_page.page.keyboard.press("Escape")
    assert picked(main_page) == []
    # A plain click and one with Control are two, as in a list of files.
    at(main_page, shown[0]).click()
    at(main_page, shown[3]).click(modifiers=["Control"])
    assert picked(main_page) == [shown[0], shown[3]]
    main_page.page.click("#picked-clear")
    assert picked(main_page) == []


def test_keys_pick(main_page: Opened) -> None:
    shown = order(main_page)
    first = len(main_page.groups()[0])
    at(main_page, shown[1]).focus()
    for key in ("Space", "Shift+ArrowRight", "Shift+ArrowRight"):
        main_page.page.keyboard.press(key)
    assert picked(main_page) == shown[1:4]
    main_page.page.keyboard.press("Space")
    assert picked(main_page) == shown[1:3]
    main_page.page.keyboard.press("Escape")
    at(main_page, shown[first]).focus()
    main_page.page.keyboard.press("Control+a")
    assert picked(main_page) == shown[first : first + len(main_page.groups()[1])]


def test_the_heading_of_a_superclass_picks_all_of_it(main_page: Opened) -> None:
    shown, groups = order(main_page), main_page.groups()
    button = main_page.page.get_by_role("button", name="Select all of superclass 1")
    button.click()
    assert picked(main_page) == shown[len(groups[0]) :][: len(groups[1])]
    button.click()
    assert picked(main_page) == []


def test_what_is_picked_is_marked_in_one_step(main_page: Opened) -> None:
    before, shown = main_page.groups(), order(main_page)
    three = [shown[0], shown[1], shown[-1]]
    for key, tray in (("j", "#junk"), ("a", "#aside")):
        for place in three:
            at(main_page, place).click(modifiers=["Control"])
        main_page.page.keyboard.press(key)
        assert main_page.page.locator(f"{tray} .tile").count() == 3
        assert picked(main_page) == []
        assert main_page.page.evaluate("document.activeElement.place") not in three
        main_page.page.keyboard.press("u")
        assert main_page.groups() == before
        assert main_page.page.locator("#undo").is_disabled()
        main_page.page.keyboard.press("Escape")


def test_the_buttons_of_the_bar_and_of_the_panel_act_on_all(main_page: Opened) -> None:
    before, shown = main_page.groups(), order(main_page)
    numbers = [main_page.told["averages"]["class_id"][place] for place in shown[:3]]
    at(main_page, shown[0]).click()
    at(main_page, shown[2]).click(modifiers=["Shift"])
    assert main_page.text("#mark-junk") == "Junk all 3 (J)"
    main_page.page.click("#mark-junk")
    assert main_page.page.locator("#junk .tile").count() == 3
    main_page.page.locator("#junk .tile").first.focus()
    main_page.page.keyboard.press("Control+a")
    bar = main_page.page.locator("#picked-bar")
    bar.get_by_role("button", name="Not junk").click()
    assert main_page.groups() == before
    at(main_page, shown[0]).click()
    at(main_page, shown[2]).click(modifiers=["Shift"])
    bar.get_by_role("button", name="Move to").click()
    assert main_page.text("#move-title").startswith("Move classes ")
    main_page.page.locator("#move-list").get_by_role("button", name="Superclass 3").click()
    assert set(numbers) <= set(next(g for g in main_page.groups() if numbers[0] in g))
    assert main_page.text("#changed") == "3 moved by hand ✎"
    assert picked(main_page) == []


def test_dragging_one_of_the_picked_drags_all(main_page: Opened) -> None:
    shown, groups = order(main_page), main_page.groups()
    for place in shown[:2]:
        at(main_page, place).click(modifiers=["Control"])
    target = main_page.page.locator("#superclasses > .group").nth(2)
    at(main_page, shown[1]).drag_to(target)
    numbers = {main_page.told["averages"]["class_id"][place] for place in shown[:2]}
    assert sorted({*groups[2], *numbers}) in main_page.groups()
    # Another one goes by itself, and what is picked stays so.
    shown = order(main_page)
    at(main_page, shown[0]).click(modifiers=["Control"])
    at(main_page, shown[3]).drag_to(main_page.page.locator("#superclasses > .group").nth(1))
    assert picked(main_page) == [shown[0]]


@pytest.mark.parametrize("touch", [True, False])
def test_in_select_mode_a_tap_picks(touch: bool, opened, results) -> None:
    size = {"width": 390, "height": 844} if touch else {"width": 1440, "height": 900}
    page = page_of(results("main", n_superclasses=5, factor="0.4"))
    shown: Opened = opened(page, viewport=size, has_touch=touch)
    places = order(shown)

    def press(target) -> None:
        target.tap() if touch else target.click()

    press(shown.page.locator("#select"))
    assert shown.page.get_attribute("#select", "aria-pressed") == "true"
    for place in places[:3]:
        press(at(shown, place))
    press(at(shown, places[1]))
    assert picked(shown) == [places[0], places[2]]
    assert shown.page.locator("aside.open").count() == 0
    press(shown.page.locator("#picked-bar [data-act=junk]"))
    assert shown.page.locator("#junk .tile").count() == 2
    press(shown.page.locator("#select"))
    press(at(shown, places[1]))
    assert picked(shown) == []


def test_who_was_left_out_cannot_be_picked(opened, results) -> None:
    result = results("without one", n_superclasses=5, exclude_classes="1")
    shown: Opened = opened(page_of(result))
    out = shown.page.locator("#left-out .tile")
    assert out.count() == 1
    out.click(modifiers=["Control"])
    assert picked(shown) == []
