"""A real browser, and results whose report pages it opens."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import rebalance

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed (pip install playwright)"
    )
    found = os.environ.get("REBALANCE_TEST_BROWSER") or next(
        filter(None, map(shutil.which, BROWSERS)), None
    )
    if found is None:
        pytest.skip("there is no Chromium here (apt install chromium, or REBALANCE_TEST_BROWSER)")
    with playwright.sync_playwright() as running:
        # In a container there is no user namespace for the sandbox.
        made = running.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield made
        made.close()


@dataclass
class Opened:
    """A report page in a browser, and what the browser complained of."""

    page: Any
    told: dict[str, Any]
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def groups(self) -> list[list[int]]:
        """Class numbers of each superclass on screen, in order of its number; each sorted."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll("#superclasses > .group")].map((group) =>
                [...group.querySelectorAll(".tile .caption b")]
                    .map((name) => parseInt(name.textContent)).sort((a, b) => a - b))"""
        )

    def kept(self) -> list[int]:
        """Particles kept of each superclass, as the bars say."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll("#bars .bar-row .numbers b")].map((text) =>
                parseInt(text.textContent.replaceAll(",", "")))"""
        )

    def set(self, field: str, value: Any) -> None:
        """Give a field or slider a value as a person's hand would, in one step."""
        self.page.evaluate(
            """([id, value]) => {
                const field = document.getElementById(id);
                field.value = value;
                field.dispatchEvent(new Event("input", { bubbles: true }));
            }""",
            [field, str(value)],
        )

    def set_number(self, number: int) -> None:
        """Move the slider to a number of superclasses."""
        groupings = self.told["groupings"]
        # What was decided is a stop of its own, after the number that it came from.
        after_decided = groupings["decided"] and number > groupings["current"]
        self.set("k", groupings["numbers"].index(number) + after_decided)

    def wait_for_frames(self) -> None:
        """Wait until the browser has laid out, and painted, what changed."""
        self.page.evaluate(
            """() => new Promise((done) => {
                requestAnimationFrame(() => requestAnimationFrame(done));
            })"""
        )

    def tile(self, class_number: int) -> Any:
        """The tile of a class average."""
        place = self.told["averages"]["class_id"].index(class_number)
        return self.page.locator(f'.tile[data-place="{place}"]')

    def text(self, selector: str) -> str:
        """What an element says."""
        return str(self.page.locator(selector).text_content())


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Opened]]:
    """Opens pages; at the end of the test none of them may have complained or asked for a file."""
    pages: list[Opened] = []

    def open_page(path: Path, **settings: Any) -> Opened:
        settings = {"viewport": {"width": 1440, "height": 900}, "accept_downloads": True} | settings
        page = browser.new_context(**settings).new_page()
        complaints: list[str] = []
        requests: list[str] = []
        page.on(
            "console",
            lambda message: (
                message.type in ("error", "warning") and complaints.append(message.text)
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.resolve().as_uri())
        page.wait_for_selector("html[data-ready]")
        told = json.loads(page.locator("#content").text_content())
        pages.append(Opened(page, told, complaints, requests))
        return pages[-1]

    yield open_page
    for shown in pages:
        address = shown.page.url
        shown.page.context.close()
        assert shown.complaints == []
        assert {url for url in shown.requests if not url.startswith(("data:", "blob:"))} == {
            address
        }


@pytest.fixture(scope="session")
def results(
    simulated_job: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., rebalance.RunResult]:
    """Results of the simulated job by their settings, each made once."""
    folder = tmp_path_factory.mktemp("results")
    made: dict[str, rebalance.RunResult] = {}

    def result(name: str, path: Path | None = None, **settings: Any) -> rebalance.RunResult:
        if name not in made:
            # Views have pages of their own.
            settings = {"metric": "rotational-cc", **settings}
            made[name] = rebalance.run(path or simulated_job, output=folder / name, **settings)
        return made[name]

    return result


@pytest.fixture
def main_page(opened: Callable[..., Opened], results: Callable[..., rebalance.RunResult]) -> Opened:
    """The page of the simulated job in five superclasses, balanced."""
    return opened(page_of(results("main", n_superclasses=5, factor="0.4")))


def page_of(result: rebalance.RunResult) -> Path:
    """The report page of a result."""
    assert result.folder is not None
    return result.folder / "report.html"


def run_words(words: list[str], folder: Path) -> dict[str, Any]:
    """Run a command that a page gave, in a folder; its summary."""
    assert words[0] == "rebalance"
    code = "from rebalance.cli import main; main()"
    last = ["--json", "--no-figures"] if words[1] == "run" else ["--json"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words[1:], *last],
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def groups_of(summary: dict[str, Any]) -> list[list[int]]:
    """Class numbers of each superclass in a summary, each sorted."""
    return [sorted(row["class_ids"]) for row in summary["superclasses"]]


def kept_of(summary: dict[str, Any]) -> list[int]:
    """Particles kept of each superclass in a summary."""
    return [row["particles_after"] for row in summary["superclasses"]]
