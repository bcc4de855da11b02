"""What is set aside stands apart on the page, and what a person makes of it is what a run makes."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rebalance
from rebalance.simulate import simulate_class_averages, write_relion
from rebalance.strategies.small import cap_from_of

from .conftest import Opened, groups_of, kept_of, page_of, run_words


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clear views, some of them rare, and films with their particles."""
    settings = {
        "n_averages": 40, "n_particles": 2_000, "n_views": 9, "box": 32, "pixel_size": 8.0,
        "n_noise": 0, "n_junk": 0, "n_edge": 2, "n_junk_noise": 2, "snr": 0.5, "seed": 42,
    }  # fmt: skip
    return write_relion(simulate_class_averages(settings), tmp_path_factory.mktemp("junk")).job


@pytest.fixture
def page(job: Path, opened: Any, results: Any) -> tuple[Opened, rebalance.RunResult]:
    result = results("aside", job, n_superclasses=6, factor="0.6")
    return opened(page_of(result)), result


def aside_of(shown: Opened) -> list[int]:
    """Class numbers in the tray, as they stand."""
    return shown.page.evaluate(
        """() => [...document.querySelectorAll("#aside .tile .caption b")]
            .map((name) => parseInt(name.textContent))"""
    )


def total(shown: Opened) -> int:
    return int(shown.text("#kept").replace(",", ""))


def test_what_is_set_aside_stands_apart_with_its_reasons(page: Any) -> None:
    shown, result = page
    aside = result.summary["class_averages"]["set_aside"]
    assert aside
    assert aside_of(shown) == aside
    assert shown.groups() == groups_of(result.summary)
    assert total(shown) == result.summary["particles"]["selected"]
    assert f"{len(aside)} set aside" in shown.text("#changed")
    assert result.quality is not None
    tile = shown.tile(aside[0])
    for reason in result.quality.reasons_of(aside[0]):
        assert reason in tile.get_attribute("aria-label")
    tile.click(position={"x": 20, "y": 40})
    assert result.quality.reasons_of(aside[0])[0] in shown.text("#average-facts")
    assert "set aside" in shown.text("#pair-one-name")


def test_a_click_brings_one_back_into_the_superclass_it_is_most_like_and_a_run_does_so_too(
    page: Any, tmp_path: Path
) -> None:
    shown, result = page
    aside = result.summary["class_averages"]["set_aside"]
    back = aside[0]
    row = result.dataset.class_averages.class_id.tolist().index(back)
    superclasses = result.superclasses
    likest = int(np.argmax(result.affinity.values[row, superclasses.medoid_row]))
    members = sorted([*superclasses.members(likest).tolist(), back])
    shown.tile(back).locator(".back").click()
    assert aside_of(shown) == aside[1:]
    assert members in shown.groups()
    assert "moved by hand" in shown.tile(back).get_attribute("aria-label")
    with shown.page.expect_download() as waiting:
        shown.page.click("#save")
    waiting.value.save_as(tmp_path / waiting.value.suggested_filename)
    decided = json.loads((tmp_path / waiting.value.suggested_filename).read_text(encoding="utf-8"))
    assert decided["set_aside"] == aside[1:]
    assert back in decided["moved"]
    summary = run_words(shlex.split(shown.text("#command")), tmp_path)
    assert groups_of(summary) == shown.groups()
    assert kept_of(summary) == shown.kept()
    assert summary["class_averages"]["set_aside"] == aside[1:]
    assert summary["particles"]["selected"] == total(shown)
    # At another number it is in a superclass too; undone, it is aside again.
    for number in (3, 12):
        shown.set_number(number)
        assert sum(back in group for group in shown.groups()) == 1
    # Steps of the slider are undone as well.
    while shown.page.locator("#undo").is_enabled():
        shown.page.keyboard.press("u")
    assert aside_of(shown) == aside
    assert shown.groups() == groups_of(result.summary)


def test_a_sets_aside_and_nothing_of_it_is_dropped_at_factor_0(page: Any, tmp_path: Path) -> None:
    shown, result = page
    shown.set("f", "0")
    before = total(shown)
    assert before == result.summary["particles"]["read"]
    number = shown.groups()[0][0]
    shown.tile(number).focus()
    shown.page.keyboard.press("a")
    assert number in aside_of(shown)
    assert not any(number in group for group in shown.groups())
    assert total(shown) == before
    with shown.page.expect_download() as waiting:
        shown.page.click("#save")
    waiting.value.save_as(tmp_path / waiting.value.suggested_filename)
    summary = run_words(shlex.split(shown.text("#command")), tmp_path)
    assert summary["class_averages"]["set_aside"] == sorted(aside_of(shown))
    assert groups_of(summary) == shown.groups()
    assert summary["particles"]["excluded"] == 0
    # J makes junk of it, which is dropped.
    shown.tile(number).focus()
    shown.page.keyboard.press("j")
    assert number not in aside_of(shown)
    assert total(shown) < before


def test_crumbs_do_not_decide_the_cap_on_the_page_as_in_the_program(
    page: Any, job: Path, opened: Any, results: Any, tmp_path: Path
) -> None:
    shown, _ = page
    of = dict(
        zip(shown.told["averages"]["class_id"], shown.told["averages"]["particles"], strict=True)
    )
    seen = 0
    for number in range(2, 25):
        shown.set_number(number)
        sizes = np.array([sum(of[c] for c in group) for group in shown.groups()])
        least = cap_from_of(sizes)
        seen += bool(least)
        for factor in (1, 0.5):
            shown.set("f", factor)
            cap = int(sizes[sizes >= least].min() / factor)
            assert shown.kept() == np.minimum(sizes, cap).tolist()
    assert seen
    off = opened(page_of(results("by the guide", job, n_superclasses=20, factor="1", junk="off")))
    assert aside_of(off) == []
    sizes = [sum(of[c] for c in group) for group in off.groups()]
    assert set(off.kept()) == {min(sizes)}
    assert "--cap-from 0" in off.text("#command")
    summary = run_words(shlex.split(off.text("#command")), tmp_path)
    assert kept_of(summary) == off.kept()


def test_a_suspect_among_the_superclasses_is_marked(page: Any) -> None:
    shown, result = page
    aside = result.summary["class_averages"]["set_aside"]
    assert shown.page.locator(".tile.suspect").count() == 0
    shown.tile(aside[0]).focus()
    shown.page.keyboard.press("a")
    assert "suspect" in shown.tile(aside[0]).get_attribute("class").split()
    assert "suspected: " in shown.tile(aside[0]).get_attribute("aria-label")
    assert "?: suspected junk." in shown.text("#grouping-said")
