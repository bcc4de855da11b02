"""Runs of thousands of class averages: time of each step, memory, and the report page.

    python -m benchmarks.many_averages
    python -m benchmarks.many_averages --averages 2000 --json many_averages.json

A classification is simulated for each number. `rebalance run` is typed three times: with the metric
`rotational-cc` and without figures, then with the defaults, which use the comparison of the first
run and find views, then the same again. Steps are those in `run.json`. Memory and processor time
are counted by the operating system. The page is opened in Chromium, if playwright and Chromium are
there. A page holds at most 1,000 averages.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from benchmarks.page import BROWSERS, find_browser
from benchmarks.results_table import Row, keep, row, show
from rebalance.simulate import simulate

MEMORY_GB = {(2_000, 128): 0.8}
"""Targets for comparing so many averages of so many pixels."""


class Typed(NamedTuple):
    """What one command took.

    Parameters
    ----------
    seconds, processor : float
        On the clock, and of all processors.
    memory : float
        At its peak, in GB.
    steps : dict of str to float
        Seconds of each step of the run.
    """

    seconds: float
    processor: float
    memory: float
    steps: dict[str, float]


def make_job(n: int, box: int, folder: Path) -> Path:
    """A job of so many averages with views of their own, 50 particles each."""
    options = {
        "n_averages": n,
        "n_particles": 50 * n,
        "continuous": True,
        "n_averaged": 4,
        "snr": 0.2,
        "box": box,
        "seed": 1,
    }
    return simulate(folder / "project", options).job


def type_in(folder: Path, output: Path, *words: str) -> Typed:
    """A command of ``rebalance``, in a process of its own and with a cache of its own."""
    command = [sys.executable, "-c", "from rebalance.cli import main; main()", *words]
    began = time.perf_counter()
    running = subprocess.Popen(
        [*command, "-o", str(output), "--overwrite", "--quiet"],
        cwd=folder,
        env={**os.environ, "REBALANCE_CACHE_DIR": str(folder / "cache")},
    )
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    assert running.returncode == 0, f"exit code {running.returncode}"
    steps = json.loads((output / "run.json").read_text(encoding="utf-8"))["seconds"]
    return Typed(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6, steps)


def a_row(what: str, typed: Typed, most: float | None = None) -> Row:
    """The whole of a command, which may take so many GB."""
    return row(
        what,
        f"{typed.seconds:.1f} s, {typed.memory:.2f} GB",
        ceiling=f"{typed.processor:.1f} s of processor",
        target=f"< {most:g} GB" if most else "",
        met=typed.memory < most if most else None,
    )


def step_row(what: str, typed: Typed, name: str) -> Row:
    """A step of it."""
    return row(what, f"{typed.steps.get(name, 0.0):.1f} s")


def page_row(path: Path, of: str) -> Row:
    """The report page, and how long Chromium takes until a person can work in it."""
    if not path.exists():
        return row(f"{of}: report page", "not made: too many averages, the run says so")
    size = f"{path.stat().st_size / 1e6:.1f} MB"
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return row(f"{of}: report page", f"{size}, not opened for want of playwright")
    program = find_browser()
    if program is None:
        return row(f"{of}: report page", f"{size}, not opened for want of {BROWSERS[0]}")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        began = time.perf_counter()
        page.goto(path.resolve().as_uri())
        page.wait_for_selector("html[data-ready]", timeout=300_000)
        seconds = time.perf_counter() - began
        browser.close()
    return row(f"{of}: report page", f"{size}, ready {seconds:.1f} s after it is opened")


def measure(n: int, box: int, folder: Path) -> list[Row]:
    """All rows of one number of averages."""
    output = folder / "out"
    # The first run compiles what is not yet in the cache.
    small = str(make_job(60, box, folder / "small"))
    type_in(folder, output, "run", small, "-k", "4", "-f", "0.5", "--no-figures")
    job = str(make_job(n, box, folder))
    of = f"{n:,} averages of {box} px"
    run: Any = ("run", job, "-k", "40", "-f", "0.5")
    images = type_in(folder, output, *run, "--metric", "rotational-cc", "--no-figures")
    views = type_in(folder, output, *run)
    again = type_in(folder, output, *run)
    return [
        a_row(
            f"{of}: `rebalance run --metric rotational-cc --no-figures`",
            images,
            MEMORY_GB.get((n, box)),
        ),
        step_row(f"{of}: of that, comparing {n * (n - 1) // 2:,} pairs", images, "affinity"),
        step_row(f"{of}: of that, grouping", images, "group"),
        a_row(f"{of}: then `rebalance run`", views),
        step_row(f"{of}: of that, finding views", views, "affinity"),
        step_row(f"{of}: of that, grouping by views", views, "group"),
        step_row(f"{of}: of that, figures", views, "figures"),
        step_row(f"{of}: of that, writing the page", views, "page"),
        a_row(f"{of}: `rebalance run` again", again),
        page_row(output / "report.html", of),
    ]


def main(
    averages: Annotated[list[int] | None, typer.Option(help="May be repeated.")] = None,
    box: Annotated[int, typer.Option(help="Side of an image in pixels.")] = 64,
    json_file: Annotated[Path | None, typer.Option("--json", help="Results to keep.")] = None,
) -> None:
    """Print the rows of each number of averages."""
    found: list[Row] = []
    for n in averages or [1_000, 2_000, 4_000]:
        with tempfile.TemporaryDirectory() as folder:
            found += measure(n, box, Path(folder))
        keep(found, json_file)
    show(found)


if __name__ == "__main__":
    typer.run(main)
