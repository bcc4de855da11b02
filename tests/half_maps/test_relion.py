"""Half maps that RELION makes of simulated particles show which way these looked."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import mrcfile
import numpy as np
import pytest

from rebalance.half_maps.find import find_half_maps
from rebalance.half_maps.signal import half_map_signal_of_files
from rebalance.model import HalfMapSignal
from rebalance.poses.conventions import angles_of_rotation, rotation_of_angles
from rebalance.simulate import phantom, project
from rebalance.simulate.viewing_directions import around, uniform, view_frames

pytestmark = pytest.mark.skipif(
    shutil.which("relion_reconstruct") is None, reason="RELION is not installed"
)

BOX, PIXEL = 48, 5.0


def reconstructed(views: np.ndarray, folder: Path, rng: np.random.Generator) -> HalfMapSignal:
    """The signal of two maps of the even and the odd particles."""
    folder.mkdir()
    frames = view_frames(views)
    images = project(phantom(), frames, BOX, PIXEL)
    images = images + images.std() * rng.standard_normal(images.shape, dtype=np.float32)
    with mrcfile.new(folder / "images.mrcs") as out:
        out.set_data(images)
        out.voxel_size = PIXEL
    angles = angles_of_rotation(frames)
    for half in (1, 2):
        lines = [
            f"{i + 1}@images.mrcs {' '.join(f'{a:.5f}' for a in angles[i])}"
            for i in range(half - 1, len(views), 2)
        ]
        labels = ("ImageName", "AngleRot", "AngleTilt", "AnglePsi")
        header = "\n".join(f"_rln{label} #{at}" for at, label in enumerate(labels, 1))
        (folder / f"{half}.star").write_text("data_\n\nloop_\n" + "\n".join([header, *lines, ""]))
        command = ["relion_reconstruct", "--i", f"{half}.star", "--angpix", f"{PIXEL}"]
        command += ["--o", f"run_half{half}_class001_unfil.mrc", "--pad", "2"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
    found = find_half_maps(folder)
    assert found is not None
    return half_map_signal_of_files(found.first, found.second)


def test_the_direction_that_most_particles_look_along_is_weak(tmp_path: Path) -> None:
    """And what images along it hold is strong, in the frame in which RELION states angles."""
    rng = np.random.default_rng(4)
    towards = rotation_of_angles(np.array([40.0]), np.array([55.0]), np.array([0.0]))[0, 2]
    views = uniform(1_200, rng)
    even = reconstructed(views, tmp_path / "even", rng)
    many = rng.random(len(views)) < 0.97
    views[many] = around(np.tile(towards, (np.count_nonzero(many), 1)), 12.0, rng)
    crowded = reconstructed(views, tmp_path / "crowded", rng)
    assert (even.box, even.voxel_size) == (BOX, PIXEL)
    assert even.cfar > 0.5
    assert even.tfar > 0.75
    assert crowded.cfar < 0.2
    assert crowded.tfar < 0.4
    off = np.rad2deg(np.arccos(np.abs(crowded.axes @ towards)))
    assert off[np.argmax(crowded.relative_signal)] < 15
    # A Fourier direction is sampled by the views across it.
    fineness = 1 / crowded.resolution
    assert np.median(fineness[off < 30]) < 0.8 * np.median(fineness[off > 75])
    assert np.corrcoef(off, fineness)[0, 1] > 0.5
