"""RELION projects a map as we do: same angles, same hand, same shifts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import mrcfile
import numpy as np
import pandas as pd
import pytest
import starfile

from rebalance.simulate import in_plane, load_molecule, phantom, project, volume_of
from rebalance.simulate.viewing_directions import euler_angles, uniform, view_frames

pytestmark = pytest.mark.skipif(
    shutil.which("relion_project") is None, reason="RELION is not installed"
)

BOX, PIXEL = 64, 4.5


def test_projections_of_a_map_are_those_of_relion(tmp_path: Path, rng: np.random.Generator) -> None:
    n = 8
    inner = volume_of(phantom(), PIXEL).density
    density = np.zeros((BOX, BOX, BOX), dtype=np.float32)
    part = slice(BOX // 2 - len(inner) // 2, BOX // 2 + len(inner) // 2)
    density[part, part, part] = inner
    with mrcfile.new(tmp_path / "molecule.mrc") as mrc:
        mrc.set_data(density)
        mrc.set_volume()
        mrc.voxel_size = PIXEL
    frames = in_plane(rng.uniform(-180, 180, n)) @ view_frames(uniform(n, rng))
    shifts = rng.integers(-4, 5, (n, 2)).astype(float)
    angles = euler_angles(frames)
    optics = {
        "rlnOpticsGroup": [1],
        "rlnOpticsGroupName": ["one"],
        "rlnImagePixelSize": [PIXEL],
        "rlnImageSize": [BOX],
        "rlnImageDimensionality": [2],
        "rlnVoltage": [300.0],
        "rlnSphericalAberration": [2.7],
        "rlnAmplitudeContrast": [0.1],
    }
    particles = {
        "rlnImageName": [f"{k + 1:06d}@none.mrcs" for k in range(n)],
        "rlnOpticsGroup": [1] * n,
        "rlnAngleRot": angles[:, 0],
        "rlnAngleTilt": angles[:, 1],
        "rlnAnglePsi": angles[:, 2],
        "rlnOriginXAngst": -PIXEL * shifts[:, 0],
        "rlnOriginYAngst": -PIXEL * shifts[:, 1],
    }
    starfile.write(
        {"optics": pd.DataFrame(optics), "particles": pd.DataFrame(particles)},
        tmp_path / "angles.star",
    )
    done = subprocess.run(
        ["relion_project", "--i", "molecule.mrc", "--ang", "angles.star", "--o", "theirs"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    with mrcfile.open(tmp_path / "theirs.mrcs", permissive=True) as mrc:
        theirs = mrc.data.copy()
    molecule = load_molecule(
        {"source": str(tmp_path / "molecule.mrc"), "box": BOX, "pixel_size": PIXEL}
    )
    ours = project(molecule.density, frames, BOX, PIXEL, shifts=shifts)
    for one, other in zip(ours, theirs, strict=True):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.995
