"""Who has read docs/plugin-authors.md alone gets a plugin of their own, installed and checked.

The commands of the page that install something are carried out here, in an environment that sees
the packages of this one and needs no network; with REBALANCE_TEST_SETUP=1 also in a clean one.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from docs.tools import pages
from docs.tools.pages import ROOT, Block
from docs.tools.session import Session, commands, same
from tests.environment import Environment
from tests.strict_typing import require_strict_types

PAGE = ROOT / "docs" / "plugin-authors.md"
BLOCKS = pages.blocks(PAGE.read_text(encoding="utf-8"))
HERE = Path(__file__).relative_to(ROOT).as_posix()
PACKAGE = "rebalance-grey-levels"


def is_carried_out(block: Block) -> bool:
    """Files, and commands of the page: those that it runs itself may be what others stand on."""
    if "file" in block.options:
        return True
    return block.language == "console" and block.options.get("elsewhere", HERE) == HERE


@pytest.fixture
def project(tmp_path: Path, simulated_job: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a job, and the files that the page says to write."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(simulated_job.parents[1], tmp_path, dirs_exist_ok=True)
    session = Session(tmp_path)
    for block in BLOCKS:
        if "file" in block.options:
            session.run(block)
    return tmp_path


@pytest.mark.usefixtures("project")
def test_the_code_of_the_page_is_strictly_typed() -> None:
    files = [Path(block.options["file"]) for block in BLOCKS if block.language == "python"]
    assert len(files) >= 7
    require_strict_types(files, path=[Path()])


def carry_out(run: Callable[[list[str]], str]) -> list[str]:
    """Do the commands of the page in order; each prints what the page shows, if it shows it."""
    done = []
    for block in BLOCKS:
        if block.language != "console" or not is_carried_out(block):
            continue
        for typed, shown in commands(block.text):
            printed = run(shlex.split(typed))
            done.append(typed)
            if shown:
                assert same(shown, printed), f"{typed}\n{printed}"
    return done


def test_the_shown_commands_make_install_check_and_use_a_metric(
    project: Path, environment: Environment
) -> None:
    said = {}

    def run(words: list[str]) -> str:
        if words[:2] == ["pip", "install"]:
            environment.install(*words[2:], where=project)
            return ""
        if words[:3] == ["python", "-m", "pytest"]:
            out = environment.run(*words[1:], "-q", where=project)
        else:
            assert words[0] == "rebalance"
            quick = ["--no-figures"] if words[1] in ("run", "compare") else []
            out = environment.rebalance(*words[1:], *quick, where=project)
        said[" ".join(words[:3])] = out
        return out

    try:
        done = carry_out(run)
    finally:
        environment.uninstall(PACKAGE)
    assert f"pip install -e {PACKAGE}" in done
    assert re.search(
        r"metric .*grey-levels .*rebalance-grey-levels \S+: grey-levels",
        said["rebalance plugins"],
        re.S,
    )
    assert "metric.power" in said["rebalance plugins show"]
    assert "failed" not in said["rebalance plugins check"]
    assert " passed" in said["python -m pytest"]
    assert "grey-levels" in said["rebalance compare study.toml"]
    (results,) = project.glob("rebalance_job*_k12_*")
    assert "grey-levels" in (results / "summary.json").read_text()
    assert "grey-levels" not in environment.rebalance("plugins")


needs_network = pytest.mark.skipif(
    os.environ.get("REBALANCE_TEST_SETUP") != "1",
    reason="installs from the network (set REBALANCE_TEST_SETUP=1)",
)


@needs_network
def test_the_shown_commands_work_in_a_clean_environment(project: Path) -> None:
    def shell(command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", f"set -e; [ ! -d venv ] || . venv/bin/activate; {command}"],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    shell("python3 -m venv venv")
    shell(f"pip install --quiet {ROOT} pytest")
    done = carry_out(lambda words: shell(shlex.join(words)))
    assert f"pip install -e {PACKAGE}" in done
