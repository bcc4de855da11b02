"""Compiled functions are made anew when anything changes that they are made from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rebalance.cli import app
from rebalance.kernels.compiled_code import KERNELS, package_of, source_digest
from rebalance.progress import Progress
from tests.environment import Environment
from tests.pipeline.runs import Correlation, quick_run

HELPER = "import numba\n\n@numba.njit({how})\ndef scale(x):\n    return x * {factor}\n"

PAIR_METRIC = """
from rebalance.pairwise import PairMetric
from {package}.helper import scale

class Product(PairMetric):
    version = "1"

    @staticmethod
    def pair(first, second):
        return scale(1.0)
"""

TILE_METRIC = """
import numpy as np
from rebalance.contracts import Block, Metric

class Product(Metric):
    version = "1"

    def prepare(self, class_averages, options, device):
        return len(class_averages)

    def tile(self, features, rows, columns, *, alignment=None, others=None):
        from {package}.kernel import fill
        values = np.zeros((len(rows), len(columns)), np.float32)
        fill(values)
        return Block(values)
"""

KERNEL = """
import numba
from {package}.helper import scale

@numba.njit(cache=True)
def fill(values):
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            values[i, j] = scale(1.0)
"""

ASK = """
import numpy as np, rebalance
from rebalance.model import ClassAverages
from {package}.metric import Product
images = np.random.default_rng(0).normal(size=(3, 8, 8)).astype(np.float32)
averages = ClassAverages(images, np.arange(1, 4))
print(float(rebalance.affinity(averages, metric=Product(), threads=1).values[0, 1]))
"""


def write_package(folder: Path, metric: str, factor: float, how: str = "") -> None:
    package = folder.name
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").write_text("")
    (folder / "helper.py").write_text(HELPER.format(factor=factor, how=how))
    (folder / "kernel.py").write_text(KERNEL.format(package=package))
    (folder / "metric.py").write_text(metric.format(package=package))


def ask(package: str, place: Path) -> float:
    environment = {
        **os.environ,
        "REBALANCE_CACHE_DIR": str(place / "cache"),
        "PYTHONPATH": os.pathsep.join([str(place), *sys.path]),
    }
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(package=package)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


@pytest.mark.parametrize("metric", [PAIR_METRIC, TILE_METRIC], ids=["pair function", "own kernel"])
@pytest.mark.parametrize("how", ["", "cache=True"])
def test_a_changed_helper_gives_new_numbers(tmp_path: Path, metric: str, how: str) -> None:
    write_package(tmp_path / "measuring", metric, 0.25, how)
    assert ask("measuring", tmp_path) == 0.25
    kept = list((tmp_path / "cache" / "compiled").glob("measuring-*/*.nbi"))
    assert kept, "compiled functions are kept in the user's cache folder"
    write_package(tmp_path / "measuring", metric, 0.75, how)
    assert ask("measuring", tmp_path) == 0.75
    assert not list((tmp_path / "measuring").rglob("*.nbi"))


def test_an_unchanged_package_is_not_compiled_again(tmp_path: Path) -> None:
    write_package(tmp_path / "measuring", TILE_METRIC, 0.25)
    ask("measuring", tmp_path)
    code = list((tmp_path / "cache" / "compiled").glob("measuring-*/*.nbc"))
    made = {path: path.stat().st_mtime_ns for path in code}
    assert made
    ask("measuring", tmp_path)
    again = (tmp_path / "cache" / "compiled").glob("measuring-*/*.nbc")
    assert {path: path.stat().st_mtime_ns for path in again} == made


PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "measuring-upgraded"
version = "{version}"
[project.entry-points.rebalance]
measuring = "measuring_upgraded.plugin"
[tool.hatch.build.targets.wheel]
packages = ["measuring_upgraded"]
"""

PLUGIN = """
from rebalance.hookspecs import PluginSpec, hookimpl

@hookimpl
def rebalance_metrics():
    return [PluginSpec("measuring", "Measures.", "measuring_upgraded.metric:Product")]
"""

BY_NAME = """
import numpy as np, rebalance
from rebalance.model import ClassAverages
from rebalance.cache import AffinityCache
images = np.random.default_rng(0).normal(size=(3, 8, 8)).astype(np.float32)
averages = ClassAverages(images, np.arange(1, 4))
cache = AffinityCache()
before = len(cache.entries())
affinity = rebalance.affinity(averages, metric="measuring", threads=1, cache=cache)
print(float(affinity.values[0, 1]), len(cache.entries()) - before)
"""


