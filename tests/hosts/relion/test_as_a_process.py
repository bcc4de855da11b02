"""The command as RELION starts it: signals, an abort in the long stage, exit codes, plain text."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.hosts.relion.conftest import CLASS2D, DONE, FAST, FOLDER, endings

WORDS = ["relion", "--o", f"{FOLDER}/", "--in_parts", CLASS2D, *FAST, "--cache", "no", "--j", "1"]

_SLOW = """
import time
from rebalance import engine

def slow(averages, *_, progress=None, **__):
    progress(0, 100)
    print("comparing", flush=True)
    for step in range(600):
        time.sleep(0.05)
        progress(min(step, 99), 100)

engine.affinity = slow
from rebalance.cli import main
main()
"""


def started(program: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"FORCE_COLOR": "1"},
    )


def wait_for_the_long_stage(running: subprocess.Popen[str]) -> None:
    assert running.stdout is not None
    for line in running.stdout:
        if line == "comparing\n":
            return
    pytest.fail("it ended before the long stage")


def test_a_job_that_is_killed_has_failed(project: Path) -> None:
    running = started(_SLOW, *WORDS)
    wait_for_the_long_stage(running)
    time.sleep(0.2)
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 143, errors
    assert endings() == {"RELION_JOB_EXIT_FAILURE"}
    assert [path.name for path in FOLDER.parent.iterdir()] == [FOLDER.name]


def test_an_abort_ends_the_long_stage(project: Path) -> None:
    running = started(_SLOW, *WORDS)
    wait_for_the_long_stage(running)
    (FOLDER / "RELION_JOB_ABORT_NOW").touch()
    said, errors = running.communicate(timeout=60)
    assert running.returncode == 130, errors
    assert said.endswith("Aborted on request from RELION. No results were written.\n")
    assert errors == ""
    assert "RELION_JOB_EXIT_ABORTED" in endings()
    assert not {DONE, "RELION_JOB_EXIT_FAILURE"} & endings()


def test_results_and_warnings_are_plain_text_on_standard_output(project: Path) -> None:
    running = started("from rebalance.cli import main; main()", *WORDS)
    said, errors = running.communicate(timeout=120)
    assert running.returncode == 0, errors
    assert errors == ""
    assert "\x1b" not in said
    assert (
        f"Written to {FOLDER}:\n  particles_selected.star: balanced particles, for the next job\n"
        in said
    )
    assert "Next: balance. Run again with the label factor =" in said
    assert endings() == {DONE}


def test_a_mistake_is_said_on_standard_error(project: Path) -> None:
    running = started("from rebalance.cli import main; main()", *WORDS, "--factr", "0.5")
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 2
    assert "There is no label factr. Did you mean factor?" in errors
    assert endings() == {"RELION_JOB_EXIT_FAILURE"}
