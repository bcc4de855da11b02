"""Views that were found mean the same by rotation and shift as poses do."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import affine_transform

import rebalance
from benchmarks.poses import SETTINGS, fsc, reconstruct, true_views
from benchmarks.view_frames import onto_truth, turn_between
from rebalance.defaults import VIEWS
from rebalance.poses import particle_poses
from rebalance.poses.conventions import rotation_of_angles
from rebalance.registry import registry
from rebalance.simulate import simulate_class_averages, write_relion

pytestmark = pytest.mark.skipif(
    not any(plugin.name == VIEWS for plugin in registry().of_kind("metric")),
    reason="the metric views is not installed",
)


def test_particles_get_the_poses_that_they_were_simulated_in(tmp_path: Path) -> None:
    """Modulo frame, hand and centre of the map; any sign that is wrong leaves no common frame."""
    options = {"n_averages": 60, "n_particles": 3000, "n_views": 25, "n_preferred": 0, "box": 48}
    options |= {"preferred_share": 0.0, "pixel_size": 5.3, "snr": 0.1, "seed": 12}
    simulated = simulate_class_averages(options)
    dataset = rebalance.read(write_relion(simulated, tmp_path).job)
    views = rebalance.find_views(dataset, symmetry="C1")
    assert views.trusted
    found = onto_truth(views, true_views(simulated))
    assert np.nanmedian(found.error) < 8
    poses = particle_poses(dataset, found.views)
    true = rotation_of_angles(*simulated.particle_euler[poses.row].T)
    assert np.nanmedian(turn_between(true, poses.rotation)) < 12
    moved = poses.shift - simulated.particle_place[poses.row]
    assert np.nanmedian(np.hypot(*moved.T)) < 1.5


@pytest.mark.skipif(shutil.which("relion_reconstruct") is None, reason="RELION is not installed")
def test_the_map_of_the_views_is_the_one_that_relion_makes_of_the_poses(tmp_path: Path) -> None:
    """In one frame and of one hand, so that a refinement may start from both."""
    simulated = simulate_class_averages(SETTINGS | {"n_particles": 1500})
    dataset = rebalance.read(write_relion(simulated, tmp_path).job)
    views = rebalance.find_views(dataset, symmetry="C1")
    volume = reconstruct(tmp_path, dataset, particle_poses(dataset, views), "found")
    scale = 1 / views.voxel_size
    middle = np.full(3, len(views.map) // 2 - scale * (len(volume) // 2))
    found = affine_transform(views.map, np.full(3, scale), middle, output_shape=volume.shape)
    mirrored = np.roll(found[::-1], 1, axis=0)
    alike = [fsc(one, volume, 16.0)[1:9].mean() for one in (found, mirrored)]
    assert alike[0] > 0.8
    assert alike[1] < 0.5
