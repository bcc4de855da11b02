"""The plugin package of docs/plugin-authors.md, once installed, stands beside the built-in ones."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from docs.tools import pages
from docs.tools.pages import ROOT
from docs.tools.session import Session, commands

PAGE = ROOT / "docs" / "plugin-authors.md"
BLOCKS = pages.blocks(PAGE.read_text(encoding="utf-8"))


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the package as pip would leave it: its modules, and what it declares."""
    monkeypatch.chdir(tmp_path)
    session = Session(tmp_path)
    for block in BLOCKS:
        if "file" in block.options:
            session.run(block)
    package = tmp_path / "my-metric"
    project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = package / f"my_metric-{project['version']}.dist-info"
    declared.mkdir()
    (declared / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    (declared / "entry_points.txt").write_text(
        "".join(
            f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
            for group, points in project["entry-points"].items()
        )
    )
    return package


def test_the_shown_commands_find_and_use_it(
    installed: Path, simulated_job: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "Class2D").symlink_to(simulated_job.parent)
    block = next(
        one
        for one in BLOCKS
        if one.options.get("elsewhere") == Path(__file__).relative_to(ROOT).as_posix()
    )
    monkeypatch.setenv("PYTHONPATH", str(installed))
    install, *shown = (typed for typed, _ in commands(block.text))
    assert install == "pip install ./my-metric"
    for typed in shown:
        words = typed.split()
        assert words[0] == "rebalance"
        if words[1] == "run":
            words.append("--no-figures")
        done = subprocess.run(
            [sys.executable, "-c", "from rebalance.cli import main; main()", *words[1:]],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "radial-spectrum" in done.stdout or words[1] == "run"


@pytest.mark.parametrize("motion", ["rotation", "shift", "mirror", "scale", "offset"])
def test_it_keeps_the_invariances_that_it_states(
    motion: str, installed: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.syspath_prepend(str(installed))
    from my_metric.metric import RadialSpectrum, RadialSpectrumOptions

    from rebalance.model import ClassAverages

    assert motion in RadialSpectrum.invariances
    images = rng.normal(size=(3, 24, 24)).astype(np.float32)
    moved = {
        # About pixel (L/2, L/2), by a quarter turn, which needs no interpolation.
        "rotation": np.roll(np.rot90(images, axes=(1, 2)), 1, axis=1),
        "shift": np.roll(images, (3, -2), axis=(1, 2)),
        "mirror": images[:, :, ::-1],
        "scale": 2.5 * images,
        "offset": images + 7.0,
    }[motion]
    metric, options = RadialSpectrum(), RadialSpectrumOptions()
    both = np.concatenate((images, moved)).astype(np.float32)
    averages = ClassAverages(both, np.arange(1, 7))
    values = metric.tile(metric.prepare(averages, options, "cpu"), range(3), range(3, 6)).values
    assert np.allclose(np.diag(values), 0.0, atol=1e-4)
    assert values[0, 1] > 0.01


def test_it_gives_the_same_bytes_whatever_the_tiling(
    installed: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.syspath_prepend(str(installed))
    from my_metric.metric import RadialSpectrum, RadialSpectrumOptions

    from rebalance.model import ClassAverages

    metric = RadialSpectrum()
    averages = ClassAverages(rng.normal(size=(9, 24, 24)).astype(np.float32), np.arange(9))
    features = metric.prepare(averages, RadialSpectrumOptions(), "cpu")
    whole = metric.tile(features, range(9), range(9)).values
    for i, j in ((0, 1), (2, 7), (7, 8)):
        alone = metric.tile(features, range(i, i + 1), range(j, j + 1)).values
        assert alone[0, 0] == whole[i, j]
