"""Poses that are read are those that RELION projects with, and by way of CryoSPARC's vectors too.

RELION projects a map with known angles. Read back from its table, they are the same directions;
written as CryoSPARC's rotation vectors by cryosparc-tools and read again, they reconstruct the map.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import mrcfile
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import starfile

from rebalance import formats
from rebalance.model import DoubleArray, Orientations
from rebalance.poses.conventions import rotation_of_angles, vector_of_rotation
from rebalance.simulate import in_plane, phantom, volume_of
from rebalance.simulate.viewing_directions import euler_angles, uniform, view_frames

pytestmark = pytest.mark.skipif(
    shutil.which("relion_project") is None or shutil.which("relion_reconstruct") is None,
    reason="RELION is not installed",
)

BOX, PIXEL, N = 48, 6.0, 500
OPTICS = {
    "rlnOpticsGroup": [1],
    "rlnOpticsGroupName": ["one"],
    "rlnImagePixelSize": [PIXEL],
    "rlnImageSize": [BOX],
    "rlnImageDimensionality": [2],
    "rlnVoltage": [300.0],
    "rlnSphericalAberration": [2.7],
    "rlnAmplitudeContrast": [0.1],
}


def run(folder: Path, *words: str) -> None:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def write_star(path: Path, angles: DoubleArray, stack: str) -> Path:
    particles = {
        "rlnImageName": [f"{k + 1:06d}@{stack}" for k in range(len(angles))],
        "rlnOpticsGroup": 1,
        **dict(zip(("rlnAngleRot", "rlnAngleTilt", "rlnAnglePsi"), angles.T, strict=True)),
        "rlnOriginXAngst": 0.0,
        "rlnOriginYAngst": 0.0,
    }
    starfile.write(
        {"optics": pd.DataFrame(OPTICS), "particles": pd.DataFrame(particles)}, path, overwrite=True
    )
    return path


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with molecule.mrc, and projections of it by RELION: seen.mrcs, seen_data.star."""
    folder = tmp_path_factory.mktemp("project")
    rng = np.random.default_rng(17)
    inner = volume_of(phantom(), PIXEL).density
    density = np.zeros((BOX, BOX, BOX), dtype=np.float32)
    part = slice(BOX // 2 - len(inner) // 2, BOX // 2 + len(inner) // 2)
    density[part, part, part] = inner
    with mrcfile.new(folder / "molecule.mrc") as mrc:
        mrc.set_data(density)
        mrc.set_volume()
        mrc.voxel_size = PIXEL
    frames = in_plane(rng.uniform(-180, 180, N)) @ view_frames(uniform(N, rng))
    write_star(folder / "seen_data.star", euler_angles(frames), "seen.mrcs")
    run(folder, "relion_project", "--i", "molecule.mrc", "--ang", "seen_data.star", "--o", "seen")
    return folder


def likeness(project: Path, angles: DoubleArray) -> float:
    """Correlation of the molecule with the map that RELION makes of the images at these poses."""
    write_star(project / "made.star", angles, "seen.mrcs")
    run(project, "relion_reconstruct", "--i", "made.star", "--o", "made.mrc", "--maxres", "18")
    maps = []
    for name in ("molecule.mrc", "made.mrc"):
        with mrcfile.open(project / name) as mrc:
            maps.append(low_passed(np.asarray(mrc.data, dtype=np.float64)).ravel())
    return float(np.corrcoef(*maps)[0, 1])


def low_passed(density: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    axis = np.fft.fftfreq(BOX, PIXEL)
    radius = np.sqrt(sum(f**2 for f in np.meshgrid(axis, axis, axis)))
    return np.fft.ifftn(np.fft.fftn(density) * (radius < 1 / 20)).real


def as_read(path: Path) -> Orientations:
    return formats.read_orientations(formats.read_refinement(path))


def test_the_poses_of_a_table_are_those_that_it_was_projected_with(project: Path) -> None:
    table = starfile.read(project / "seen_data.star")["particles"]
    known = table[["rlnAngleRot", "rlnAngleTilt", "rlnAnglePsi"]].to_numpy()
    orientations = as_read(project / "seen_data.star")
    np.testing.assert_allclose(orientations.angles, known, atol=1e-9)
    np.testing.assert_allclose(
        orientations.direction, rotation_of_angles(*known.T)[:, 2], atol=1e-9
    )
    assert likeness(project, orientations.angles) > 0.98


@pytest.mark.parametrize("encoding", ["NUMPY_FORMAT", "CSDAT_FORMAT"])
def test_poses_by_way_of_cryosparc_give_the_map_back(project: Path, encoding: str) -> None:
    cryosparc = pytest.importorskip("cryosparc.dataset")
    angles = as_read(project / "seen_data.star").angles
    vector = vector_of_rotation(rotation_of_angles(*angles.T)).astype(np.float32)
    found = {}
    for name, pose in (("right", vector), ("transposed", -vector)):
        table = cryosparc.Dataset.allocate(N, [("alignments3D/pose", "<f4", (3,))])
        table["alignments3D/pose"] = pose
        path = project / f"{name}_particles.cs"
        table.save(path, format=getattr(cryosparc, encoding))
        found[name] = as_read(path)
    right = rotation_of_angles(*found["right"].angles.T)
    np.testing.assert_allclose(right, rotation_of_angles(*angles.T), atol=1e-5)
    assert found["right"].convention == "cryosparc"
    assert likeness(project, found["right"].angles) > 0.98
    assert likeness(project, found["transposed"].angles) < 0.9


@pytest.mark.skipif(shutil.which("relion_refine") is None, reason="relion_refine is not installed")
def test_the_folder_of_a_3d_classification_is_read_with_its_classes_and_group(
    project: Path,
) -> None:
    (project / "Class3D" / "job004").mkdir(parents=True)
    words = "--K 2 --iter 1 --sym D2 --particle_diameter 200 --healpix_order 1 --oversampling 0"
    more = "--offset_range 2 --offset_step 2 --pad 1 --ini_high 30 --norm --scale --dont_check_norm"
    run(
        project,
        *("relion_refine", "--i", "seen_data.star", "--ref", "molecule.mrc"),
        *("--o", "Class3D/job004/run", *words.split(), *more.split()),
    )
    for name in ("", "run_it001_optimiser.star", "run_it001_model.star"):
        dataset = formats.read_refinement(project / "Class3D" / "job004" / name)
        orientations = formats.read_orientations(dataset)
        table = starfile.read(project / "Class3D" / "job004" / "run_it001_data.star")["particles"]
        assert orientations.symmetry == "D2"
        np.testing.assert_allclose(orientations.angles[:, 1], table["rlnAngleTilt"], atol=1e-9)
        assert dataset.particles is not None
        assert dataset.particles.class_id.tolist() == table["rlnClassNumber"].tolist()
        assert dataset.warnings == ()
