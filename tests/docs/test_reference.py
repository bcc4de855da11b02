"""The written parts of the reference name what there is: columns, keys, files, variables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.main import get_command

import rebalance
from docs.tools.pages import ROOT
from rebalance.cli import app
from rebalance.model import KEPT, REASONS
from rebalance.record.tables import SUPERCLASS_COLUMNS, VIEW_COLUMNS
from rebalance.simulate import simulate_class_averages, write_cryosparc
from tests.numbered_views import install_numbered_views

FILES = (ROOT / "docs" / "reference" / "files.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")

VIEW_FIGURES = {"views", "reprojections", "particles_over_views"}
"""With a metric that finds views."""


def first_cells(text: str, heading: str) -> list[str]:
    """What stands in backticks in the first column of the tables below a heading."""
    section = text.partition(f"\n{heading}\n")[2]
    level = len(heading.partition(" ")[0])
    section = re.split(rf"^#{{1,{level}}} ", section, maxsplit=1, flags=re.M)[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.M)


@pytest.fixture(scope="module")
def run(simulated_job: Path, tmp_path_factory: pytest.TempPathFactory) -> rebalance.RunResult:
    folder = tmp_path_factory.mktemp("run")
    return rebalance.run(simulated_job, n_superclasses=5, factor="0.5", output=folder / "results")


def test_columns_of_the_superclass_table() -> None:
    assert first_cells(FILES, "## `superclasses.csv`") == list(SUPERCLASS_COLUMNS)


def test_arrays_of_the_affinity_file(run: rebalance.RunResult) -> None:
    assert run.folder is not None
    with np.load(run.folder / "affinity.npz") as archive:
        arrays = set(archive.files)
        shapes = {name: (archive[name].dtype.name, archive[name].ndim) for name in arrays}
    # Of metrics that give distances, or have something else to tell.
    others = {"raw", "notes", "result.NAME"}
    own = {name for name in arrays if not name.startswith("result.")}
    assert set(first_cells(FILES, "## `affinity.npz`")) == own | others
    for line in FILES.splitlines():
        found = re.match(r"\| `(\w+)` \| (float32|int64|bool) \((.*)\) \|", line)
        if found and found[1] in arrays:
            n_axes = len([axis for axis in re.sub(r"\(.*?\)", "", found[3]).split(",") if axis])
            assert shapes[found[1]] == (found[2], n_axes)


def test_keys_of_the_summary(run: rebalance.RunResult) -> None:
    assert run.folder is not None
    keys = list(json.loads((run.folder / "summary.json").read_text(encoding="utf-8")))
    described = first_cells(FILES, "## `summary.json`")
    assert described[: len(keys)] == keys
    assert described[len(keys) :] == [reason for reason in REASONS if reason != KEPT]


def test_keys_of_the_run_record(run: rebalance.RunResult) -> None:
    assert run.folder is not None
    keys = json.loads((run.folder / "run.json").read_text(encoding="utf-8")).keys()
    assert first_cells(FILES, "## `run.json`") == list(keys)


def test_names_of_the_figures(run: rebalance.RunResult) -> None:
    assert run.folder is not None
    drawn = {path.stem for path in (run.folder / "figures").iterdir()}
    assert set(first_cells(FILES, "## `figures/`")) == drawn | VIEW_FIGURES


def test_what_views_writes_is_described(
    simulated_job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rebalance.pipeline.views_job import execute_views
    from rebalance.settings import RunSettings

    install_numbered_views(monkeypatch)
    settings = RunSettings(simulated_job, metric="views", n_superclasses=1, output=tmp_path / "out")
    result = execute_views(settings)
    assert first_cells(FILES, "### `views.csv`") == list(VIEW_COLUMNS)
    assert first_cells(FILES, "### Its `summary.json`") == list(result.summary)
    assert {path.stem for path in (result.folder / "figures").iterdir()} == VIEW_FIGURES
    for path in result.folder.iterdir():
        assert f"`{path.stem if path.stem == 'particles_poses' else path.name}" in FILES


def test_every_file_of_a_run_is_described(run: rebalance.RunResult) -> None:
    assert run.folder is not None
    names = {path.name for path in run.folder.iterdir()}
    assert all(f"`{name}" in FILES for name in names)


@pytest.mark.parametrize("layout", ["cryosparc", "stack"])
def test_every_file_of_other_formats_is_described(
    layout: str, simulated_job: Path, tmp_path: Path
) -> None:
    if layout == "cryosparc":
        settings = {"n_averages": 24, "n_particles": 600, "n_views": 6, "box": 32, "seed": 1}
        job = write_cryosparc(simulate_class_averages(settings), tmp_path / "project").job
    else:
        job = simulated_job / "run_it025_classes.mrcs"
    for copy in (False, True):
        result = rebalance.run(
            job,
            n_superclasses=4,
            output=tmp_path / f"results{copy}",
            figures=False,
            copy_templates=copy,
        )
        assert result.folder is not None
        for path in result.folder.iterdir():
            group = path.suffix in (".cs", ".csg") and "passthrough" not in path.stem
            assert f"`{path.stem if group else path.name}`" in FILES


def test_the_front_page_names_every_file_of_a_run(run: rebalance.RunResult) -> None:
    assert run.folder is not None
    front = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in run.folder.iterdir():
        assert f"`{path.name}" in front or f"`{path.stem}`" in front


def commands(command: Any, name: str = "rebalance") -> Iterator[tuple[str, set[str]]]:
    """Every command by its full name, with its arguments and the long names of its options."""
    if command.params:
        yield (
            name,
            {
                (one.metavar or one.name.upper())
                if one.param_type_name == "argument"
                else next(flag for flag in one.opts if flag.startswith("--"))
                for one in command.params
                if one.name not in ("install_completion", "show_completion", "help")
            },
        )
    for word, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, f"{name} {word}")


def described(name: str) -> set[str]:
    """The options of a command as its section tells them: in a table, or with a link."""
    section = re.split(r"^## ", COMMANDS.partition(f"\n## `{name}`\n")[2], maxsplit=1, flags=re.M)[
        0
    ]
    rows = re.findall(r"^\| (`[^|]+) \|", section.replace("\\|", ""), re.M)
    found = {
        next((word for word in words if word.startswith("--")), words[0])
        for words in (re.findall(r"`([^`]+)`", row) for row in rows)
    }
    for listed in re.findall(r"^As in \[`[^`]+`\]\(#[\w-]+\): (.*)\.$", section, re.M):
        found |= set(re.findall(r"`([^`]+)`", listed))
    for home, lacking in re.findall(
        r"^The other options are those of \[`([^`]+)`\]\(#[\w-]+\)(.*)\.$", section, re.M
    ):
        found |= described(home) - set(re.findall(r"`([^`]+)`", lacking))
    return found


def test_every_option_of_every_command_is_told_in_its_section() -> None:
    for name, options in commands(get_command(app)):
        assert described(name) == options, name


def test_every_environment_variable_is_described() -> None:
    described = set(first_cells(COMMANDS, "## Environment variables"))
    # Read by dask, not here.
    used = {"DASK_SCHEDULER_ADDRESS"}
    for path in (ROOT / "rebalance").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        used |= set(re.findall(r"\"(REBALANCE_(?!HOOK)[A-Z_]+)\"", text))
        used |= set(re.findall(r"environ(?:\.get\(|\[)\"(\w+)\"", text))
    # The simulator of CUDA is for the tests of the package alone.
    assert used - {"NUMBA_ENABLE_CUDASIM"} <= described
    assert {name for name in described if name.startswith("REBALANCE_")} <= used
