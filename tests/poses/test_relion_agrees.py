"""RELION reconstructs the molecule from the poses, and from no others; as it aligned, too."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

import rebalance
from benchmarks.poses import (
    OTHER_HAND,
    RIGHT,
    aligned_by_relion,
    compare,
    true_views,
)
from rebalance.poses import particle_poses
from rebalance.poses.conventions import rotation_of_angles
from rebalance.simulate import (
    RelionFiles,
    SimulatedClassification,
    simulate_class_averages,
    write_relion,
)

pytestmark = pytest.mark.skipif(
    shutil.which("relion_reconstruct") is None, reason="RELION is not installed"
)


@pytest.fixture(scope="module")
def simulated() -> SimulatedClassification:
    return simulate_class_averages(
        {
            "n_averages": 16,
            "n_particles": 320,
            "n_views": 14,
            "n_preferred": 0,
            "preferred_share": 0.0,
            "box": 32,
            "pixel_size": 8.0,
            "n_empty": 1,
            "n_noise": 0,
            "n_junk": 1,
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


def test_only_the_poses_as_they_are_reconstruct_the_molecule(
    simulated: SimulatedClassification, written: RelionFiles
) -> None:
    rows = compare(simulated, rebalance.read(written.job), written.project, "poses")
    fsc = {row["poses"]: row["mean_fsc"] for row in rows}
    hand = {row["poses"]: row["hand"] for row in rows}
    assert fsc[RIGHT] > 0.8
    assert hand[RIGHT] == "of the molecule"
    assert fsc[OTHER_HAND] == pytest.approx(fsc[RIGHT], abs=0.02)
    assert hand[OTHER_HAND] == "mirrored"
    wrong = {what: value for what, value in fsc.items() if what not in (RIGHT, OTHER_HAND)}
    assert len(wrong) == 6
    assert max(wrong.values()) < fsc[RIGHT] - 0.05, wrong


def test_poses_from_the_alignment_of_relion_are_the_true_ones(
    simulated: SimulatedClassification, written: RelionFiles
) -> None:
    table = aligned_by_relion(written.project, written.data, written.model, 16)
    dataset = rebalance.read(table, written.classes)
    poses = particle_poses(dataset, true_views(simulated))
    assert dataset.particles is not None
    names = dataset.particles.column("rlnImageName")[poses.row].tolist()
    ours = rebalance.read(written.data).particles
    assert ours is not None
    place = {name: row for row, name in enumerate(ours.column("rlnImageName").tolist())}
    row = np.array([place[name] for name in names])
    same = simulated.particle_class[row] == poses.class_id
    assert same.sum() > 200
    true = rotation_of_angles(*simulated.particle_euler[row].T)
    trace = np.einsum("qij,qij->q", true, poses.rotation)
    turned = np.rad2deg(np.arccos(np.clip((trace - 1) / 2, -1, 1)))
    moved = np.hypot(*(poses.shift - simulated.particle_place[row]).T)
    # Particles are 6° away from their averages.
    assert np.median(turned[same]) < 9
    assert np.median(moved[same]) < 0.8
