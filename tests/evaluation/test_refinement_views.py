"""Views of a 3D refinement are read in the conventions of RELION and CryoSPARC."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from rebalance import formats
from rebalance.errors import InputError
from rebalance.evaluation import read_truth, truth_of_simulation
from rebalance.model import Orientations
from rebalance.point_groups import operations_of
from rebalance.simulate import (
    simulate_class_averages,
    write_job,
    write_refinement,
    write_relion,
)

SETTINGS = {"n_averages": 14, "n_particles": 300, "n_views": 3, "box": 24, "n_empty": 1}


def test_relions_angles_are_those_of_the_simulation(tmp_path: Path) -> None:
    simulated = simulate_class_averages(SETTINGS)
    euler = simulated.particle_euler
    known = np.isfinite(simulated.particle_view).all(axis=1)
    assert Orientations(euler).direction[known] == pytest.approx(
        simulated.particle_view[known], abs=1e-6
    )
    files = write_relion(simulated, tmp_path)
    names = formats.read(files.job).particles.column("rlnImageName")
    lines = [f"{n} {r} {t} {p}\n" for n, (r, t, p) in zip(names, euler.tolist(), strict=True)]
    header = "loop_\n_rlnImageName #1\n_rlnAngleRot #2\n_rlnAngleTilt #3\n_rlnAnglePsi #4\n"
    refined = tmp_path / "refined.star"
    refined.write_text(
        f"data_optics\n\nloop_\n_rlnVoltage #1\n300\n\ndata_particles\n\n{header}{''.join(lines)}\n"
    )
    truth, expected = read_truth(refined, symmetry="C3"), truth_of_simulation(simulated)
    assert truth.symmetry == pytest.approx(operations_of("C3"))
    assert truth.particle_name is not None
    assert truth.particle_name.tolist() == names.tolist()
    assert truth.particle_view[known] == pytest.approx(  # type: ignore[index]
        expected.particle_view[known], abs=1e-6
    )


def test_cryosparcs_poses_are_relions_angles_another_way(rng, tmp_path: Path) -> None:
    # RELION's matrix of (rot, tilt, psi) takes the molecule into the frame of the image; CryoSPARC
    # keeps the inverse, as a rotation vector.
    rot, tilt, psi = rng.uniform(-180, 180, 20), rng.uniform(0, 180, 20), rng.uniform(0, 360, 20)
    into_image = Rotation.from_euler("ZYZ", np.stack([rot, tilt, psi], axis=1), degrees=True).inv()
    pose = into_image.inv().as_rotvec()
    expected = Orientations(np.stack([rot, tilt, psi], axis=1)).direction
    table = np.zeros(20, dtype=[("uid", "<u8"), ("alignments3D/pose", "<f4", (3,))])
    table["uid"], table["alignments3D/pose"] = 2**63 + np.arange(20, dtype=np.uint64), pose
    with (tmp_path / "refined.cs").open("wb") as file:
        np.save(file, table)
    truth = read_truth(tmp_path / "refined.cs")
    assert truth.particle_name is not None
    assert truth.particle_name[1] == str(2**63 + 1)
    assert truth.particle_view == pytest.approx(expected, abs=1e-5)


def test_files_without_views_are_refused(tmp_path: Path) -> None:
    files = write_relion(simulate_class_averages(SETTINGS), tmp_path)
    (data,) = files.job.glob("*_data.star")
    with pytest.raises(InputError, match=r"rlnAngleRot|same view"):
        read_truth(data)
    with (tmp_path / "flat.cs").open("wb") as file:
        np.save(file, np.zeros(3, dtype=[("uid", "<u8")]))
    with pytest.raises(InputError, match="alignments3D/pose"):
        read_truth(tmp_path / "flat.cs")


@pytest.mark.parametrize(
    ("rows", "message"),
    [("", "empty"), ("1@a.mrcs x 3 1\n2@a.mrcs 4 5 1\n", "a number was expected")],
)
def test_angles_that_are_none_are_refused(rows: str, message: str, tmp_path: Path) -> None:
    refined = tmp_path / "refined.star"
    refined.write_text(
        "data_particles\n\nloop_\n_rlnImageName\n_rlnAngleRot\n_rlnAngleTilt\n_rlnAnglePsi\n" + rows
    )
    with pytest.raises(InputError, match=message):
        read_truth(refined)


def test_an_angle_that_is_not_finite_is_an_unknown_view(tmp_path: Path) -> None:
    refined = tmp_path / "refined.star"
    refined.write_text(
        "data_particles\n\nloop_\n_rlnImageName\n_rlnAngleRot\n_rlnAngleTilt\n"
        "_rlnAnglePsi\n1@a.mrcs 10 20 0\n2@a.mrcs nan 3 0\n3@a.mrcs 4 inf 0\n"
    )
    view = read_truth(refined).particle_view
    assert view is not None
    assert np.isfinite(view).all(axis=1).tolist() == [True, False, False]


@pytest.mark.parametrize("layout", ["relion", "cryosparc"])
def test_a_job_folder_is_a_truth_too(layout: str, tmp_path: Path) -> None:
    simulated = simulate_class_averages(
        {**SETTINGS, "symmetry": "D2", "box": 64, "pose_error": 0.0}
    )
    write_job(simulated, tmp_path, layout)
    truth = read_truth(write_refinement(simulated, tmp_path, layout).job, symmetry="D2")
    known = np.isfinite(simulated.particle_view).all(axis=1)
    assert truth.particle_view is not None
    assert truth.particle_view[known] == pytest.approx(simulated.particle_view[known], abs=1e-4)
