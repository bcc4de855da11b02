"""The commands of docs/howto-poses.md: views are found, and RELION makes a map of the poses."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import mrcfile
import numpy as np
import pytest
from typer.testing import CliRunner

import rebalance
from benchmarks.poses import density, fsc, true_views
from docs.tools import pages
from docs.tools.pages import ROOT
from docs.tools.session import commands
from rebalance.cli import app
from rebalance.poses import particle_poses, write_poses
from rebalance.registry import registry
from rebalance.simulate import simulate_class_averages, write_relion
from rebalance.simulate.blobs import Blobs

FIND, RECONSTRUCT = (
    commands(block.text)[0][0]
    for block in pages.blocks((ROOT / "docs" / "howto-poses.md").read_text(encoding="utf-8"))
    if block.options.get("elsewhere") == Path(__file__).relative_to(ROOT).as_posix()
)
SIMULATED = {
    "n_averages": 12,
    "n_particles": 150,
    "n_views": 10,
    "box": 32,
    "pixel_size": 8.0,
    "n_empty": 0,
    "n_noise": 0,
    "n_junk": 0,
    "snr": 3.0,
    "particle_images": True,
    "seed": 6,
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_relion(simulate_class_averages(SIMULATED), tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.skipif(
    not any(plugin.name == "views" for plugin in registry().of_kind("metric")),
    reason="the metric views is not installed",
)
def test_views_are_found(project: Path) -> None:
    done = CliRunner().invoke(app, shlex.split(FIND)[1:])
    assert done.exit_code == 0, done.output
    assert (project / "views" / "views.csv").is_file()


@pytest.mark.skipif(not shutil.which("relion_reconstruct"), reason="RELION is not installed")
def test_relion_makes_a_map_of_the_poses(project: Path) -> None:
    dataset = rebalance.read("Class2D/job003")
    simulated = simulate_class_averages(SIMULATED)
    poses = particle_poses(dataset, true_views(simulated))
    write_poses(dataset, poses, "views")
    subprocess.run(shlex.split(RECONSTRUCT), check=True, capture_output=True)
    with mrcfile.open(project / "views" / "from_poses.mrc") as mrc:
        volume = np.asarray(mrc.data, dtype=np.float64)
    molecule = simulated.molecule.density
    assert isinstance(molecule, Blobs)
    truth = density(molecule, 32, 8.0)
    assert fsc(volume, truth, molecule.diameter / 8 / 2)[1:8].mean() > 0.8
