"""The page opens, every control works, and nothing in a name can break out of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import rebalance
from rebalance.contracts import Block
from rebalance.figures.tiles import placed
from rebalance.model import Affinity, Alignment, ClassAverages, Dataset, RunResult, Transform
from rebalance.options import NoOptions
from rebalance.report.html import html
from rebalance.settings import RunSettings

from .conftest import Opened, page_of


def test_tabs_open_by_click_key_and_arrow(main_page: Opened) -> None:
    page = main_page.page
    for name in ("average", "particles", "run", "matrix"):
        page.click(f"#tab-{name}")
        assert page.locator(f"#panel-{name}").is_visible()
        assert page.locator(".panel:visible").count() == 1
    page.keyboard.press("ArrowRight")
    assert page.locator("#panel-map").is_visible()
    page.keyboard.press("ArrowRight")
    assert page.locator("#panel-particles").is_visible()
    assert page.evaluate("document.activeElement.id") == "tab-particles"
    page.keyboard.press("1")
    assert page.locator("#panel-average").is_visible()


def test_an_average_is_shown_with_those_it_is_like(main_page: Opened) -> None:
    values = {}
    number = main_page.groups()[0][0]
    main_page.tile(number).click()
    assert main_page.page.locator("#panel-average").is_visible()
    names = main_page.page.locator("#neighbours .near").evaluate_all(
        "(near) => near.map((one) => one.getAttribute('aria-label'))"
    )
    for name in names:
        words = name.split()
        values[int(words[1].rstrip(","))] = float(words[-1])
    assert number not in values
    assert list(values.values()) == sorted(values.values(), reverse=True)
    main_page.page.locator("#neighbours .near").nth(3).click()
    other = list(values)[3]
    assert f"Affinity {values[other]:.3f}; {other} turned by" in main_page.text("#pair-said")


def test_averages_are_drawn_on_their_medoid_as_the_transforms_say(
    main_page: Opened, results: Any
) -> None:
    """The pixels of the canvases are those that `rebalance.figures` makes with SciPy."""
    result = results("main")
    averages, affinity = result.dataset.class_averages, result.affinity
    main_page.page.click("#looks-more summary")
    main_page.page.uncheck("#looks-circle")
    moved = 0
    superclasses = result.superclasses
    for number, members in enumerate(superclasses):
        medoid = int(superclasses.medoid_row[main_page.groups().index(sorted(members.tolist()))])
        for member in superclasses.member_rows(number).tolist():
            canvas = main_page.tile(int(averages.class_id[member])).locator("canvas")
            side, pixels = canvas.evaluate(
                """(canvas) => {
                    const side = canvas.width;
                    const data = canvas.getContext("2d").getImageData(0, 0, side, side).data;
                    return [side, Array.from(data).filter((_, at) => at % 4 === 0)];
                }"""
            )
            drawn = np.array(pixels, dtype=float).reshape(side, side)
            motion = affinity.alignment.pair(medoid, member)
            expected = placed(averages.images[[member]], [motion], side)[0]
            line = np.arange(side) - (side - 1) / 2
            inside = np.hypot(line[:, None], line[None, :]) < 0.4 * side
            assert np.corrcoef(drawn[inside], expected[inside])[0, 1] > 0.98
            unmoved = placed(averages.images[[member]], [Transform()], side)[0]
            moved += np.corrcoef(drawn[inside], unmoved[inside])[0, 1] < 0.9
    assert moved > 3


def test_affinities_on_the_page_are_those_of_the_run(main_page: Opened, results: Any) -> None:
    result = results("main")
    affinity = result.affinity
    main_page.page.keyboard.press("2")
    main_page.page.check("input[value=stack]", force=True)
    canvas = main_page.page.locator("#matrix")
    canvas.focus()
    numbers = main_page.told["averages"]["class_id"]
    at = {number: place for place, number in enumerate(affinity.class_id.tolist())}
    main_page.page.keyboard.press("ArrowDown")
    for column in range(1, len(numbers)):
        main_page.page.keyboard.press("ArrowRight")
        one, other = numbers[1], numbers[column]
        value = affinity.values[at[one], at[other]]
        assert main_page.text("#matrix-said").startswith(f"{one} and {other}: {value:.3f} (")


def test_hovering_the_matrix_names_the_pair_and_zooming_keeps_it(main_page: Opened) -> None:
    page = main_page.page
    page.click("#tab-matrix")
    box = page.locator("#matrix").bounding_box()
    x, y = box["x"] + 22 + 0.26 * (box["width"] - 22), box["y"] + 0.61 * box["height"]
    page.mouse.move(x, y)
    named = main_page.text("#matrix-said")
    assert " and " in named
    assert "superclass" in named
    for _ in range(4):
        page.mouse.wheel(0, -100)
    assert main_page.text("#matrix-said") == named
    page.mouse.down()
    page.mouse.move(x + 40, y + 25, steps=4)
    page.mouse.up()
    assert page.locator("#panel-matrix").is_visible()
    page.click("#zoom-all")
    for button in ("#zoom-in", "#zoom-out"):
        page.click(button)
    page.check("#full-scale")
    assert main_page.text("#colour-low") == "0.00"
    page.locator("#matrix").click(position={"x": x - box["x"], "y": y - box["y"]})
    assert page.locator("#panel-average").is_visible()
    assert main_page.text("#pair-one-name").split(",")[0] == named.split()[0]


def test_arrows_go_through_all_averages_and_one_is_in_the_tab_order(main_page: Opened) -> None:
    page = main_page.page
    assert page.locator("#groups .tile[tabindex='0']").count() == 1
    page.locator("#groups .tile").first.focus()
    seen = [page.evaluate("document.activeElement.place")]
    for _ in range(page.locator("#groups .tile").count() - 1):
        page.keyboard.press("ArrowRight")
        seen.append(page.evaluate("document.activeElement.place"))
    assert len(set(seen)) == len(seen) == len(main_page.told["averages"]["class_id"])
    page.keyboard.press("Home")
    top = page.evaluate("document.activeElement.getBoundingClientRect().top")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") > top
    assert page.locator("#groups .tile[tabindex='0']").count() == 1
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") == top
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring == "solid"


def test_keys_change_the_number_theme_and_help(main_page: Opened) -> None:
    page = main_page.page
    page.keyboard.press("]")
    assert main_page.text("#k-value") == "6"
    page.keyboard.press("[")
    page.keyboard.press("[")
    assert main_page.text("#k-value") == "4"
    page.locator("#k").focus()
    page.keyboard.press("ArrowRight")
    assert main_page.text("#k-value") == "5"
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("t")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert light != dark
    page.click("#theme")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light
    page.keyboard.press("?")
    assert page.locator("#help-dialog").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#help-dialog").is_hidden()


def test_the_page_is_dark_where_the_system_is(opened: Any, results: Any) -> None:
    path = page_of(results("main", n_superclasses=5, factor="0.4"))
    shades = [
        opened(path, color_scheme=scheme).page.evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    ]
    assert shades[0] != shades[1]


def test_command_and_methods_are_copied(opened: Any, results: Any) -> None:
    path = page_of(results("main", n_superclasses=5, factor="0.4"))
    shown: Opened = opened(path, permissions=["clipboard-read", "clipboard-write"])
    shown.page.click("#copy-command")
    shown.page.wait_for_selector("#toast.shown")
    command = shown.page.evaluate("navigator.clipboard.readText()")
    assert command == shown.text("#command")
    assert command.endswith("-k 5 -f 0.4")
    shown.page.click("#tab-run")
    shown.page.click("#copy-methods")
    shown.page.locator("#toast", has_text="Methods").wait_for()
    methods = shown.page.evaluate("navigator.clipboard.readText()")
    assert "were grouped into 5 superclasses" in methods
    assert "\n[1] Rangan A" in methods
    assert "\\" not in methods


def test_print_has_all_superclasses_and_no_controls(opened: Any, results: Any) -> None:
    shown: Opened = opened(
        page_of(results("main", n_superclasses=5, factor="0.4")), color_scheme="dark"
    )
    shown.page.emulate_media(media="print")
    assert shown.page.locator("#superclasses > .group:visible").count() == 5
    assert shown.page.locator("button:visible, input:visible").count() == 0
    for panel in ("matrix", "particles", "run"):
        assert shown.page.locator(f"#panel-{panel}").is_visible()
    assert shown.page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)"
    )


def test_a_narrow_window_needs_no_scrolling_to_the_side(opened: Any, results: Any) -> None:
    path = page_of(results("main", n_superclasses=5, factor="0.4"))
    for width in (360, 700, 1000, 1920):
        shown: Opened = opened(path, viewport={"width": width, "height": 800})
        wide = shown.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, width


HOSTILE = '</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">{{'


def test_a_name_cant_break_out_of_the_page(results: Any, opened: Any, tmp_path: Path) -> None:
    result = results("main", n_superclasses=5, factor="0.4")
    summary = {**result.summary, "warnings": [HOSTILE], "notes": [HOSTILE]}
    hostile = replace(result, dataset=replace(result.dataset, job=HOSTILE), summary=summary)
    path = tmp_path / "report.html"
    path.write_text(html(RunSettings(HOSTILE, n_superclasses=5), hostile), encoding="utf-8")
    shown: Opened = opened(path)
    assert shown.page.evaluate("window.hacked") is None
    assert shown.page.locator("img").count() == 0
    assert shown.page.locator("script").count() == 2
    assert shown.text("#job") == HOSTILE
    assert HOSTILE in shown.page.title()
    assert shown.text("#warnings li") == HOSTILE
    assert HOSTILE in shown.text("#command").replace("'\"'\"'", "'")


def test_the_page_forbids_itself_to_load_anything(main_page: Opened) -> None:
    blocked = main_page.page.evaluate(
        """async () => {
            try { await fetch("https://example.org/"); } catch { return "blocked"; }
            return "loaded";
        }"""
    )
    assert blocked == "blocked"
    # The browser says so, which is what was asked for here.
    assert main_page.complaints
    assert all(
        "Content Security Policy" in words or "Fetch API" in words for words in main_page.complaints
    )
    main_page.complaints.clear()
    main_page.requests[:] = [url for url in main_page.requests if "example.org" not in url]


class Correlation:
    """A metric that aligns nothing."""

    version = "1"
    options_model: ClassVar = NoOptions
    returns: ClassVar[str] = "affinity"
    requires: ClassVar[tuple[str, ...]] = ()
    invariances: ClassVar[tuple[str, ...]] = ("scale", "offset")

    def prepare(self, class_averages: ClassAverages, options: Any, device: str) -> Any:
        flat = class_averages.images.reshape(len(class_averages), -1)
        flat = flat - flat.mean(axis=1, keepdims=True)
        return flat / np.linalg.norm(flat, axis=1, keepdims=True)

    def tile(self, features: Any, rows: range, columns: range, **_: Any) -> Block:
        values = features[rows.start : rows.stop] @ features[columns.start : columns.stop].T
        return Block(np.clip(values, 0, 1).astype(np.float32))

    def facts(self, features: Any) -> dict[str, Any]:
        return {}


def test_without_alignment_averages_are_shown_as_they_are_and_that_is_said(
    opened: Any, results: Any
) -> None:
    shown: Opened = opened(page_of(results("unaligned", metric=Correlation(), n_superclasses=4)))
    assert "not aligned" in shown.text("#grouping-said")
    shown.page.locator(".tile").first.click()
    assert "not aligned" in shown.text("#pair-said")
    # A metric made in Python has no name to type.
    assert shown.page.locator("#copy-command").is_disabled()
    shown.page.click("#tab-run")
    assert "passed in Python" in shown.text("#command-said")


def test_without_particles_averages_are_counted(opened: Any, results: Any, real_data: Path) -> None:
    stack = real_data / "slicem_ribosomes" / "mixture_2D.mrcs"
    shown: Opened = opened(page_of(results("stack", stack, n_superclasses=9)))
    assert shown.text("#kept") == "100"
    assert shown.page.locator("#f-control").is_hidden()
    assert sum(map(len, shown.groups())) == 100


def test_without_superclasses_there_is_no_slider_and_no_matrix(opened: Any, results: Any) -> None:
    shown: Opened = opened(page_of(results("off", superclasses=False, factor="0.5")))
    assert shown.page.locator("#k").is_disabled()
    assert shown.page.locator("#tab-matrix").is_hidden()
    assert all(len(group) == 1 for group in shown.groups())


def test_frc_shows_the_curve_of_neighbours(opened: Any, results: Any) -> None:
    shown: Opened = opened(page_of(results("frc", metric="frc", n_superclasses=5)))
    shown.page.locator(".tile").first.click()
    assert shown.page.locator("#curve polyline").count() == 1


def many_averages(n: int, rng: np.random.Generator) -> tuple[RunSettings, RunResult]:
    """A result of many averages, of noise: what matters is how much there is."""
    images = rng.normal(size=(n, 64, 64)).astype(np.float32)
    pairs = n * (n - 1) // 2
    spread = rng.normal(size=(n, 6))
    spread /= np.linalg.norm(spread, axis=1, keepdims=True)
    values = np.clip(0.5 + 0.5 * spread @ spread.T, 0, 1).astype(np.float32)
    np.fill_diagonal(values, 1)
    alignment = Alignment(
        rng.uniform(-180, 180, pairs).astype(np.float32),
        rng.normal(size=(pairs, 2)).astype(np.float32),
        rng.random(pairs) < 0.5,
        n,
    )
    class_id = np.arange(1, n + 1)
    affinity = Affinity(values, class_id, np.zeros(n, dtype=bool), "rotational-cc", {}, alignment)
    averages = ClassAverages(images, class_id, pixel_size=2.0)
    number = min(2, n)
    request = RunSettings("stack.mrcs", n_superclasses=number)
    superclasses = rebalance.cluster(affinity, number)
    dataset = Dataset("stack", class_averages=averages, job="many")
    return request, RunResult(dataset, superclasses, affinity, summary={})


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_page_of_hardly_any_averages_works(
    n: int, opened: Any, tmp_path: Path, rng: np.random.Generator
) -> None:
    path = tmp_path / "report.html"
    path.write_text(html(*many_averages(n, rng)), encoding="utf-8")
    shown: Opened = opened(path)
    shown.page.locator(".tile").first.click()
    for name in ("matrix", "particles", "run"):
        shown.page.click(f"#tab-{name}")
    shown.page.locator(".tile").first.focus()
    shown.page.keyboard.press("j")
    if n == 1:
        assert shown.groups() == []
        assert shown.page.locator("#save").is_disabled()
        assert shown.page.locator("#copy-command").is_disabled()
        shown.page.keyboard.press("u")
    assert sum(map(len, shown.groups())) == max(1, n - 1)


def test_the_page_of_300_averages_is_small_and_its_redrawing_is_timed(
    opened: Any, tmp_path: Path, rng: np.random.Generator, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "report.html"
    path.write_text(html(*many_averages(300, rng)), encoding="utf-8")
    assert path.stat().st_size < 4_000_000
    shown: Opened = opened(path)
    times = []
    for number in (30, 2, 30, 2, 30):
        shown.set_number(number)
        shown.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")
        assert len(shown.groups()) == number
        last = "performance.getEntriesByName('redraw').at(-1).duration"
        times.append(shown.page.evaluate(last))
    with capsys.disabled():
        print(  # noqa: T201
            f"\nreport page, 300 averages: {path.stat().st_size / 1e6:.1f} MB; K = 2 → 30 and back "
            f"redrawn in {', '.join(f'{t:.0f}' for t in times)} ms"
        )


def test_ticks_are_round_and_inside(opened: Any, results: Any) -> None:
    shown: Opened = opened(page_of(results("frc", metric="frc", n_superclasses=5)))
    shown.tile(shown.groups()[0][0]).click()
    ticks = shown.page.locator("#curve .axis-text")
    texts = ticks.all_text_contents()
    lengths = [text for text in texts if text.endswith(("Å", "pixels"))]
    assert len(lengths) >= 2
    assert all(len(text.split()[0].strip("0").replace(".", "")) <= 2 for text in lengths)
    right = shown.page.locator("#curve svg").bounding_box()
    for at in range(ticks.count()):
        box = ticks.nth(at).bounding_box()
        assert right["x"] <= box["x"]
        assert box["x"] + box["width"] <= right["x"] + right["width"]
    boxes = [ticks.nth(at).bounding_box() for at in range(len(texts) - len(lengths), len(texts))]
    for one, other in pairwise(boxes):
        assert one["x"] + one["width"] < other["x"]
