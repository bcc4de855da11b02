"""How the averages are shown: sorted, sized, with more contrast; kept as a person's taste."""

from __future__ import annotations

import csv
import json
from itertools import pairwise
from typing import Any

import numpy as np

from tests.browser.conftest import Opened, page_of


def places(shown: Opened) -> list[list[int]]:
    """Places of the averages of each superclass, as they are shown."""
    return shown.page.evaluate(
        """() => [...document.querySelectorAll("#superclasses > .group")].map((group) =>
            [...group.querySelectorAll(".tile")].map((tile) => tile.place))"""
    )


def pixels(shown: Opened, place: int) -> np.ndarray:
    side, data = shown.page.evaluate(
        """(place) => {
            const { canvas } = document.querySelector(`.tile[data-place="${place}"]`);
            const copy = new OffscreenCanvas(canvas.width, canvas.width);
            const pen = copy.getContext("2d");
            pen.drawImage(canvas, 0, 0);
            const { data } = pen.getImageData(0, 0, canvas.width, canvas.width);
            return [canvas.width, [...data].filter((_, at) => at % 4 === 0)];
        }""",
        place,
    )
    return np.array(data, dtype=float).reshape(side, side)


def test_averages_are_sorted_in_their_superclasses(main_page: Opened, results: Any) -> None:
    before, groups = places(main_page), main_page.groups()
    told = main_page.told["averages"]
    affinity = results("main").affinity
    row = {number: at for at, number in enumerate(affinity.class_id.tolist())}

    def likeness(i: int, members: list[int]) -> float:
        others = [row[told["class_id"][j]] for j in members if j != i]
        return float(affinity.values[row[told["class_id"][i]], others].mean()) if others else 0.0

    orders = {
        "particles": lambda i, _: -told["particles"][i],
        "resolution": lambda i, _: told["resolution"][i],
        "class": lambda i, _: told["class_id"][i],
        "outliers": likeness,
    }
    for name, by in orders.items():
        main_page.page.select_option("#looks-sort", name)
        assert main_page.groups() == groups
        for members in places(main_page):
            values = [by(i, members) for i in members]
            assert all(a <= b + 1e-4 for a, b in pairwise(values)), name
    main_page.page.select_option("#looks-sort", "likeness")
    assert places(main_page) == before


def test_superclasses_are_sorted_and_keep_their_numbers(main_page: Opened, results: Any) -> None:
    superclasses = results("main").superclasses

    def shown() -> list[int]:
        chips = main_page.page.locator("#superclasses .chip").all_text_contents()
        return [int(text) for text in chips]

    assert shown() == [0, 1, 2, 3, 4]
    said = main_page.page.locator("#superclasses header").all_text_contents()
    for number, words in enumerate(said):
        mean = superclasses.mean_affinity[number]
        several = len(superclasses.member_rows(number)) > 1
        assert words.endswith(f"affinity {mean:.2f}") == several
    main_page.page.select_option("#looks-groups", "affinity")
    means = [float(superclasses.mean_affinity[number]) for number in shown()]
    assert means == sorted(means)
    assert sorted(shown()) == [0, 1, 2, 3, 4]
    main_page.page.locator(".tile").first.focus()
    main_page.page.keyboard.press("j")
    main_page.page.keyboard.press("u")
    main_page.page.select_option("#looks-groups", "size")
    assert shown() == [0, 1, 2, 3, 4]


def test_suspects_are_marked_in_every_order(opened: Any, results: Any) -> None:
    shown: Opened = opened(page_of(results("suspects", n_superclasses=4, junk="list")))
    reasons = shown.told["averages"]["reasons"]
    expected = {i for i, reason in enumerate(reasons) if reason}
    for name in ("likeness", "particles", "class"):
        shown.page.select_option("#looks-sort", name)
        marked = shown.page.evaluate(
            "() => [...document.querySelectorAll('.tile.suspect')].map((tile) => tile.place)"
        )
        assert set(marked) == expected


