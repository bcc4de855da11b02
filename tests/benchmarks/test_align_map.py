"""A map that was turned, moved and mirrored is laid back where it was."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from benchmarks.initial_maps.align_map import (
    MapPose,
    Volume,
    align,
    distance,
    mirrored,
    soft_sphere,
    turned,
)
from benchmarks.poses import density, fsc
from rebalance.simulate import phantom

BOX, VOXEL = 32, 8.0
RADIUS = phantom().diameter / 2 / VOXEL


@pytest.fixture(scope="module")
def truth() -> Volume:
    return density(phantom(), BOX, VOXEL)


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_rotation_shift_and_hand_are_found(
    truth: Volume, is_mirrored: bool, rng: np.random.Generator
) -> None:
    rotation = Rotation.random(random_state=rng).as_matrix()
    moved = turned(truth, MapPose(rotation, rng.uniform(-1.5, 1.5, 3), False, 1.0))
    if is_mirrored:
        moved = mirrored(moved)
    noisy = moved + rng.normal(0, 0.5 * moved.std(), moved.shape)
    pose = align(noisy, truth, radius=RADIUS)
    assert pose.is_mirrored == is_mirrored
    back = turned(noisy, pose)
    assert fsc(back, truth, RADIUS)[1:10].min() > 0.9
    if not is_mirrored:
        angle = np.rad2deg(Rotation.from_matrix(rotation @ pose.rotation).magnitude())
        assert angle < 2


def test_noise_is_like_no_map(truth: Volume, rng: np.random.Generator) -> None:
    noise = rng.normal(size=truth.shape) * soft_sphere(BOX, RADIUS)
    assert align(noise, truth, radius=RADIUS).score < 0.5


def test_a_mirror_image_keeps_the_middle_voxel(rng: np.random.Generator) -> None:
    volume = rng.normal(size=(8, 8, 8))
    assert mirrored(volume)[4, 4, 4] == volume[4, 4, 4]
    np.testing.assert_array_equal(mirrored(mirrored(volume)), volume)
    assert distance(8)[4, 4, 4] == 0
