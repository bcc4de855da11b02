"""A picture of a report page as a browser shows it, for the documentation.

    python -m docs.tools.photograph report.html page.png

needs Playwright and Chromium.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

WIDTH, HEIGHT = 1240, 860


def photograph(page: Path, picture: Path) -> None:
    """Open a report page and photograph what a window of that size shows."""
    from playwright.sync_api import sync_playwright

    browser = os.environ.get("REBALANCE_TEST_BROWSER") or shutil.which("chromium")
    with sync_playwright() as running:
        window = running.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        shown = window.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        shown.goto(page.resolve().as_uri())
        shown.wait_for_selector("html[data-ready]")
        shown.screenshot(path=str(picture))
        window.close()


if __name__ == "__main__":
    photograph(Path(sys.argv[1]), Path(sys.argv[2]))
