"""RELION itself works on what is simulated, and on what is selected from it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import starfile

import rebalance
from rebalance.simulate import (
    RelionFiles,
    SimulatedClassification,
    simulate_class_averages,
    write_relion,
)

pytestmark = pytest.mark.skipif(
    shutil.which("relion_refine") is None, reason="RELION is not installed"
)


@pytest.fixture(scope="module")
def simulated() -> SimulatedClassification:
    return simulate_class_averages(
        {
            "n_averages": 8,
            "n_particles": 120,
            "n_views": 3,
            "box": 32,
            "pixel_size": 8.0,
            "n_empty": 1,
            "n_noise": 0,
            "n_junk": 0,
            "snr": 3.0,
            "particle_images": True,
            "seed": 5,
        }
    )


@pytest.fixture(scope="module")
def written(
    simulated: SimulatedClassification, tmp_path_factory: pytest.TempPathFactory
) -> RelionFiles:
    return write_relion(simulated, tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def selected(written: RelionFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The particles of a run that balances the 2D classes themselves."""
    result = rebalance.run(
        written.job,
        superclasses=False,
        factor="0.5",
        figures=False,
        output=tmp_path_factory.mktemp("run") / "results",
    )
    assert result.selection is not None
    assert 0 < result.selection.selected.sum() < 120
    assert result.folder is not None
    return result.folder / "particles_selected.star"


def relion(project: Path, program: str, *arguments: str | Path) -> None:
    done = subprocess.run(
        [program, *map(str, arguments)], cwd=project, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


def classify(written: RelionFiles, particles: Path, out: Path, *arguments: str) -> dict:
    out.mkdir()
    fixed = "--iter 1 --tau2_fudge 2 --particle_diameter 230 --zero_mask --oversampling 0"
    fixed += " --offset_range 4 --offset_step 1 --norm --scale --dont_combine_weights_via_disc"
    fixed += " --ctf --pad 1 --pool 100 --j 1 --random_seed 1"
    relion(
        written.project,
        "relion_refine",
        *("--i", particles, "--o", out / "run"),
        *fixed.split(),
        *arguments,
    )
    return starfile.read(out / "run_it001_data.star")


def test_star_handler_keeps_the_count_of_the_selected_particles(
    written: RelionFiles, selected: Path, tmp_path: Path
) -> None:
    relion(written.project, "relion_star_handler", "--i", selected, "--o", tmp_path / "copy.star")
    copied = starfile.read(tmp_path / "copy.star")["particles"]
    ours = starfile.read(selected)["particles"]
    assert copied["rlnImageName"].tolist() == ours["rlnImageName"].tolist()


def test_one_iteration_of_2d_classification_runs_on_the_selected_particles(
    written: RelionFiles, selected: Path, tmp_path: Path
) -> None:
    tables = classify(written, selected, tmp_path / "out", "--K", "4", "--psi_step", "24")
    ours = starfile.read(selected)["particles"]
    assert sorted(tables["particles"]["rlnImageName"]) == sorted(ours["rlnImageName"])
    assert tables["particles"]["rlnClassNumber"].between(1, 4).all()


def test_relion_finds_the_same_alignment_and_view_with_our_averages_as_references(
    simulated: SimulatedClassification, written: RelionFiles, tmp_path: Path
) -> None:
    tables = classify(
        written,
        written.data,
        tmp_path / "out",
        *("--ref", str(written.model), "--ctf_corrected_ref", "--K", "8", "--psi_step", "8"),
    )
    ours = starfile.read(written.data)["particles"]
    found = tables["particles"].set_index("rlnImageName").loc[ours["rlnImageName"]]
    view = simulated.superclass[found["rlnClassNumber"].to_numpy() - 1]
    assert (view == simulated.particle_superclass).mean() > 0.9
    same = found["rlnClassNumber"].to_numpy() == ours["rlnClassNumber"].to_numpy()
    assert same.sum() > 40
    turn = found["rlnAnglePsi"].to_numpy() - ours["rlnAnglePsi"].to_numpy()
    error = np.abs((turn[same] + 180) % 360 - 180)
    assert np.median(error) < 5
    for origin in ("rlnOriginXAngst", "rlnOriginYAngst"):
        pair = np.corrcoef(found[origin].to_numpy()[same], ours[origin].to_numpy()[same])
        assert pair[0, 1] > 0.9
