"""Screenshots of report pages for the documentation.

    python -m docs.tools.photograph report.html page.png
    python -m docs.tools.photograph report.html page.png --panel scan --number 9 --junk 4,7 -f 0.5
    python -m docs.tools.photograph report.html page.png --move 3:12 --choose 3

Needs Playwright and Chromium; without them, says so and takes none.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from docs.tools.decide import numbers, pair, told_by

WIDTH, HEIGHT = 1240, 860
FOLDER = "shown"
"""Sessions keep screenshots in `shown/page/`; without a browser there are none."""

_SET = """([id, value]) => {
    const field = document.getElementById(id);
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
}"""
_GROUP = """(place) => [...document.querySelectorAll("#superclasses > .group")].findIndex(
    (group) => group.querySelector(`.tile[data-place="${place}"]`))"""
_TO_THE_MIDDLE = """(place) => document.querySelector(`.tile[data-place="${place}"]`)
    .scrollIntoView({ block: "center" })"""


def browser() -> str | None:
    """Path of Chromium, if Playwright is installed."""
    if find_spec("playwright") is None:
        return None
    return os.environ.get("REBALANCE_TEST_BROWSER") or shutil.which("chromium")


def is_photograph(picture: str) -> bool:
    """Whether a picture of a page, by its path in the session, is a screenshot."""
    return FOLDER in Path(picture).parts


def photograph(
    page: Path,
    picture: Path,
    *,
    panel: str = "",
    number: int | None = None,
    factor: str = "",
    junk: Sequence[int] = (),
    moves: Sequence[tuple[int, int]] = (),
    choose: int | None = None,
    height: int = HEIGHT,
) -> None:
    """Open a report page, make changes as a user would, and take a screenshot.

    Parameters
    ----------
    page : Path
        `report.html`.
    picture : Path
        PNG. Its folder is created.
    panel : str
        Panel on the right: ``average``, ``matrix``, ``particles``, ``scan`` or ``run``.
    number : int, optional
        Number of superclasses.
    factor : str
        Rebalance factor.
    junk : sequence of int
        Class numbers to mark as junk.
    moves : sequence of two int
        A class number, and a class of the superclass to move it to.
    choose : int, optional
        Class number of the average to click.
    height : int
        Height of the window, pixels.
    """
    from playwright.sync_api import sync_playwright

    told = told_by(page)
    picture.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as running:
        window = running.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        size = {"width": WIDTH, "height": height}
        shown = window.new_page(viewport=size, color_scheme="light")
        shown.goto(page.resolve().as_uri())
        shown.wait_for_selector("html[data-ready]")
        if number is not None:
            shown.evaluate(_SET, ["k", str(told["groupings"]["numbers"].index(number))])
        if factor:
            shown.evaluate(_SET, ["f", factor])
        place_of = {number: at for at, number in enumerate(told["averages"]["class_id"])}
        for class_number in junk:
            shown.focus(f'.tile[data-place="{place_of[class_number]}"]')
            shown.keyboard.press("j")
        for one, other in moves:
            to = shown.evaluate(_GROUP, place_of[other])
            shown.focus(f'.tile[data-place="{place_of[one]}"]')
            shown.keyboard.press("m")
            shown.fill("#move-number", str(to))
            shown.keyboard.press("Enter")
        if panel:
            shown.click(f"#tab-{panel}")
        shown.evaluate("scrollTo(0, 0)")
        if choose is not None:
            shown.evaluate(_TO_THE_MIDDLE, place_of[choose])
            shown.click(f'.tile[data-place="{place_of[choose]}"]')
        # The message about the last change would disappear by itself.
        shown.evaluate("document.getElementById('toast').remove()")
        shown.screenshot(path=str(picture))
        window.close()


def main(words: Sequence[str] | None = None) -> int:
    """Take one screenshot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--panel", default="")
    parser.add_argument("--number", type=int)
    parser.add_argument("-f", "--factor", default="")
    parser.add_argument("--junk", type=numbers, default=[])
    parser.add_argument("--move", type=pair, action="append", default=[], dest="moves")
    parser.add_argument("--choose", type=int)
    parser.add_argument("--height", type=int, default=HEIGHT)
    asked = vars(parser.parse_args(words))
    if browser() is None:
        print("No browser found; no picture taken.")
        return 0
    photograph(**asked)
    return 0


if __name__ == "__main__":
    sys.exit(main())
