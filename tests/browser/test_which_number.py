"""The panel that helps to choose the number of superclasses, with a scan and without."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import rebalance
from rebalance.model import RunResult
from rebalance.report.html import html
from rebalance.settings import RunSettings

from .conftest import Opened, page_of, run_words


@pytest.fixture
def scanned(simulated_job: Path, opened: Any, results: Any, tmp_path: Path) -> Opened:
    """The page of a run with a scan, which has two runners-up whatever the data say."""
    result = _with_runners_up(results("scan", n_superclasses="auto", factor="0.5"))
    path = tmp_path / "report.html"
    request = RunSettings(simulated_job, n_superclasses=result.scan.suggestion.number, factor="0.5")
    path.write_text(html(request, result), encoding="utf-8")
    shown: Opened = opened(path)
    return shown


def _with_runners_up(result: RunResult) -> Any:
    scan: Any = result.scan
    best = scan.suggestion.number
    suggestion = replace(scan.suggestion, runners_up=(best + 3, best + 5))
    return replace(result, scan=replace(scan, suggestion=suggestion))


def test_a_page_with_a_scan_opens_where_the_number_is_decided(
    scanned: Opened, opened: Any, results: Any
) -> None:
    def panels(page: Any) -> list[str]:
        names = ("average", "matrix", "particles", "scan", "run")
        return [name for name in names if page.locator(f"#panel-{name}").is_visible()]

    assert panels(scanned.page) == ["scan"]
    without = opened(page_of(results("told its number", n_superclasses=6)))
    assert panels(without.page) == ["matrix"]


def test_the_suggestion_and_runners_up_set_the_number(scanned: Opened) -> None:
    told, page = scanned.told["scan"], scanned.page
    assert scanned.text("#scan-because") == told["because"]
    assert scanned.text("#k-value") == str(told["suggestion"])
    buttons = page.locator("#scan-choices button")
    numbers = [told["suggestion"], *told["runners_up"]]
    assert buttons.all_text_contents() == [str(number) for number in numbers]
    # By keyboard, from the tab on; the focus stays where it is.
    page.focus("#tab-scan")
    for number in numbers:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert scanned.text("#k-value") == str(number)
        pressed = page.locator("#scan-choices button[aria-pressed=true]")
        assert pressed.all_text_contents() == [str(number)]
        assert page.evaluate("document.activeElement.dataset.number") == str(number)
        assert len(scanned.groups()) == number


def test_curves_are_those_of_the_scan(scanned: Opened) -> None:
    told = scanned.told["scan"]
    plots = scanned.page.locator("#scan-plots svg")
    assert plots.count() == 3
    assert plots.nth(0).locator("polyline").count() == 2
    for line, name in enumerate(("silhouette", "expected")):
        heights = _heights(plots.nth(0).locator("polyline").nth(line))
        assert len(heights) == len(told["numbers"])
        assert heights.index(min(heights)) == told[name].index(max(told[name]))
    number = told["numbers"][4]
    scanned.set_number(number)
    said = scanned.text("#scan-said")
    assert f"silhouette {told['silhouette'][4]:.2f} ({told['expected'][4]:.2f} expected" in said
    assert f"stability {told['stability'][4]:.2f}" in said


def _heights(line: Any) -> list[float]:
    return [float(point.split(",")[1]) for point in line.get_attribute("points").split()]


def test_particles_kept_follow_factor_junk_and_moves(scanned: Opened) -> None:
    groupings = scanned.told["groupings"]["numbers"]
    read = scanned.told["balance"]["read"]
    for factor, number in (("0.9", 3), ("0.2", 7)):
        scanned.set("f", factor)
        scanned.set_number(number)
        scanned.page.keyboard.press("Escape")
        scanned.tile(scanned.groups()[0][0]).focus()
        scanned.page.keyboard.press("j")
        line = scanned.page.locator("#scan-plots svg").nth(2).locator("polyline")
        heights = _heights(line)
        assert len(heights) == len(groupings)
        # 0 % and 100 % are where the plot has its lines.
        rules = scanned.page.locator("#scan-plots svg").nth(2).locator("line.axis")
        none, _, every = (float(rules.nth(at).get_attribute("y1")) for at in range(3))
        for at in range(len(groupings)):
            scanned.set_number(groupings[at])
            kept = int(scanned.text("#kept").replace(",", ""))
            share = (none - heights[at]) / (none - every)
            assert share == pytest.approx(kept / read, abs=0.002)


def test_nothing_is_said_to_be_kept_where_nothing_is_balanced(scanned: Opened) -> None:
    scanned.set("f", "0")
    assert scanned.page.locator("#scan-plots svg").count() == 2
    assert "kept" not in scanned.text("#scan-said")
    scanned.set("f", "0.5")
    assert scanned.page.locator("#scan-plots svg").count() == 3
    assert "of particles kept" in scanned.text("#scan-said")


def test_the_number_beside_the_slider_is_that_of_the_command(scanned: Opened) -> None:
    scanned.set_number(7)
    single = min(scanned.groups(), key=len)
    for number in single:
        scanned.tile(number).focus()
        scanned.page.keyboard.press("j")
    assert len(scanned.groups()) == 6
    assert scanned.text("#k-value") == "7"
    scanned.tile(scanned.groups()[0][0]).focus()
    scanned.page.keyboard.press("m")
    scanned.page.keyboard.type("2")
    scanned.page.keyboard.press("Enter")
    scanned.set_number(5)
    # What was moved at 7 is not lost, and not forgotten either.
    assert "moves kept for K = 7" in scanned.text("#changed")
    scanned.set_number(7)
    assert scanned.text("#changed").startswith("1 moved by hand")


def test_a_click_in_a_plot_chooses_the_number_below_it(scanned: Opened) -> None:
    box = scanned.page.locator("#scan-plots svg").nth(0).bounding_box()
    scanned.page.mouse.click(box["x"] + box["width"] - 9 * box["width"] / 380, box["y"] + 40)
    assert scanned.text("#k-value") == str(scanned.told["groupings"]["numbers"][-1])


def test_a_page_without_a_scan_gives_the_command_that_makes_one(
    simulated_job: Path, opened: Any, results: Any, tmp_path: Path
) -> None:
    settings = {
        "n_superclasses": 6,
        "max_size": 90,
        "strategy": "best",
        "clustering": "spectral",
        "junk_classes": [4],
        "scale": "full",
        "copy_templates": True,
        "options": {"clustering": {"power": "1.5"}, "metric": {"max_shift": "5px"}},
    }
    result = results("without a scan", **settings)
    shown: Opened = opened(page_of(result))
    shown.page.click("#tab-scan")
    assert shown.page.locator("#scan-plots svg").count() == 1
    assert shown.page.locator("#scan-choices").is_hidden()
    words = shlex.split(shown.text("#scan-command"))
    assert words[:2] == ["rebalance", "scan"]
    found = run_words([*words, "--range", "3-8"], tmp_path)
    assert found["clustering"] == "spectral"
    assert found["clustering_options"] == dict(result.superclasses.options)
    assert found["used"] == len(result.superclasses.order) - _out(result)


def _out(result: rebalance.RunResult) -> int:
    return int((result.superclasses.label < 0).sum())


def test_given_superclasses_have_no_such_panel(
    simulated_job: Path, opened: Any, results: Any
) -> None:
    shown: Opened = opened(page_of(results("off", superclasses=False, factor="0.5")))
    assert shown.page.locator("#tab-scan").is_hidden()
