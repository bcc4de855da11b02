"""The two commands of the front page that install the program.

They need the network, so what they name is checked here; with REBALANCE_TEST_SETUP=1 they are
carried out in copies of the repository.
"""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from docs.tools import pages
from docs.tools.pages import ROOT
from docs.tools.session import commands

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TRY, TEST = (
    commands(block.text)[0][0]
    for block in pages.blocks(README)
    if block.options.get("elsewhere") == "tests/docs/test_setup.py"
)


def test_the_stated_python_is_the_one_required() -> None:
    stated = re.search(r"You need Python ([\d.]+) or later", README)
    assert stated is not None
    assert PROJECT["requires-python"] == f">={stated[1]}"


def test_the_first_command_installs_and_runs_the_demo() -> None:
    venv, install, run = TRY.split(" && ")
    assert venv == "python3 -m venv .venv"
    assert install == ".venv/bin/pip install ."
    assert run == ".venv/bin/rebalance demo"
    assert "rebalance" in PROJECT["scripts"]


def test_the_second_command_runs_the_tests_as_ci_does() -> None:
    venv, install, run = TEST.split(" && ")
    assert venv == "python3 -m venv .venv"
    extra = re.fullmatch(r"\.venv/bin/pip install -e '\.\[(\w+)\]'", install)
    assert extra is not None
    needed = " ".join(PROJECT["optional-dependencies"][extra[1]])
    assert "pytest" in needed
    # -n is an option of this one.
    assert "pytest-xdist" in needed
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    installed = re.search(r"-e '\.\[([\w,]+)\]'", ci)
    assert installed is not None
    assert extra[1] in installed[1].split(",")
    assert run.partition("python ")[2] in ci


def test_every_extra_that_a_page_names_is_there() -> None:
    for page in pages.pages():
        for extra in re.findall(r"'?\.\[(\w+)\]'", page.read_text(encoding="utf-8")):
            assert extra in PROJECT["optional-dependencies"]


needs_network = pytest.mark.skipif(
    os.environ.get("REBALANCE_TEST_SETUP") != "1",
    reason="installs from the network (set REBALANCE_TEST_SETUP=1)",
)


def carry_out(command: str, place: Path, **environment: str) -> str:
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place)], check=True)
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=place,
        env={**os.environ, "REBALANCE_CACHE_DIR": str(place / "cache"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_network
def test_the_first_command_works_in_a_fresh_copy(tmp_path: Path) -> None:
    assert "superclass" in carry_out(TRY, tmp_path / "copy")
    assert (tmp_path / "copy" / "rebalance_demo" / "results" / "run.json").is_file()


@needs_network
def test_the_second_command_works_in_a_fresh_copy(tmp_path: Path) -> None:
    out = carry_out(TEST, tmp_path / "copy", PYTEST_ADDOPTS="-k test_request")
    assert re.search(r"\d+ passed", out)
