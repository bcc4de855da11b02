"""The page of a run with decisions: what was decided is a stop among all numbers, marks and all."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

import rebalance
from tests.browser.conftest import Opened, groups_of, kept_of, page_of, run_words
from tests.browser.test_by_hand import saved


@pytest.fixture
def decided(opened: Any, results: Any, simulated_job: Path, tmp_path: Path) -> Opened:
    """The page of what a person made of five superclasses: one moved, one junk, one set aside."""
    first: Opened = opened(page_of(results("main", n_superclasses=5, factor="0.4")))
    groups = first.groups()
    for number, key in ((groups[0][0], "j"), (groups[0][1], "a")):
        first.tile(number).focus()
        first.page.keyboard.press(key)
    first.tile(first.groups()[0][0]).focus()
    first.page.keyboard.press("m")
    first.page.keyboard.type("3")
    first.page.keyboard.press("Enter")
    path = saved(first, tmp_path)
    result = rebalance.run(
        simulated_job, decisions=path, metric="rotational-cc", output=tmp_path / "decided"
    )
    shown: Opened = opened(page_of(result))
    assert shown.groups() == first.groups()
    return shown


def numbers_in(shown: Opened, selector: str) -> list[int]:
    return shown.page.evaluate(
        """(selector) => [...document.querySelectorAll(`${selector} .caption b`)]
            .map((name) => parseInt(name.textContent))""",
        selector,
    )


def test_marks_are_shown_as_what_they_are(decided: Opened, tmp_path: Path) -> None:
    file = json.loads((tmp_path / "decisions_job003.json").read_text())
    assert numbers_in(decided, ".tile.moved") == file["moved"]
    assert numbers_in(decided, "#junk .tile") == file["junk"]
    assert numbers_in(decided, "#aside .tile") == file["set_aside"]
    assert decided.text("#changed") == "1 moved by hand ✎, 1 set aside, 1 junk"
    assert decided.page.get_attribute("#as-decided", "aria-pressed") == "true"
    assert decided.page.locator("#undo").is_disabled()
    assert decided.page.locator("#save.unsaved").count() == 0
    again = json.loads(saved(decided, tmp_path).read_text())
    assert again == file


def test_every_number_is_there_beside_what_was_decided(
    decided: Opened, simulated_job: Path, tmp_path: Path
) -> None:
    before = decided.groups()
    file = json.loads((tmp_path / "decisions_job003.json").read_text())
    apart = [*file["junk"], *file["set_aside"]]
    for number in (3, 5, 8):
        decided.set_number(number)
        assert decided.text("#k-value") == str(number)
        assert decided.page.get_attribute("#as-decided", "aria-pressed") == "false"
        assert "grouped by hierarchical" in decided.text("#grouping-said").lower()
        assert decided.page.locator(".tile.moved").count() == 0
        fresh = rebalance.run(
            simulated_job,
            n_superclasses=number,
            metric="rotational-cc",
            junk_classes=apart,
            output=tmp_path / f"at {number}",
            figures=False,
        )
        assert decided.groups() == [sorted(members.tolist()) for members in fresh.superclasses]
    # It takes a file to make this of the job: junk and what is aside are a person's.
    saved(decided, tmp_path)
    summary = run_words(shlex.split(decided.text("#command")), tmp_path)
    assert groups_of(summary) == decided.groups()
    assert kept_of(summary) == decided.kept()
    decided.page.click("#as-decided")
    assert decided.groups() == before
    decided.page.keyboard.press("]")
    assert decided.text("#k-value") == "6"
    decided.page.keyboard.press("[")
    decided.page.keyboard.press("[")
    assert decided.text("#k-value") == "5"
    assert decided.groups() != before
    decided.page.keyboard.press("]")
    assert decided.groups() == before


def test_moves_go_on_from_what_was_decided_and_are_kept(decided: Opened, tmp_path: Path) -> None:
    file = json.loads((tmp_path / "decisions_job003.json").read_text())
    number = next(number for number in decided.groups()[1] if number not in file["moved"])
    decided.tile(number).focus()
    decided.page.keyboard.press("m")
    decided.page.keyboard.type("0")
    decided.page.keyboard.press("Enter")
    assert decided.text("#changed") == "2 moved by hand ✎, 1 set aside, 1 junk"
    changed = decided.groups()
    decided.set_number(6)
    assert "moves kept for K = decided" not in decided.text("#changed")
    assert "moves kept for the decided superclasses" in decided.text("#changed")
    decided.page.on("dialog", lambda dialog: dialog.accept())
    decided.page.click("#as-decided")
    decided.page.reload()
    decided.page.wait_for_selector("html[data-ready]")
    assert decided.groups() == changed
    again = json.loads(saved(decided, tmp_path).read_text())
    assert again["moved"] == sorted([*file["moved"], number])
    assert again["grouped_by"] == file["grouped_by"]


def test_which_number_can_be_asked_of_what_was_decided(decided: Opened, tmp_path: Path) -> None:
    decided.page.click("#tab-scan")
    assert "decided by hand" in decided.text("#scan-because")
    heights = decided.page.locator("#scan-plots svg")
    assert heights.count() == 1
    file = json.loads((tmp_path / "decisions_job003.json").read_text())
    words = shlex.split(decided.text("#scan-command"))
    assert words[:2] == ["rebalance", "scan"]
    apart = sorted([*file["junk"], *file["set_aside"]])
    assert words[words.index("--exclude-classes") + 1] == ",".join(map(str, apart))
    assert run_words([*words, "-o", "scanned"], tmp_path)
