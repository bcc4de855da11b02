"""The panel of views shows what was found, and computes what the program computes."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import rebalance
from rebalance.figures.hemisphere import on_disc
from rebalance.figures.tiles import placed
from rebalance.figures.views import drawn_hemisphere
from rebalance.model import RunResult, Transform, Views
from rebalance.report.html import html
from rebalance.settings import RunSettings
from rebalance.simulate import simulate_class_averages
from rebalance.strategies.caps import decide_cap
from rebalance.views.distribution import capped, slice_densities, uniformity_of_counts
from rebalance.views.reproject import reprojections
from tests.made_up_views import carrying, made_up_views, true_views

from .conftest import Opened
from .test_page import many_averages

JOB = {"n_averages": 24, "n_particles": 1_200, "n_views": 6, "box": 32, "seed": 1}
"""What `simulated_job` was made with."""


@pytest.fixture(scope="module")
def views() -> Views:
    found = true_views(simulate_class_averages(JOB), np.random.default_rng(2))
    return replace(found, notes=("A note about <views>.",))


@pytest.fixture
def page_with(
    opened: Callable[..., Opened], results: Callable[..., RunResult], tmp_path: Path
) -> Callable[..., Opened]:
    """The page of the simulated job in five superclasses, its affinity with views."""
    result = results("main", n_superclasses=5, factor="0.4")

    def open_with(views: Views, **settings: Any) -> Opened:
        assert result.affinity is not None
        with_views = carrying(result.affinity, views)
        path = tmp_path / "report.html"
        asked = RunSettings("job", n_superclasses=5, factor="0.4")
        path.write_text(html(asked, replace(result, affinity=with_views)), encoding="utf-8")
        shown = opened(path, **settings)
        shown.page.click("#tab-views")
        return shown

    return open_with


def centre(shown: Opened, class_number: int) -> tuple[float, float]:
    """Where the average is on the screen."""
    place = shown.told["averages"]["class_id"].index(class_number)
    box = shown.page.locator(f'#sphere [data-place="{place}"]').bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def uniformities(shown: Opened) -> list[float]:
    return [float(text) for text in shown.page.locator("#uniformity .even-row b").all_inner_texts()]


def test_without_views_there_is_no_panel(main_page: Opened) -> None:
    assert main_page.told["views"] is None
    assert main_page.page.locator("#tab-views").is_hidden()
    main_page.page.keyboard.press("4")
    assert main_page.page.locator("#panel-particles").is_visible()
    main_page.page.emulate_media(media="print")
    assert main_page.page.locator("#panel-views").is_hidden()


def test_each_average_stands_where_it_looks_from_in_the_colour_of_its_superclass(
    page_with: Callable[..., Opened], views: Views
) -> None:
    shown = page_with(views)
    counts = shown.told["averages"]["particles"]
    weight = np.zeros(len(views))
    rows = [views.class_id.tolist().index(k) for k in shown.told["averages"]["class_id"]]
    weight[rows] = counts
    hemisphere = drawn_hemisphere(views, weight)
    frame = shown.page.locator("#sphere").bounding_box()
    left, lower, side = shown.told["views"]["disc"]["window"]
    palette, groups = shown.told["colors"]["superclasses"], shown.groups()
    for row in rows:
        number = int(views.class_id[row])
        (x, y) = on_disc(hemisphere.folded(views.direction[[row]]))[0]
        expected = (x - left) / side * frame["width"], (1 - (y - lower) / side) * frame["height"]
        found = np.subtract(centre(shown, number), (frame["x"], frame["y"]))
        np.testing.assert_allclose(found, expected, atol=1)
        place = shown.told["averages"]["class_id"].index(number)
        mark = shown.page.locator(f'#sphere [data-place="{place}"]')
        if views.is_misfit[row]:
            assert mark.get_attribute("class") == "odd"
            continue
        of = next(k for k, members in enumerate(groups) if number in members)
        assert mark.get_attribute("fill") == palette[of]


def test_colours_follow_what_is_changed_by_hand(
    page_with: Callable[..., Opened], views: Views
) -> None:
    shown = page_with(views)
    number = next(k for k in shown.groups()[0] if not views.is_misfit[k - 1])
    place = shown.told["averages"]["class_id"].index(number)
    mark = shown.page.locator(f'#sphere [data-place="{place}"]')
    before = mark.get_attribute("fill")
    shown.tile(number).focus()
    shown.page.keyboard.press("j")
    assert mark.get_attribute("class") == "aside"
    shown.page.keyboard.press("u")
    assert mark.get_attribute("fill") == before


def test_pointing_shows_and_a_click_chooses(page_with: Callable[..., Opened], views: Views) -> None:
    shown = page_with(views)
    page = shown.page
    assert page.locator("#views-pair").is_hidden()
    one, other = (members[0] for members in shown.groups()[:2])
    page.mouse.click(*centre(shown, one))
    assert page.locator("#panel-views").is_visible()
    assert page.locator(".tile.chosen").get_attribute("data-place") == str(
        shown.told["averages"]["class_id"].index(one)
    )
    assert shown.text("#sphere-said").startswith(f"Class {one}, superclass 0; ")
    page.mouse.move(*centre(shown, other))
    assert shown.text("#view-average-name") == f"Class {other}"
    box = page.locator("#sphere").bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    assert shown.text("#view-average-name") == f"Class {one}"
    page.click("#tab-average")
    assert "Fit to the map" in shown.text("#average-facts")


def pixels(shown: Opened, canvas: str) -> np.ndarray:
    png = shown.page.locator(canvas).evaluate("(canvas) => canvas.toDataURL()")
    with Image.open(io.BytesIO(base64.b64decode(png.partition(",")[2]))) as image:
        return np.asarray(image.convert("L"), dtype=float)


def test_an_average_stands_beside_the_map_from_where_it_looks(
    page_with: Callable[..., Opened], views: Views, results: Callable[..., RunResult]
) -> None:
    shown = page_with(views)
    averages = results("main").dataset.class_averages
    assert averages is not None
    maps = reprojections(views, 32, like=averages.images)
    alike, crossed = [], []
    numbers = [members[0] for members in shown.groups()]
    drawn = {}
    for number in numbers:
        shown.page.mouse.click(*centre(shown, number))
        drawn[number] = pixels(shown, "#view-map").ravel()
    for number in numbers:
        side = round(len(drawn[number]) ** 0.5)
        expected = placed(maps[[number - 1]], [Transform()], side).ravel()
        for other in numbers:
            (alike if other == number else crossed).append(
                np.corrcoef(drawn[other], expected)[0, 1]
            )
    assert min(alike) > 0.95
    assert np.median(crossed) < 0.9


def test_uniformity_is_the_programs_at_every_factor(
    page_with: Callable[..., Opened], views: Views, results: Callable[..., RunResult]
) -> None:
    shown = page_with(views)
    densities = slice_densities(views)
    counts = np.zeros(len(views), dtype=np.int64)
    for number, of in zip(
        shown.told["averages"]["class_id"], shown.told["averages"]["particles"], strict=True
    ):
        counts[number - 1] = of
    for factor in ("0", "0.2", "0.4", "1"):
        shown.set("f", factor)
        label = np.full(len(views), -1)
        for group, members in enumerate(shown.groups()):
            label[np.array(members) - 1] = group
        size = np.bincount(label[label >= 0], weights=counts[label >= 0])
        cap = decide_cap(int(size.min()), factor).size
        before = uniformity_of_counts(densities, np.where(label >= 0, counts, 0))
        after = uniformity_of_counts(densities, capped(counts, label, cap))
        expected = [before] if factor == "0" else [before, before, after]
        np.testing.assert_allclose(uniformities(shown), expected, atol=0.0061)


def test_arrows_go_from_average_to_average_and_enter_opens_one(
    page_with: Callable[..., Opened], views: Views
) -> None:
    shown = page_with(views)
    page = shown.page
    page.locator("#sphere").focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    seen = []
    for _ in range(20):
        page.keyboard.press("ArrowRight")
        seen.append(page.locator("#sphere .ring").get_attribute("cx"))
    places = list(map(float, seen))
    assert places == sorted(places)
    assert len(set(places)) > 2
    page.keyboard.press("ArrowLeft")
    assert float(page.locator("#sphere .ring").get_attribute("cx")) < places[-1]
    chosen = shown.text("#view-average-name").split()[1]
    page.keyboard.press("Enter")
    assert page.locator("#panel-average").is_visible()
    assert shown.text("#pair-one-name").split(",")[0] == chosen


def test_what_is_not_to_be_trusted_is_said(page_with: Callable[..., Opened], views: Views) -> None:
    assert page_with(views).text("#views-verdict").startswith("Trusted 3 of 4 searches")
    doubtful = replace(views, trusted=False, reason="Searches found different <b>views</b>.")
    shown = page_with(doubtful)
    assert shown.text("#views-verdict") == "Not trusted Searches found different <b>views</b>."
    assert shown.text("#uniformity h2") == "Uniformity of views (if these views are right)"


@pytest.mark.parametrize("width", [360, 390, 900, 1500])
def test_nothing_is_wider_than_the_window(
    width: int, page_with: Callable[..., Opened], views: Views
) -> None:
    shown = page_with(views, viewport={"width": width, "height": 900})
    shown.page.mouse.click(*centre(shown, shown.groups()[0][0]))
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    right = shown.page.locator("#panel-views").bounding_box()
    for part in ("#sphere", "#uniformity", "#starts", "#views-pair"):
        box = shown.page.locator(part).bounding_box()
        assert box["x"] >= right["x"]
        assert box["x"] + box["width"] <= right["x"] + right["width"] + 1


def test_without_particles_circles_are_alike_and_uniformity_is_not_told(
    opened: Callable[..., Opened], tmp_path: Path, rng: np.random.Generator
) -> None:
    asked, result = many_averages(30, rng)
    assert result.affinity is not None
    views = made_up_views(30, rng, symmetry="D3", no_part=1, misfits=2)
    path = tmp_path / "report.html"
    with_views = replace(result, affinity=carrying(result.affinity, views))
    path.write_text(html(asked, with_views), encoding="utf-8")
    shown = opened(path)
    shown.page.click("#tab-views")
    radii = shown.page.locator("#sphere .is").evaluate_all(
        "(all) => all.map((c) => c.getAttribute('r'))"
    )
    assert len(radii) == 27
    assert len(set(radii)) == 1
    assert shown.page.locator("#sphere .odd").count() == 2
    assert shown.page.locator("#uniformity").is_hidden()
    assert "Axes: ◆ 2-fold, ▲ 3-fold" in shown.text("#sphere-note")
    shown.tile(1).click()
    shown.page.click("#tab-views")
    assert shown.text("#sphere-said") == "Class 1 was not used to find views."


def test_views_are_printed(page_with: Callable[..., Opened], views: Views) -> None:
    shown = page_with(views)
    shown.page.click("#tab-run")
    shown.page.emulate_media(media="print")
    assert shown.page.locator("#sphere").is_visible()
    assert shown.page.locator("#uniformity").is_visible()


def test_a_run_hands_its_views_to_the_pictures(
    results: Callable[..., RunResult], views: Views
) -> None:
    from rebalance.pipeline.view_pictures import pictures_of_run

    result = results("main", n_superclasses=5, factor="0.4")
    assert pictures_of_run(result) == {}
    assert result.affinity is not None
    with_views = replace(
        result,
        affinity=carrying(result.affinity, views),
    )
    found = pictures_of_run(with_views)
    drawn = rebalance.figures.draw_all(with_views, **found)
    assert {"views", "reprojections", "particles_over_views"} <= set(drawn)
    balance = found["view_balance"]
    assert result.selection is not None
    kept = np.bincount(
        result.dataset.particles.class_id[result.selection.selected], minlength=len(views) + 1
    )[1:]
    np.testing.assert_array_equal(balance.after, np.where(views.is_misfit, 0, kept))
