"""No built-in has a back door: the whole job runs without any, or with another in its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

import rebalance
from rebalance import builtin_plugins
from rebalance.cli import app
from rebalance.hookspecs import PluginSpec, hookimpl
from rebalance.registry import Registry, registry
from tests import third_party


@pytest.fixture
def only_third_party(monkeypatch: pytest.MonkeyPatch) -> Registry:
    installed = registry()
    monkeypatch.setattr(installed, "_plugins", {})
    monkeypatch.setattr(installed, "problems", [])
    installed.add(third_party, package="third-party", version="7")
    assert installed.problems == []
    return installed


@pytest.fixture
def plain(tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return third_party.write_plain(tmp_path / "plain", rng)


CHOSEN = ["--metric", "grey-levels", "--clustering", "threshold", "--strategy", "first"]


def command(*words: str, exit_code: int = 0) -> str:
    done = CliRunner().invoke(app, list(words), env={"COLUMNS": "160"})
    assert done.exit_code == exit_code, done.output
    return done.output if exit_code else done.stdout


def test_the_whole_job_is_done_by_third_party_plugins(
    only_third_party: Registry, plain: Path
) -> None:
    out = json.loads(command("run", str(plain), *CHOSEN, "-f", "0.5", "-o", "out", "--json"))
    assert out["format"] == "plain"
    assert len(out["superclasses"]) == 3
    results = plain.parent / "out"
    lines = plain.joinpath("particles.txt").read_text().splitlines()
    selected = results.joinpath("particles_selected.txt").read_text().splitlines()
    excluded = results.joinpath("particles_excluded.txt").read_text().splitlines()
    assert sorted(selected + excluded) == sorted(lines)
    assert 0 < len(selected) < len(lines)
    assert len(list(results.joinpath("figures").glob("*.png"))) >= 4
    report = results.joinpath("report.md").read_text()
    # Words and reference of the clustering are its own; the others are told by name.
    assert "by chains of affinities above 0.5 \\[1\\]" in report
    assert "Author (2020)" in report
    assert "the metric grey-levels" in report
    assert "chosen by the strategy first. " in report, "it draws no lots, and has no seed"
    record = json.loads(results.joinpath("run.json").read_text())
    assert "third-party" in json.dumps(record)


def test_what_third_party_plugins_did_can_be_repeated(
    only_third_party: Registry, plain: Path
) -> None:
    command("run", str(plain), *CHOSEN, "-f", "0.5", "-o", "out", "--no-figures")
    out = command("rerun", "out/run.json", "-o", "again")
    assert "nothing differs" in out.lower() or "same" in out.lower(), out


def test_each_step_by_itself(only_third_party: Registry, plain: Path, tmp_path: Path) -> None:
    data = rebalance.read(plain)
    assert data.class_averages is not None
    assert data.particles is not None
    affinity = rebalance.affinity(data.class_averages, "grey-levels")
    superclasses = rebalance.cluster(
        affinity, clustering="threshold", n_particles=data.class_averages.n_particles
    )
    assert sorted(map(len, superclasses)) == [4, 4, 4]
    selection = rebalance.select(data.particles, superclasses, factor=1, strategy="first")
    assert len(set(selection.after.tolist())) == 1
    folder = tmp_path / "written"
    folder.mkdir()
    written = only_third_party.load("format", data.format).write(
        data, selection, superclasses, folder
    )
    assert [path.name for path in written] == [
        "templates.txt",
        "particles_selected.txt",
        "particles_excluded.txt",
    ]


@pytest.mark.parametrize("how", [["--clustering", "alone"], ["--no-superclasses"]])
def test_superclassification_off_has_no_name_of_its_own(
    how: list[str], only_third_party: Registry, plain: Path
) -> None:
    words = ["run", str(plain), "--metric", "grey-levels", "--strategy", "first", "-f", "1"]
    out = json.loads(command(*words, *how, "-o", "out", "--json", "--no-figures"))
    assert out["superclassification"]["by"] == "off"
    if how[0] == "--clustering":
        assert out["superclassification"]["clustering"] == "alone"
    assert len({row["particles_after"] for row in out["superclasses"]}) == 1
    report = plain.parent.joinpath("out", "report.md").read_text()
    assert "12 2D classes" in report
    assert "## Classes" in report
    assert "superclass" not in report.split("## ")[0]


def test_plugins_that_are_not_used_need_not_be_there(
    only_third_party: Registry, plain: Path
) -> None:
    command("run", str(plain), "--no-superclasses", "--strategy", "first", "-f", "1", "-o", "out")
    command("inspect", str(plain))
    assert "grey-levels" in command("plugins")


def test_a_default_that_is_not_there_is_named_with_those_that_are(
    only_third_party: Registry, plain: Path
) -> None:
    out = command("run", str(plain), "-k", "3", exit_code=2)
    assert "no metric 'views'" in out
    assert "grey-levels" in out


def swap(kind: str, name: str, implementation: str) -> Callable[[Registry], None]:
    """Another implementation under the name of a built-in plugin."""
    hook = {
        "metric": "rebalance_metrics",
        "clustering": "rebalance_clusterings",
        "strategy": "rebalance_strategies",
        "format": "rebalance_formats",
    }[kind]

    def change(installed: Registry) -> None:
        del installed._plugins[(kind, name)]
        spec = PluginSpec(name, "In its place.", implementation)
        module = SimpleNamespace(**{hook: hookimpl(lambda: [spec])})
        # pluggy calls a hook by the name of its function.
        getattr(module, hook).__name__ = hook
        installed.add(module, package="third-party", version="7")

    return change


@pytest.mark.parametrize(
    ("kind", "name", "implementation", "said"),
    [
        ("metric", "views", "tests.third_party:GreyLevels", "the metric views"),
        ("clustering", "hierarchical", "tests.third_party:Threshold", "chains of affinities"),
        ("strategy", "random", "tests.third_party:First", "the strategy random"),
        ("format", "stack", "tests.third_party:Plain", ""),
    ],
)
def test_a_third_party_plugin_takes_the_place_of_a_built_in(
    kind: str,
    name: str,
    implementation: str,
    said: str,
    simulated_job: Path,
    plain: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed = registry()
    monkeypatch.setattr(installed, "_plugins", {})
    installed.add(builtin_plugins, package="rebalance-em", version="1")
    swap(kind, name, implementation)(installed)
    assert installed.find(kind, name).package == "third-party"
    path = plain if kind == "format" else simulated_job
    number = [] if kind == "clustering" else ["-k", "3"]
    command("run", str(path), *number, "-f", "0.5", "-o", "out", "--no-figures", "--no-cache")
    report = plain.parent.joinpath("out", "report.md").read_text()
    assert said in report
    record = json.loads(plain.parent.joinpath("out", "run.json").read_text())
    assert "third-party" in json.dumps(record)
