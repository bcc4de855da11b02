"""Marks by hand outlive the page: in the browser, and through a decisions file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Opened, page_of
from tests.browser.test_by_hand import saved


def answer(shown: Opened) -> list[str]:
    """Let the page be left; the kinds of dialog that it asked with."""
    asked: list[str] = []
    shown.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    return asked


def reload(shown: Opened) -> None:
    shown.page.reload()
    shown.page.wait_for_selector("html[data-ready]")


def work(shown: Opened) -> None:
    """One average junk, one set aside, one moved at six superclasses, and a factor."""
    shown.set_number(6)
    groups = shown.groups()
    for number, key in ((groups[0][0], "j"), (groups[2][0], "a")):
        shown.tile(number).focus()
        shown.page.keyboard.press(key)
    shown.tile(shown.groups()[0][0]).focus()
    shown.page.keyboard.press("m")
    shown.page.keyboard.type("3")
    shown.page.keyboard.press("Enter")
    shown.set("f", "0.2")


def seen(shown: Opened) -> tuple[Any, ...]:
    return (
        shown.groups(),
        shown.kept(),
        shown.text("#changed"),
        shown.text("#kept"),
        shown.page.input_value("#f"),
    )


def test_marks_are_there_after_a_reload_and_go_with_undo(main_page: Opened) -> None:
    untouched = main_page.groups()
    asked = answer(main_page)
    work(main_page)
    before = seen(main_page)
    assert before[2] == "1 moved by hand ✎, 1 set aside, 1 junk"
    reload(main_page)
    assert asked == ["beforeunload"]
    assert seen(main_page) == before
    assert "are back" in main_page.text("#toast")
    main_page.page.keyboard.press("u")
    assert main_page.groups() == untouched
    assert main_page.text("#changed") == ""
    reload(main_page)
    assert main_page.groups() == untouched
    assert main_page.text("#toast") == ""


def test_nothing_is_asked_of_who_saved_or_changed_nothing(
    main_page: Opened, tmp_path: Path
) -> None:
    asked = answer(main_page)
    main_page.set("f", "0.3")
    main_page.page.keyboard.press("t")
    reload(main_page)
    work(main_page)
    assert main_page.page.locator("#save.unsaved").count() == 1
    saved(main_page, tmp_path)
    assert main_page.page.locator("#save.unsaved").count() == 0
    before = seen(main_page)
    reload(main_page)
    reload(main_page)
    assert asked == []
    assert seen(main_page) == before
    main_page.tile(main_page.groups()[1][0]).focus()
    main_page.page.keyboard.press("j")
    reload(main_page)
    assert asked == ["beforeunload"]


def test_marks_belong_to_the_job_not_to_the_settings_of_a_run(opened: Any, results: Any) -> None:
    one: Opened = opened(page_of(results("main", n_superclasses=5, factor="0.4")))
    pages = [one.page.url]
    answer(one)
    work(one)
    junk = one.page.locator("#junk .tile").get_attribute("data-place")
    other = page_of(results("seven", n_superclasses=7, factor="0.9"))
    pages.append(other.resolve().as_uri())
    one.page.goto(pages[-1])
    one.page.wait_for_selector("html[data-ready]")
    assert one.page.locator("#junk .tile").get_attribute("data-place") == junk
    # Its own number and factor are those of the run.
    assert one.page.input_value("#f") == "0.9"
    assert one.page.input_value("#k") == str(one.told["groupings"]["numbers"].index(7))
    # With other superclasses a label would mean something else: nothing is taken over.
    alone = page_of(results("alone", superclasses=False, factor="0.5"))
    pages.append(alone.resolve().as_uri())
    one.page.goto(pages[-1])
    one.page.wait_for_selector("html[data-ready]")
    assert one.page.locator("#junk .tile").count() == 0
    # Three pages were opened here, and none of them asked for another file.
    assert {url for url in one.requests if url.startswith("file:")} == set(pages)
    one.requests[:] = [one.page.url]


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 1}', '{"version": 9, "marks": {}}'])
def test_what_else_is_in_the_browser_does_no_harm(main_page: Opened, text: str) -> None:
    before = main_page.groups()
    key = f"rebalance marks {main_page.told['digest']}"
    main_page.page.evaluate("([key, text]) => localStorage.setItem(key, text)", [key, text])
    reload(main_page)
    assert main_page.groups() == before
    assert main_page.page.locator("#undo").is_disabled()


def test_a_browser_that_keeps_nothing_is_no_hindrance(opened: Any, results: Any) -> None:
    shown: Opened = opened(page_of(results("main", n_superclasses=5, factor="0.4")))
    shown.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } });"
    )
    asked = answer(shown)
    reload(shown)
    work(shown)
    reload(shown)
    assert asked == ["beforeunload"]
    assert shown.text("#changed") == ""


def test_a_saved_file_is_read_again(opened: Any, results: Any, tmp_path: Path) -> None:
    page = page_of(results("main", n_superclasses=5, factor="0.4"))
    one: Opened = opened(page)
    work(one)
    path = saved(one, tmp_path)
    content = json.loads(path.read_text())
    other: Opened = opened(page)
    untouched = other.groups()
    other.page.set_input_files("#load-file", path)
    other.page.wait_for_selector("#undo:not([disabled])")
    assert seen(other) == seen(one)
    assert other.page.locator("#save.unsaved").count() == 0
    again = json.loads(saved(other, tmp_path).read_text())
    assert again == content
    other.page.keyboard.press("u")
    assert other.groups() == untouched
    assert other.page.input_value("#f") == "0.4"


def test_a_file_of_any_superclasses_is_shown_as_it_is(main_page: Opened, tmp_path: Path) -> None:
    numbers = main_page.told["averages"]["class_id"]
    groups = [numbers[0::3], numbers[1::3], numbers[2::3]]
    content = main_page.told["decisions"] | {"superclasses": groups, "factor": "0.5", "seed": 7}
    path = tmp_path / "made.json"
    path.write_text(json.dumps(content))
    main_page.page.set_input_files("#load-file", path)
    main_page.page.wait_for_selector("#undo:not([disabled])")
    assert sorted(main_page.groups()) == sorted(sorted(group) for group in groups)
    again = json.loads(saved(main_page, tmp_path).read_text())
    assert sorted(map(sorted, again["superclasses"])) == sorted(map(sorted, groups))
    assert again["seed"] == 7


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"decisions_version": 2}, "It has version 2"),
        ({"averages_sha256": "0" * 64}, "images differ"),
        ({"superclasses": [[1, 999_999]]}, "does not exist"),
        ({"superclasses": [[1], [1]]}, "more than one place"),
        ({"superclasses": [[1]]}, "does not mention class"),
        ({"superclasses": [["1"]]}, "not a valid decisions file"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_the_reason(
    main_page: Opened, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    before = main_page.groups()
    path = tmp_path / "made.json"
    path.write_text(json.dumps(main_page.told["decisions"] | {"superclasses": before} | change))
    main_page.page.set_input_files("#load-file", path)
    main_page.page.wait_for_selector("#toast.shown")
    assert said in main_page.text("#toast")
    assert main_page.groups() == before
    assert main_page.page.locator("#undo").is_disabled()


def test_undo_takes_back_a_slider_too(main_page: Opened) -> None:
    before = seen(main_page)
    for number in (6, 7, 8):
        main_page.set_number(number)
    main_page.set("f-slider", "0.8")
    assert main_page.page.input_value("#f") == "0.8"
    main_page.page.keyboard.press("u")
    assert main_page.page.input_value("#f") == "0.4"
    assert main_page.page.locator("#superclasses > .group").count() == 8
    main_page.page.keyboard.press("u")
    assert seen(main_page) == before
    assert main_page.page.locator("#undo").is_disabled()
