"""Views that were found mean the same by rotation and shift as poses do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rebalance
from benchmarks.poses import true_views
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
    options = {"n_averages": 80, "n_particles": 4000, "n_views": 30, "n_preferred": 0, "box": 48}
    options |= {"preferred_share": 0.0, "pixel_size": 5.3, "snr": 0.1, "seed": 12}
    simulated = simulate_class_averages(options)
    dataset = rebalance.read(write_relion(simulated, tmp_path).job)
    views = rebalance.find_views(dataset)
    assert views.trusted
    found = onto_truth(views, true_views(simulated))
    assert np.nanmedian(found.error) < 8
    poses = particle_poses(dataset, found.views)
    true = rotation_of_angles(*simulated.particle_euler[poses.row].T)
    assert np.nanmedian(turn_between(true, poses.rotation)) < 12
    moved = poses.shift - simulated.particle_place[poses.row]
    assert np.nanmedian(np.hypot(*moved.T)) < 1.5
