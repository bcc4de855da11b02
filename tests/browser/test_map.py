"""The map and the chain: who is where, laid on each other, pointed at, lassoed and marked."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

import rebalance
from rebalance.arrangement.chain import along, carried_on
from rebalance.figures.tiles import placed
from rebalance.model import RunResult
from rebalance.report.html import html
from rebalance.settings import RunSettings
from rebalance.simulate import simulate_class_averages
from tests.made_up_views import carrying, true_views

from .conftest import Opened, page_of
from .test_views import JOB

AROUND, LINE, LARGEST = 0.12, 1.5, 150
"""As in `map.js` and `chain.js`."""


def open_map(shown: Opened) -> Opened:
    shown.page.click("#tab-map")
    shown.page.locator("#plane-marks").scroll_into_view_if_needed()
    return shown


def ints(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<i2")


def spots(shown: Opened) -> tuple[np.ndarray, float]:
    """Where the averages of the map are on the screen, by place, and the room of each in pixels."""
    told = shown.told["map"]
    places = ints(told["places"]).reshape(-1, 2) / told["step"] + AROUND
    box = shown.page.locator("#plane-marks").bounding_box()
    size = np.array([box["width"], box["height"]])
    extent = places.max(axis=0) + 0.5 + AROUND
    room = float(min(*(size / extent), LARGEST))
    corner = np.array([box["x"], box["y"]]) + np.maximum(0, (size - extent * room) / 2)
    return corner + places * room, room


def chosen(shown: Opened) -> int:
    return int(shown.page.locator(".tile.chosen").get_attribute("data-place"))


def picked(shown: Opened) -> list[int]:
    return sorted(
        shown.page.evaluate("[...document.querySelectorAll('.tile.picked')].map((t) => t.place)")
    )


def drag_around(shown: Opened, corners: list[tuple[float, float]]) -> None:
    mouse = shown.page.mouse
    mouse.move(*corners[0])
    mouse.down()
    for corner in [*corners[1:], corners[0]]:
        mouse.move(*corner, steps=6)
    mouse.up()


def box_around(points: np.ndarray, margin: float) -> list[tuple[float, float]]:
    (left, top), (right, lower) = points.min(axis=0) - margin, points.max(axis=0) + margin
    return [(left, top), (right, top), (right, lower), (left, lower)]


def inside(points: np.ndarray, corners: list[tuple[float, float]]) -> list[int]:
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    return np.flatnonzero(((points > low) & (points < high)).all(axis=1)).tolist()


def test_a_loop_picks_what_is_in_it_and_shift_adds(main_page: Opened) -> None:
    where, room = spots(open_map(main_page))
    order = np.argsort(where[:, 0])
    first, second = (box_around(where[part], room / 2) for part in (order[:6], order[-5:]))
    drag_around(main_page, first)
    assert picked(main_page) == inside(where, first)
    assert len(picked(main_page)) >= 6
    main_page.page.keyboard.down("Shift")
    drag_around(main_page, second)
    main_page.page.keyboard.up("Shift")
    both = sorted({*inside(where, first), *inside(where, second)})
    assert picked(main_page) == both
    # What is picked is marked, as one step.
    main_page.page.keyboard.press("j")
    junk = main_page.page.locator("#junk .tile")
    assert sorted(int(tile.get_attribute("data-place")) for tile in junk.all()) == both
    main_page.page.keyboard.press("u")
    assert junk.count() == 0
    # An empty loop picks none.
    drag_around(main_page, second)
    x, y = where.min(axis=0) - room / 2
    drag_around(main_page, [(x, y), (x + 8, y), (x + 8, y + 8)])
    assert picked(main_page) == []


def test_a_loop_that_is_no_box_leaves_out_what_is_in_its_bay(main_page: Opened) -> None:
    where, room = spots(open_map(main_page))
    low, high = where.min(axis=0) - room / 2, where.max(axis=0) + room / 2
    middle = (low + high) / 2
    # The lower right quarter is cut off.
    drag_around(
        main_page,
        [(low[0], low[1]), (high[0], low[1]), (high[0], middle[1]), tuple(middle),
         (middle[0], high[1]), (low[0], high[1])],
    )  # fmt: skip
    quarter = (where > middle).all(axis=1)
    assert 0 < quarter.sum() < len(where)
    assert picked(main_page) == np.flatnonzero(~quarter).tolist()


def test_a_finger_draws_a_loop_too(
    opened: Callable[..., Opened], results: Callable[..., RunResult]
) -> None:
    narrow = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    path = page_of(results("main", n_superclasses=5, factor="0.4"))
    shown = open_map(opened(path, **narrow, color_scheme="dark"))
    where, room = spots(shown)
    corners = box_around(where[np.argsort(where[:, 0])[:7]], room / 2)
    session = shown.page.context.new_cdp_session(shown.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touched = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

    touch("touchStart", corners[0])
    for start, stop in zip(corners, [*corners[1:], corners[0]], strict=True):
        for share in (0.25, 0.5, 0.75, 1.0):
            touch("touchMove", tuple(np.add(start, share * np.subtract(stop, start))))
    touch("touchEnd")
    assert picked(shown) == inside(where, corners)
    assert shown.page.locator("#plane-acts").is_visible()
    # Two fingers zoom, and pick nothing.
    before = picked(shown)
    middle = where.mean(axis=0)
    touch("touchStart", tuple(middle - 20), tuple(middle + 20))
    touch("touchMove", tuple(middle - 60), tuple(middle + 60))
    touch("touchEnd")
    assert picked(shown) == before
    shown.page.click("#plane-acts [data-act=aside]")
    aside = shown.page.locator("#aside .tile").all()
    assert sorted(int(tile.get_attribute("data-place")) for tile in aside) == before
    assert shown.page.locator("#plane-acts").is_hidden()
    at = int(np.argmin(np.hypot(*(where - middle).T)))
    shown.page.click("#plane-all")
    shown.page.touchscreen.tap(*where[at])
    assert chosen(shown) == at


def test_pointing_names_and_a_click_chooses(main_page: Opened) -> None:
    where, _ = spots(open_map(main_page))
    numbers = main_page.told["averages"]["class_id"]
    for at in (0, 5, 11):
        main_page.page.mouse.move(*where[at])
        assert main_page.text("#plane-said").startswith(f"Class {numbers[at]}, superclass ")
    main_page.page.mouse.click(*where[11])
    assert chosen(main_page) == 11
    main_page.page.mouse.click(*where[5], button="left")
    assert chosen(main_page) == 5
    main_page.page.keyboard.down("Control")
    main_page.page.mouse.click(*where[0])
    main_page.page.mouse.click(*where[11])
    main_page.page.keyboard.up("Control")
    assert picked(main_page) == [0, 11]
    main_page.page.mouse.dblclick(*where[5])
    assert main_page.page.locator("#panel-average").is_visible()


def test_the_keyboard_goes_from_one_to_the_next_and_picks(main_page: Opened) -> None:
    where, _ = spots(open_map(main_page))
    canvas = main_page.page.locator("#plane-marks")
    canvas.focus()
    main_page.page.keyboard.press("ArrowRight")
    start = chosen(main_page)
    for key, axis, sign in (("ArrowLeft", 0, -1), ("ArrowUp", 1, -1), ("ArrowRight", 0, 1)):
        before = chosen(main_page)
        main_page.page.keyboard.press(key)
        after = chosen(main_page)
        beyond = sign * (where[:, axis] - where[before, axis]) > 0.01
        assert (after != before) == bool(beyond.any())
        assert after == before or beyond[after]
    main_page.page.keyboard.press("Space")
    here = chosen(main_page)
    assert picked(main_page) == [here]
    main_page.page.keyboard.press("Shift+ArrowDown")
    assert picked(main_page) == sorted({here, chosen(main_page)})
    main_page.page.keyboard.press("Control+a")
    assert picked(main_page) == list(range(len(where)))
    main_page.page.keyboard.press("Escape")
    assert picked(main_page) == []
    assert start is not None


def test_zoomed_in_the_map_moves_and_still_knows_who_is_where(main_page: Opened) -> None:
    where, _ = spots(open_map(main_page))
    at = 7
    page = main_page.page
    page.mouse.move(*where[at])
    page.mouse.wheel(0, -300)
    page.mouse.wheel(0, -300)
    # It zooms about the pointer.
    assert main_page.text("#plane-said").startswith(
        f"Class {main_page.told['averages']['class_id'][at]},"
    )
    page.click("#plane-lasso")
    assert page.locator("#plane-lasso").get_attribute("aria-pressed") == "false"
    page.mouse.move(*where[at])
    page.mouse.down()
    page.mouse.move(where[at][0] + 20, where[at][1] + 12, steps=4)
    page.mouse.up()
    assert picked(main_page) == []
    page.click("#plane-all")
    page.mouse.move(*where[at])
    assert main_page.text("#plane-said").startswith(
        f"Class {main_page.told['averages']['class_id'][at]},"
    )


def canvas_of(shown: Opened) -> np.ndarray:
    """What is painted on the map; grey, float (height, width)."""
    address = shown.page.evaluate("document.getElementById('plane').toDataURL()")
    picture = Image.open(io.BytesIO(base64.b64decode(address.split(",")[1])))
    return np.asarray(picture.convert("L"), float)


def check_pictures(
    shown: Opened, rows: list[int], middles: np.ndarray, room: float, expected: np.ndarray
) -> None:
    """The picture about each middle, in pixels of the canvas, is the one expected there."""
    painted, half = canvas_of(shown), int(room * 0.25)
    side = expected.shape[1]
    cut = int(side * 0.25 / 0.92)
    likeness = []
    for image, (x, y) in zip(expected, middles, strict=True):
        seen = painted[round(y) - half : round(y) + half, round(x) - half : round(x) + half]
        wanted = image[side // 2 - cut : side // 2 + cut, side // 2 - cut : side // 2 + cut]
        small = np.asarray(
            Image.fromarray(wanted).resize(seen.shape[::-1], Image.Resampling.BILINEAR)
        )
        likeness.append(np.corrcoef(seen.ravel(), small.ravel())[0, 1])
    assert len(likeness) == len(rows)
    assert np.median(likeness) > 0.95
    assert min(likeness) > 0.8


def motions_of(result: RunResult, rows: list[int], onto: np.ndarray) -> np.ndarray:
    assert result.affinity is not None
    assert result.affinity.alignment is not None
    assert result.dataset.class_averages is not None
    laid = carried_on(result.affinity.alignment, np.array(rows), onto)
    return placed(result.dataset.class_averages.images[rows], laid, 128)


def shown_rows(shown: Opened, result: RunResult) -> list[int]:
    """Rows of the averages by their place on the page."""
    class_id = result.superclasses.class_id.tolist()
    return [class_id.index(number) for number in shown.told["averages"]["class_id"]]


def test_pictures_lie_on_the_map_as_the_program_lays_them(
    main_page: Opened, results: Callable[..., RunResult]
) -> None:
    result = results("main", n_superclasses=5, factor="0.4")
    open_map(main_page).page.click("#plane-wide")
    main_page.wait_for_frames()
    where, room = spots(main_page)
    box = main_page.page.locator("#plane").bounding_box()
    rows = shown_rows(main_page, result)
    expected = motions_of(result, rows, np.array(main_page.told["map"]["onto"]))
    check_pictures(main_page, rows, where - [box["x"], box["y"]], room, expected)


def test_the_chain_goes_in_the_order_of_the_program(
    main_page: Opened, results: Callable[..., RunResult]
) -> None:
    superclasses = results("main", n_superclasses=5, factor="0.4").superclasses
    assert chain_order(open_map(main_page)) == order_of(superclasses)
    # One tree has one order, whatever the number.
    assert len(ints(main_page.told["groupings"]["places"])) == len(
        main_page.told["averages"]["class_id"]
    )
    main_page.set_number(9)
    assert chain_order(main_page) == order_of(superclasses)


def order_of(superclasses: rebalance.Superclasses) -> list[int]:
    order = superclasses.order[superclasses.label[superclasses.order] >= 0]
    return superclasses.class_id[order].tolist()


def chain_order(shown: Opened) -> list[int]:
    """Class numbers as the right arrow goes through the chain from its first."""
    shown.page.locator("input[name=layout][value=chain]").check(force=True)
    numbers = shown.told["averages"]["class_id"]
    canvas = shown.page.locator("#plane-marks")
    canvas.focus()
    for _ in numbers:
        shown.page.keyboard.press("ArrowLeft")
    found = [numbers[chosen(shown)]]
    while True:
        shown.page.keyboard.press("ArrowRight")
        if numbers[chosen(shown)] == found[-1]:
            return found
        found.append(numbers[chosen(shown)])


def test_each_number_of_another_clustering_has_its_order(
    opened: Callable[..., Opened], results: Callable[..., RunResult]
) -> None:
    run = {"clustering": "spectral", "factor": "0.4"}
    shown = open_map(opened(page_of(results("spectral4", n_superclasses=4, **run))))
    assert chain_order(shown) == order_of(results("spectral4").superclasses)
    shown.set_number(6)
    six = results("spectral6", n_superclasses=6, **run)
    assert chain_order(shown) == order_of(six.superclasses)


def test_the_chain_lays_each_on_the_one_before(
    main_page: Opened, results: Callable[..., RunResult]
) -> None:
    result = results("main", n_superclasses=5, factor="0.4")
    open_map(main_page).page.click("#plane-wide")
    numbers = chain_order(main_page)
    main_page.wait_for_frames()
    box = main_page.page.locator("#plane").bounding_box()
    n = len(numbers)
    most = max(300, min(main_page.page.viewport_size["height"] - 330, 900))
    columns = next(
        c for c in range(1, n + 1) if -(-n // c) * LINE * box["width"] / c <= most or c == n
    )
    extent = np.array([columns, -(-n // columns) * LINE]) + 2 * AROUND
    size = np.array([box["width"], box["height"]])
    room = float(min(*(size / extent), LARGEST))
    corner = np.maximum(0, (size - extent * room) / 2)
    places = np.array([[at % columns, at // columns * LINE] for at in range(n)]) + 0.5 + AROUND
    class_id = result.superclasses.class_id.tolist()
    rows = [class_id.index(number) for number in numbers]
    expected = motions_of(result, rows, along(n))
    check_pictures(main_page, rows, corner + places * room, room, expected)


def test_moved_by_hand_an_average_stands_in_its_new_superclass(main_page: Opened) -> None:
    open_map(main_page)
    groups = main_page.groups()
    number = groups[0][0]
    tile = main_page.tile(number)
    tile.click()
    main_page.page.keyboard.press("m")
    main_page.page.locator("#move-number").fill("2")
    main_page.page.keyboard.press("Enter")
    main_page.page.click("#tab-map")
    found = chain_order(main_page)
    of = {member: at for at, group in enumerate(main_page.groups()) for member in group}
    along_chain = [of[member] for member in found]
    assert np.count_nonzero(np.diff(along_chain)) == len(main_page.groups()) - 1


def test_without_an_affinity_there_is_no_map(
    opened: Callable[..., Opened], results: Callable[..., RunResult], tmp_path: Path
) -> None:
    result = replace(results("main", n_superclasses=5, factor="0.4"), affinity=None)
    path = tmp_path / "report.html"
    asked = RunSettings("job", n_superclasses=5, factor="0.4")
    path.write_text(html(asked, result), encoding="utf-8")
    shown = opened(path)
    assert shown.told["map"] is None
    assert shown.page.locator("#tab-map").is_hidden()
    shown.page.locator(".tile").first.click()
    shown.page.keyboard.press("j")


def test_a_loop_on_the_sphere_picks(
    opened: Callable[..., Opened], results: Callable[..., RunResult], tmp_path: Path
) -> None:
    result = results("main", n_superclasses=5, factor="0.4")
    assert result.affinity is not None
    found = true_views(simulate_class_averages(JOB), np.random.default_rng(2))
    with_views = replace(result, affinity=carrying(result.affinity, found))
    path = tmp_path / "report.html"
    asked = RunSettings("job", n_superclasses=5, factor="0.4")
    path.write_text(html(asked, with_views), encoding="utf-8")
    shown = opened(path)
    shown.page.click("#tab-views")
    sphere = shown.page.locator("#sphere")
    sphere.scroll_into_view_if_needed()
    box = sphere.bounding_box()
    half = [(box["x"] + 1, box["y"] + 1), (box["x"] + box["width"] / 2, box["y"] + 1)]
    half += [(x, box["y"] + box["height"] - 1) for x, _ in half[::-1]]
    drag_around(shown, half)
    on_left = ints(shown.told["views"]["place"]).reshape(-1, 2)
    left, _, side = shown.told["views"]["disc"]["window"]
    expected = (on_left[:, 0] / 32767 - left) / side < 0.5
    known = np.array(shown.told["views"]["known"])
    assert picked(shown) == np.flatnonzero(expected & known).tolist()
    assert 0 < expected.sum() < len(expected)
