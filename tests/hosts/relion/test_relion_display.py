"""RELION's window of class averages takes our choice for its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hosts.relion.conftest import CLASS2D, FAST, FOLDER, Said

PROGRAMS = ("relion_display", "Xvfb")
pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, PROGRAMS)), reason="relion_display or Xvfb is not installed"
)

REFUSED = "ignoring .relion_display_backup_selection.star with unexpected number of entries"
"""What it says where there is not a row for each average that it shows."""


@pytest.fixture
def screen() -> Iterator[str]:
    """A display that nobody sees."""
    words = ["Xvfb", "-displayfd", "1", "-nolisten", "tcp"]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    yield f":{server.stdout.readline().strip()}"
    server.terminate()
    server.communicate()


def said_by_the_window(screen: str, seconds: float) -> str:
    """What relion_display says while it opens the classification beside our files."""
    model = CLASS2D.replace("_data", "_model")
    words = ["relion_display", "--class", "--allow_save", "--display", "rlnReferenceImage"]
    words += ["--sort", "rlnClassDistribution", "--reverse", "--i", model]
    words += ["--fn_imgs", f"{FOLDER}/class_averages.star"]
    window = subprocess.Popen(
        words,
        env=os.environ | {"DISPLAY": screen},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(seconds)
    assert window.poll() is None, "the window did not stay open"
    window.terminate()
    return window.communicate()[1]


def test_the_window_opens_with_our_choice(relion_runs: Callable[..., Said], screen: str) -> None:
    relion_runs(*FAST)
    backup = FOLDER / "backup_selection.star"
    assert REFUSED not in said_by_the_window(screen, 5)
    shorter(backup)
    assert REFUSED in said_by_the_window(screen, 5)


def shorter(backup: Path) -> None:
    """Take a row away."""
    lines = backup.read_text().rstrip().splitlines()
    backup.write_text("\n".join(lines[:-1]) + "\n")