def test_an_upgrade_gives_new_numbers(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REBALANCE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    project = tmp_path / "project"
    project.mkdir()
    for version, factor in (("0.4.0", 0.25), ("0.5.0", 0.75)):
        write_package(project / "measuring_upgraded", PAIR_METRIC, factor)
        (project / "measuring_upgraded" / "plugin.py").write_text(PLUGIN)
        (project / "pyproject.toml").write_text(PROJECT.format(version=version))
        environment.install("--upgrade", "--force-reinstall", str(project))
        assert environment.run("-c", BY_NAME).split() == [str(factor), "1"]
    assert environment.run("-c", BY_NAME).split() == [str(factor), "0"]
    environment.uninstall("measuring-upgraded")


def test_the_cache_command_shows_and_deletes_compiled_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_package(tmp_path / "measuring", TILE_METRIC, 0.25)
    ask("measuring", tmp_path)
    monkeypatch.setenv("REBALANCE_CACHE_DIR", str(tmp_path / "cache"))
    kept = json.loads(CliRunner().invoke(app, ["cache", "--json"]).stdout)
    assert kept["compiled_bytes"] > 1_000
    shown = CliRunner().invoke(app, ["cache"]).stdout
    assert "compiled code" in shown
    gone = json.loads(CliRunner().invoke(app, ["cache", "--clear", "--json"]).stdout)
    assert gone["compiled_bytes"] == 0
    assert gone["deleted_bytes"] == kept["compiled_bytes"]
    assert not list((tmp_path / "cache" / "compiled").glob("*-*"))


def test_kernels_are_a_package_of_their_own() -> None:
    assert package_of("rebalance.kernels.pairs_cpu") == KERNELS
    assert package_of("rebalance.metrics.frc") == "rebalance"
    assert package_of("somebody.kernels") == "somebody"
    assert source_digest(KERNELS) != source_digest("rebalance")
    assert source_digest("no_such_package") == ""


def test_compiled_code_that_can_not_be_kept_stops_nothing(tmp_path: Path) -> None:
    """As on a full disk: it is compiled again by the next process."""
    script = tmp_path / "script.py"
    script.write_text(
        "import resource\n"
        "from rebalance.kernels.compile import jit\n"
        "@jit\n"
        "def more(x):\n"
        "    return x + 1\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "assert more(1) == 2\n"
    )
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "NUMBA_CACHE_DIR": str(tmp_path / "kept"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        },
    )
    assert done.returncode == 0, done.stderr
    assert not list((tmp_path / "kept").rglob("*.nbc"))


def test_it_is_known_whether_anything_was_compiled_here(tmp_path: Path) -> None:
    script = (
        "import numpy as np;"
        "from rebalance.kernels.compiled_code import has_compiled;"
        "before = has_compiled();"
        "from rebalance.kernels.mask_cpu import soft_disc;"
        "soft_disc(4, 0.0, 0.0, 2.0, 0.5, np.empty((4, 4), np.float32));"
        "print(before, has_compiled())"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    for expected in ("False True", "True True"):
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True
        )
        assert done.stdout.strip() == expected, done.stderr


@pytest.mark.parametrize("compiled", [False, True])
def test_a_person_is_told_of_the_first_compilation(
    simulated_job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiled: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("rebalance.kernels.compiled_code.has_compiled", lambda: compiled)
    words = ["run", str(simulated_job), "-k", "3", "--no-figures", "--no-cache"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.stderr
    told = "Compiling for this computer (about half a minute, the first time only)."
    assert (told in done.stderr) is not compiled


def test_of_a_metric_that_compiles_nothing_that_is_not_said(
    simulated_job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    class Listening(Progress):
        def say(self, sentence: str) -> None:
            said.append(sentence)

    monkeypatch.setattr("rebalance.kernels.compiled_code.has_compiled", lambda: False)
    for metric in (Correlation(), "rotational-cc"):
        assert not said
        given: dict[str, Any] = {"metric": metric, "output": tmp_path / str(metric)[:9]}
        quick_run(simulated_job, use_cache=False, progress=Listening(), **given)
    assert [sentence for sentence in said if sentence.startswith("Compiling")]