def test_a_circle_hides_corners_and_can_be_had_off(main_page: Opened) -> None:
    medoids = main_page.told["groupings"]["medoids"][4]
    turned = next(i for group in places(main_page) for i in group if i not in medoids)
    fill = main_page.told["sheet"]["fill"][turned]
    line = np.linspace(-1, 1, len(pixels(main_page, turned)))
    far = np.hypot(line[:, None], line[None, :]) > 1.25
    near = np.hypot(line[:, None], line[None, :]) < 0.6
    cut = pixels(main_page, turned)
    assert np.abs(cut[far] - fill).max() <= 1
    main_page.page.click("#looks-more summary")
    main_page.page.uncheck("#looks-circle")
    whole = pixels(main_page, turned)
    assert np.abs(whole[far] - fill).max() > 5
    assert np.abs(whole[near] - cut[near]).mean() < 1.5


def test_taste_is_kept_in_the_browser_for_every_job(opened: Any, results: Any) -> None:
    shown: Opened = opened(page_of(results("main", n_superclasses=5, factor="0.4")))
    usual = shown.page.locator(".tile canvas").first.bounding_box()["width"]
    assert shown.page.locator("#looks-reset").is_disabled()
    shown.page.select_option("#looks-sort", "particles")
    shown.set("looks-size", 140)
    shown.page.click("#looks-more summary")
    shown.set("looks-contrast", 1.5)
    shown.page.uncheck("#looks-circle")
    shown.page.keyboard.press("Escape")
    assert shown.page.locator("#looks-circle").is_hidden()
    order = places(shown)

    def seen(page: Any) -> list[Any]:
        tile = page.locator(".tile canvas").first
        shade = tile.evaluate("(canvas) => getComputedStyle(canvas).filter")
        return [tile.bounding_box()["width"], shade, page.locator("#looks-circle").is_checked()]

    assert seen(shown.page) == [140, "brightness(1) contrast(1.5)", False]
    # No mark on the job: nothing to undo, nothing to save.
    assert shown.page.locator("#undo").is_disabled()
    shown.page.reload()
    shown.page.wait_for_selector("html[data-ready]")
    assert seen(shown.page) == [140, "brightness(1) contrast(1.5)", False]
    assert places(shown) == order
    shown.page.click("#looks-more summary")
    shown.page.click("#looks-reset")
    assert seen(shown.page) == [usual, "none", True]
    assert shown.page.evaluate("() => localStorage.length") == 0
    for bad in ('{"sort": "no such", "size": 80, "groups": 3}', "[", "null"):
        shown.page.evaluate("(text) => localStorage.setItem('rebalance looks', text)", bad)
        shown.page.reload()
        shown.page.wait_for_selector("html[data-ready]")
        assert places(shown)


def test_the_table_says_where_each_average_is(main_page: Opened, tmp_path: Any) -> None:
    groups = main_page.groups()
    junk, aside, number = groups[0][0], groups[0][1], groups[1][0]
    for one, key in ((junk, "j"), (aside, "a")):
        main_page.tile(one).focus()
        main_page.page.keyboard.press(key)
    main_page.tile(number).focus()
    main_page.page.keyboard.press("m")
    main_page.page.keyboard.type("3")
    main_page.page.keyboard.press("Enter")
    with main_page.page.expect_download() as waiting:
        main_page.page.click("#save-table")
    assert waiting.value.suggested_filename == "class_averages_job003.csv"
    waiting.value.save_as(tmp_path / "table.csv")
    with (tmp_path / "table.csv").open() as stream:
        rows = {int(row["class_id"]): row for row in csv.DictReader(stream)}
    told = json.loads(json.dumps(main_page.told))
    assert list(rows) == told["decisions"]["class_numbers"]
    for at, members in enumerate(main_page.groups()):
        for one in members:
            assert (rows[one]["superclass"], rows[one]["status"]) == (str(at), "used")
    assert (rows[junk]["superclass"], rows[junk]["status"]) == ("-1", "junk")
    assert (rows[aside]["superclass"], rows[aside]["status"]) == ("-2", "set aside")
    assert [one for one, row in rows.items() if row["moved_by_hand"] == "1"] == [number]
    known = dict(zip(told["averages"]["class_id"], told["averages"]["particles"], strict=True))
    assert all(rows[one]["particles"] == str(count) for one, count in known.items())
    for status, numbers in told["not_shown"].items():
        assert all(rows[one]["status"] == status for one in numbers)
