"""How fast the report page answers a hand, in Chromium: what, target, measured.

    python -m benchmarks.page [--averages 100 300] [--page report.html]

Pages of simulated jobs are opened at 1400 × 900, and the slider of superclasses is moved ten times:
by one, and by ten. Measured is the longest step, from the hand on the slider to the frame that
shows it, pictures and all; and the processor time of the page's own thread, which a busy machine
changes less. Without playwright or Chromium it says so and measures nothing.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import rebalance
from rebalance.simulate import simulate_class_averages, write_relion

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
STEP_MS = 100
"""What a person does not feel as waiting, in milliseconds."""

_STEP = """(at) => new Promise((done) => {
    const slider = document.getElementById("k"), start = performance.now();
    slider.value = at;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    const { duration } = performance.getEntriesByName("redraw").at(-1);
    // A message that is sent as a frame begins arrives when the frame is painted.
    requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => done([performance.now() - start, duration]);
        port2.postMessage(null);
    });
})"""


class Line(NamedTuple):
    """One measurement.

    Parameters
    ----------
    what : str
    target : float
        Milliseconds.
    measured : float
        Milliseconds.
    """

    what: str
    target: float
    measured: float


def find_browser() -> str | None:
    """The program of a Chromium, if there is one."""
    named = os.environ.get("REBALANCE_TEST_BROWSER")
    return named or next(filter(None, map(shutil.which, BROWSERS)), None)


def make_page(n_averages: int, folder: Path) -> Path:
    """The report page of a simulated job of so many class averages."""
    options = {"n_averages": n_averages, "n_particles": 150 * n_averages, "n_views": 8, "seed": 1}
    job = write_relion(simulate_class_averages(options), folder / "project").job
    result = rebalance.run(job, n_superclasses=12, factor="0.5", output=folder / "results")
    assert result.folder is not None
    return result.folder / "report.html"


def steps_of_k(page: Any, name: str) -> Iterator[Line]:
    """The longest of ten steps of the slider, and of the redrawing in it."""
    most = int(page.get_attribute("#k", "max"))
    places = [19, 20, 21, 22, 23, 33, 43, 33, 23, 13]
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    took, busy = [], [_busy(session)]
    for place in places:
        took.append(page.evaluate(_STEP, min(place, most)))
        busy.append(_busy(session))
    yield Line(f"{name}: a step of K, to the frame", STEP_MS, max(whole for whole, _ in took))
    yield Line(f"{name}: of that, redrawing", STEP_MS, max(redraw for _, redraw in took))
    spent = max(after - before for before, after in pairwise(busy))
    yield Line(f"{name}: processor time of a step", STEP_MS, spent)


def _busy(session: Any) -> float:
    """Processor time of the page's thread so far, in milliseconds."""
    metrics = {
        row["name"]: row["value"] for row in session.send("Performance.getMetrics")["metrics"]
    }
    return 1000 * float(metrics["TaskDuration"])


def measure(path: Path, name: str, browser: Any) -> list[Line]:
    """All that is measured on one page."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(path.resolve().as_uri())
    page.wait_for_selector("html[data-ready]")
    # The first step compiles what the others run.
    page.evaluate(_STEP, 5)
    lines = list(steps_of_k(page, name))
    page.close()
    return lines


def show(lines: Sequence[Line]) -> None:
    """Print the lines as a table, and how busy the machine was."""
    width = max(len(line.what) for line in lines)
    print(f"{'what':<{width}}  target  measured")
    for what, target, measured in lines:
        late = "" if measured <= target else "  late"
        print(f"{what:<{width}}  {target:3.0f} ms  {measured:5.0f} ms{late}")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def main(words: Sequence[str] | None = None) -> None:
    """Measure what the words ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--averages", type=int, nargs="+", default=[100, 300])
    parser.add_argument("--page", type=Path, action="append", help="measure this page instead")
    asked = parser.parse_args(words)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("Not measured: playwright is not installed (pip install playwright).")
        return
    found = find_browser()
    if found is None:
        print("Not measured: there is no Chromium here (apt install chromium).")
        return
    lines = []
    with tempfile.TemporaryDirectory() as name, sync_playwright() as running:
        pages = {str(path): path for path in asked.page or ()} or {
            f"{n} averages": make_page(n, Path(name) / str(n)) for n in asked.averages
        }
        # In a container there is no user namespace for the sandbox.
        browser = running.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for title, path in pages.items():
            lines += measure(path, title, browser)
        browser.close()
    show(lines)


if __name__ == "__main__":
    main()
