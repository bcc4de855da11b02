"""`rebalance views` with the views that are really found."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import mrcfile
import numpy as np
import pytest
from typer.testing import CliRunner, Result

import rebalance
from rebalance.cli import app
from rebalance.simulate import simulate_class_averages, write_cryosparc


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def command(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "80"})


@pytest.mark.parametrize("n", [1, 2, 3])
def test_of_few_averages_nothing_is_known(n: int, tmp_path: Path, rng: np.random.Generator) -> None:
    with mrcfile.new(tmp_path / "few.mrcs") as mrc:
        mrc.set_data(rng.normal(size=(n, 24, 24)).astype(np.float32))
        mrc.set_image_stack()
    done = command("views", "few.mrcs", "-o", "out")
    assert done.exit_code == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "Not trusted" in said
    assert "too few" in said
    with (tmp_path / "out" / "views.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["class_id"] for row in rows] == [str(number + 1) for number in range(n)]
    assert {row["fit"] for row in rows} == {row["view_x"] for row in rows} == {""}
    assert not list(tmp_path.glob("out/*.mrc"))
    views = rebalance.find_views(tmp_path / "few.mrcs")
    assert not views.trusted
    run = command("run", "few.mrcs", "--metric", "views", "-k", "1", "--json", "-o", "run")
    assert run.exit_code == 0, run.stderr
    summary = json.loads(run.stdout)
    assert any("too few" in note for note in summary["notes"])
    # Nobody need worry for it.
    assert not any("too few" in warning for warning in summary["warnings"])
    by_angle = command("run", "few.mrcs", "--metric", "views", "--view-width", "20", "-o", "w")
    assert by_angle.exit_code == 2
    assert "too few" in by_angle.stderr


def test_a_cryosparc_job_gets_views_map_and_poses(tmp_path: Path) -> None:
    settings = {
        "n_averages": 40,
        "n_particles": 1_000,
        "box": 32,
        "seed": 5,
        "pixel_size": 6.0,
        "continuous": True,
        "preferred_share": 0.0,
        "snr": 1.0,
        "n_junk": 0,
    }
    job = write_cryosparc(simulate_class_averages(settings), tmp_path / "project").job
    done = command("views", job, "--symmetry", "C1", "-o", "out", "--no-figures", "--json")
    assert done.exit_code == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["trusted"], summary["reason"]
    assert {"views.csv", "initial_model.mrc", "particles_poses.csg"} <= set(summary["files"])
    with mrcfile.open(tmp_path / "out" / "initial_model.mrc") as mrc:
        assert mrc.voxel_size.x == pytest.approx(summary["map"]["voxel_size_A"], abs=1e-3)
        extent = mrc.data.shape[0] * mrc.voxel_size.x
    assert 0.5 < extent / (32 * 6.0) < 2
    again = command("rerun", "out", "-q")
    assert again.exit_code == 0, again.stderr
    assert (tmp_path / "out" / "views.csv").read_bytes() == (
        tmp_path / "out_rerun" / "views.csv"
    ).read_bytes()
