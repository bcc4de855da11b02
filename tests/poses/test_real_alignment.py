"""On a whole RELION job: what some particles of a class say of its average, the others obey."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

import rebalance
from benchmarks.poses import views_of
from benchmarks.view_frames import onto_truth, turn_between
from rebalance.model import Dataset, DoubleArray, ParticlePoses
from rebalance.poses import particle_poses
from rebalance.poses.conventions import in_plane, rotation_of_angles

MIXED = (5, 30)
"""Classes in which views are mixed."""


def true_rotations(dataset: Dataset, truth: Path) -> DoubleArray:
    with open(truth) as file:
        known = {row["image_name"]: row for row in csv.DictReader(file)}
    assert dataset.particles is not None
    rows = [known[name] for name in dataset.particles.column("rlnImageName").tolist()]
    x, y, z = np.array([[float(row[f"view_{axis}"]) for row in rows] for axis in "xyz"])
    psi = np.array([float(row["psi_deg"]) for row in rows])
    return rotation_of_angles(np.rad2deg(np.arctan2(y, x)), np.rad2deg(np.arccos(z)), psi)


def mean_rotation(rotations: DoubleArray) -> DoubleArray:
    u, _, v = np.linalg.svd(rotations.mean(axis=0))
    mean: DoubleArray = u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v
    return mean


def error(true: DoubleArray, poses: ParticlePoses) -> DoubleArray:
    return turn_between(true[poses.row], poses.rotation)


def test_half_of_a_class_foretells_the_poses_of_the_other_half(real_data: Path) -> None:
    folder = real_data / "relion31_70s"
    dataset = rebalance.read(folder / "run_it020_data.star")
    assert dataset.particles is not None
    true = true_rotations(dataset, folder / "true_views.csv")
    psi, of_class = dataset.particles.column("rlnAnglePsi"), dataset.particles.class_id
    averages = np.setdiff1d(of_class, MIXED)
    is_told = np.arange(len(true)) % 2 == 0
    medians = {}
    for sign in (1, -1):
        # From particles to the average goes the way back.
        on_average = in_plane(-sign * psi) @ true
        rotation = np.stack(
            [mean_rotation(on_average[(of_class == one) & is_told]) for one in averages]
        )
        views = views_of(averages, rotation, np.zeros((len(averages), 2)))
        poses = particle_poses(dataset, views)
        others = ~is_told[poses.row]
        assert others.sum() > 1_000
        medians[sign] = float(np.median(error(true, poses)[others]))
    # Particles are 5° to 15° away from their averages.
    assert medians[1] < 10
    assert medians[-1] > 60


def test_views_of_the_averages_alone_give_particles_their_poses(real_data: Path) -> None:
    """Nothing but the frame and the hand of the map is taken from the truth."""
    folder = real_data / "relion31_70s"
    dataset = rebalance.read(folder / "run_it020_data.star")
    assert dataset.particles is not None
    true = true_rotations(dataset, folder / "true_views.csv")
    views = rebalance.find_views(dataset, symmetry="C1")
    assert views.trusted
    psi, of_class = dataset.particles.column("rlnAnglePsi"), dataset.particles.class_id
    rotation = np.full((len(views), 3, 3), np.nan)
    for row, one in enumerate(views.class_id):
        if (members := of_class == one).any():
            rotation[row] = mean_rotation(in_plane(-psi[members]) @ true[members])
    truth = views_of(views.class_id, rotation, np.zeros((len(views), 2)))
    poses = particle_poses(dataset, onto_truth(views, truth).views)
    assert len(poses) > 2_000
    assert np.median(error(true, poses)) < 16
