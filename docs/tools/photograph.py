"""A picture of a report page as a browser shows it, for the documentation.

    python -m docs.tools.photograph report.html page.png
    python -m docs.tools.photograph report.html page.png --panel scan --number 9 --junk 4,7 -f 0.5

needs Playwright and Chromium; without them it says so and takes none.
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

from docs.tools.decide import told_by

WIDTH, HEIGHT = 1240, 860
FOLDER = "shown"
"""Sessions keep photographs in `shown/page/`: they are not there where there is no browser."""

_SET = """([id, value]) => {
    const field = document.getElementById(id);
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
}"""


def browser() -> str | None:
    """Where Chromium is, if it can be driven from here."""
    if find_spec("playwright") is None:
        return None
    return os.environ.get("REBALANCE_TEST_BROWSER") or shutil.which("chromium")


def is_photograph(picture: str) -> bool:
    """Whether a picture of a page, by its path in the session, is a photograph."""
    return FOLDER in Path(picture).parts


def photograph(
    page: Path,
    picture: Path,
    *,
    panel: str = "",
    number: int | None = None,
    factor: str = "",
    junk: Sequence[int] = (),
    height: int = HEIGHT,
) -> None:
    """Open a report page, do what a person would, and photograph what a window of that size shows.

    Parameters
    ----------
    page : Path
        `report.html`.
    picture : Path
        PNG; its folder is made.
    panel : str
        The one on the right: ``average``, ``matrix``, ``particles``, ``scan`` or ``run``.
    number : int, optional
        Of superclasses.
    factor : str
        Rebalance factor.
    junk : sequence of int
        Class numbers, each marked by its key.
    height : int
        Of the window, in pixels.
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
        for class_number in junk:
            place = told["averages"]["class_id"].index(class_number)
            shown.focus(f'.tile[data-place="{place}"]')
            shown.keyboard.press("j")
        if panel:
            shown.click(f"#tab-{panel}")
        # What says that something was done goes away by itself.
        shown.evaluate("document.getElementById('toast').remove(); scrollTo(0, 0)")
        shown.screenshot(path=str(picture))
        window.close()


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def main(words: Sequence[str] | None = None) -> int:
    """Take the picture that the words ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--panel", default="")
    parser.add_argument("--number", type=int)
    parser.add_argument("-f", "--factor", default="")
    parser.add_argument("--junk", type=_numbers, default=[])
    parser.add_argument("--height", type=int, default=HEIGHT)
    asked = vars(parser.parse_args(words))
    if browser() is None:
        print("There is no browser here: no picture.")
        return 0
    photograph(**asked)
    return 0


if __name__ == "__main__":
    sys.exit(main())
