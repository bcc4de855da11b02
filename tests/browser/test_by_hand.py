"""What a person changes by hand, with mouse and keyboard, and the file that does it again."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import rebalance
from docs.tools.decide import decisions
from rebalance.curation.decisions import read_decisions

from .conftest import Opened, groups_of, kept_of, page_of, run_words


def saved(shown: Opened, folder: Path) -> Path:
    with shown.page.expect_download() as waiting:
        shown.page.click("#save")
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def moved(groups: list[list[int]], number: int, to: list[int] | None) -> list[list[int]]:
    """The groups with one class in another; each sorted, the set of them in any order."""
    without = [[c for c in group if c != number] for group in groups]
    made = [[*group, number] if group == to else group for group in without]
    return sorted(sorted(group) for group in made if group)


def focused(shown: Opened) -> int:
    """Place of the average that has the focus, and that the panel shows."""
    place: int = shown.page.evaluate("document.activeElement.place")
    class_number = shown.told["averages"]["class_id"][place]
    assert shown.text("#pair-one-name").startswith(f"{class_number}, ")
    return place


def test_j_marks_junk_and_u_undoes_it(main_page: Opened) -> None:
    before = main_page.groups()
    order = main_page.page.locator("#superclasses .tile").evaluate_all(
        "(tiles) => tiles.map((tile) => tile.place)"
    )
    number = main_page.told["averages"]["class_id"][order[0]]
    kept = main_page.text("#kept")
    tile = main_page.tile(number)
    tile.focus()
    main_page.page.keyboard.press("j")
    assert sorted(main_page.groups()) == moved(before, number, None)
    assert main_page.page.locator("#junk .tile").count() == 1
    assert "junk" in tile.get_attribute("aria-label")
    # The focus goes to the next average, not with the one that was marked.
    assert focused(main_page) == order[1]
    main_page.page.keyboard.press("j")
    assert focused(main_page) == order[2]
    assert main_page.page.locator("#junk .tile").count() == 2
    main_page.page.keyboard.press("u")
    assert focused(main_page) == order[1]
    main_page.page.keyboard.press("u")
    assert focused(main_page) == order[0]
    assert main_page.groups() == before
    assert main_page.text("#kept") == kept
    assert main_page.page.locator("#undo").is_disabled()
    assert main_page.text("#changed") == ""


def test_what_is_changed_moves_nothing_above_the_averages(main_page: Opened) -> None:
    def tops() -> list[float]:
        return main_page.page.evaluate(
            """() => ["#superclasses", "aside", "#copy-command", "#k"].map((name) =>
                document.querySelector(name).getBoundingClientRect().top)"""
        )

    before = tops()
    for number in (1, 12, 18, 5):
        main_page.set_number(number)
        assert tops() == before
    for factor in ("0", "0.9", "0.001", "many"):
        main_page.set("f", factor)
        assert tops() == before
    main_page.set("f", "0.5")
    main_page.set("max", "40")
    assert tops() == before
    main_page.tile(main_page.groups()[0][0]).focus()
    main_page.page.keyboard.press("j")
    main_page.tile(main_page.groups()[1][0]).drag_to(
        main_page.page.locator("#superclasses > .group").nth(2)
    )
    assert tops() == before


def test_a_number_moves_an_average_by_keyboard(main_page: Opened) -> None:
    before = main_page.groups()
    number = before[0][1]
    main_page.tile(number).focus()
    main_page.page.keyboard.press("m")
    assert main_page.page.locator("#move-dialog").is_visible()
    main_page.page.keyboard.type("99")
    main_page.page.keyboard.press("Enter")
    assert main_page.page.get_attribute("#move-number", "aria-invalid") == "true"
    main_page.page.fill("#move-number", "3")
    main_page.page.keyboard.press("Enter")
    assert main_page.page.locator("#move-dialog").is_hidden()
    assert sorted(main_page.groups()) == moved(before, number, before[3])
    assert "moved by hand" in main_page.tile(number).get_attribute("aria-label")
    assert main_page.text("#changed") == "1 moved by hand ✎"
    main_page.page.keyboard.press("Control+z")
    assert main_page.groups() == before


def test_dragging_moves_and_marks(main_page: Opened) -> None:
    before = main_page.groups()
    number = before[0][0]
    main_page.tile(number).drag_to(main_page.page.locator("#superclasses > .group").nth(2))
    after = main_page.groups()
    assert sorted(after) == moved(before, number, before[2])
    other = after[0][0]
    main_page.tile(other).drag_to(main_page.page.locator("#junk"))
    assert sorted(main_page.groups()) == moved(after, other, None)
    # And back into a superclass.
    main_page.tile(other).drag_to(main_page.page.locator("#superclasses > .group").nth(1))
    assert main_page.page.locator("#junk .tile").count() == 0


def test_buttons_mark_move_and_make_a_new_superclass(main_page: Opened) -> None:
    before = main_page.groups()
    number = before[0][0]
    main_page.tile(number).click()
    main_page.page.click("#mark-junk")
    assert main_page.page.locator("#junk .tile").count() == 1
    main_page.page.click("#mark-junk")
    assert main_page.groups() == before
    main_page.page.click("#move")
    main_page.page.get_by_role("button", name="New superclass").click()
    assert sorted(main_page.groups()) == sorted([*moved(before, number, None), [number]])
    main_page.page.click("#undo")
    main_page.page.click("#move")
    main_page.page.locator("#move-list").get_by_role("button", name="Superclass 2").click()
    assert sorted(main_page.groups()) == moved(before, number, before[2])
    main_page.page.click("#move")
    main_page.page.click("#move-cancel")
    assert main_page.page.locator("#move-dialog").is_hidden()


def test_junk_stays_and_moves_come_back_with_their_number(main_page: Opened) -> None:
    before = main_page.groups()
    junk, number = before[0][0], before[0][1]
    main_page.tile(junk).focus()
    main_page.page.keyboard.press("j")
    main_page.tile(number).drag_to(main_page.page.locator("#superclasses > .group").nth(2))
    changed = main_page.groups()
    main_page.set_number(7)
    assert main_page.page.locator("#junk .tile").count() == 1
    assert all(junk not in group for group in main_page.groups())
    main_page.set_number(5)
    assert main_page.groups() == changed


def test_a_run_with_the_saved_decisions_makes_what_is_on_screen(
    main_page: Opened, simulated_job: Path, tmp_path: Path
) -> None:
    main_page.set_number(6)
    main_page.set("f", "0.25")
    groups = main_page.groups()
    for number in (groups[0][0], groups[2][0]):
        main_page.tile(number).focus()
        main_page.page.keyboard.press("j")
    groups = main_page.groups()
    main_page.tile(groups[0][0]).focus()
    main_page.page.keyboard.press("m")
    main_page.page.keyboard.type("4")
    main_page.page.keyboard.press("Enter")
    path = saved(main_page, tmp_path)
    assert path.name == "decisions_job003.json"
    assert read_decisions(path).grouped_by.n_superclasses == 6

    words = shlex.split(main_page.text("#command"))
    assert words[-2:] == ["--decisions", path.name]
    summary = run_words(words, tmp_path)
    assert groups_of(summary) == main_page.groups()
    assert kept_of(summary) == main_page.kept()
    assert summary["particles"]["selected"] == int(main_page.text("#kept").replace(",", ""))
    assert len(summary["class_averages"]["junk"]) == 2
    assert any("moved by hand" in note for note in summary["notes"])


def test_a_page_of_decisions_can_be_worked_in_again(
    main_page: Opened, opened, simulated_job: Path, tmp_path: Path
) -> None:
    groups = main_page.groups()
    main_page.tile(groups[1][0]).focus()
    main_page.page.keyboard.press("j")
    first = saved(main_page, tmp_path)
    result = rebalance.run(simulated_job, decisions=first, output=tmp_path / "decided")
    again: Opened = opened(page_of(result))
    assert again.groups() == main_page.groups()
    assert "As decided: 5 superclasses by hierarchical" in again.text("#grouping-said")
    assert again.page.locator("#junk .tile").count() == 1
    # Untouched, it names the file that it was made with; touched, a new one.
    summary = run_words([*shlex.split(again.text("#command")), "-o", "same"], tmp_path)
    assert groups_of(summary) == again.groups()
    assert kept_of(summary) == again.kept()
    again.set("f", "0")
    summary = run_words([*shlex.split(again.text("#command")), "-o", "all"], tmp_path)
    assert kept_of(summary) == again.kept()
    # Junk of the run has no superclass to go back to: the page asks for one.
    assert "were grouped into 5 superclasses by hierarchical" in again.text("#methods")
    assert f"class {groups[1][0]} was discarded as junk" in again.text("#methods")
    junk = groups[1][0]
    again.tile(junk).focus()
    again.page.keyboard.press("j")
    again.page.keyboard.type("0")
    again.page.keyboard.press("Enter")
    assert junk in again.groups()[0]
    content = json.loads(saved(again, tmp_path).read_text())
    assert content["junk"] == []
    assert content["grouped_by"] == json.loads(first.read_text())["grouped_by"]
    assert content["moved"] == [junk]


@pytest.mark.parametrize("off", [False, True])
def test_decisions_can_be_made_where_nothing_was_clustered(
    off: bool, opened, results, simulated_job: Path, tmp_path: Path
) -> None:
    settings = {"superclasses": False} if off else {"n_superclasses": 1}
    shown: Opened = opened(page_of(results(f"off {off}", factor="0.5", **settings)))
    groups = shown.groups()
    shown.tile(groups[0][0]).focus()
    shown.page.keyboard.press("m")
    shown.page.get_by_role("button", name="New superclass").click()
    shown.tile(groups[0][0] if not off else groups[1][0]).focus()
    shown.page.keyboard.press("j")
    saved(shown, tmp_path)
    summary = run_words(shlex.split(shown.text("#command")), tmp_path)
    assert groups_of(summary) == shown.groups()
    assert kept_of(summary) == shown.kept()


def test_decisions_of_the_documentation_are_those_that_the_page_saves(
    main_page: Opened, results: Any, tmp_path: Path
) -> None:
    main_page.set_number(7)
    main_page.set("f", "0.25")
    junk = [main_page.groups()[0][0], main_page.groups()[-1][0]]
    for number in junk:
        main_page.tile(number).focus()
        main_page.page.keyboard.press("j")
    one, other = main_page.groups()[2][0], main_page.groups()[1][0]
    main_page.tile(one).focus()
    main_page.page.keyboard.press("m")
    main_page.page.fill("#move-number", "1")
    main_page.page.keyboard.press("Enter")
    by_page = json.loads(saved(main_page, tmp_path).read_text())
    assert by_page["moved"] == [one]
    made = decisions(
        page_of(results("main")), number=7, junk=junk, moves={one: other}, factor="0.25"
    )
    assert made == by_page


def test_the_dialog_of_moves_agrees_with_the_panel(main_page: Opened) -> None:
    pairs = main_page.page.locator("#superclasses .tile")
    for at in range(0, pairs.count(), 7):
        pairs.nth(at).click()
        facts = main_page.text("#average-facts")
        main_page.page.keyboard.press("m")
        first = main_page.page.locator("#move-list button").first
        number = first.get_attribute("aria-label").removeprefix("Superclass ")
        shown = [
            float(text.split()[-1])
            for text in main_page.page.locator("#move-list button:has(canvas)").all_text_contents()
        ]
        assert shown == sorted(shown, reverse=True)
        said = re.search(r"Next bestsuperclass (\d+), mean affinity ([\d.]+)", facts)
        assert said is not None
        assert said[1] == number
        assert float(said[2]) == pytest.approx(shown[0], abs=0.0051)
        main_page.page.keyboard.press("Escape")
