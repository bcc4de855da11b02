"""Rotations are written as RELION and CryoSPARC mean them, and read back as they were."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.model import DoubleArray, InPlaneAlignment, Orientations, Transform
from rebalance.poses.combine import combine
from rebalance.poses.conventions import (
    angles_of_rotation,
    angles_of_vector,
    in_plane,
    rotation_of_angles,
    rotation_of_vector,
    vector_of_rotation,
)
from rebalance.simulate.viewing_directions import euler_angles, uniform, view_frames


@pytest.fixture
def rotations(rng: np.random.Generator) -> DoubleArray:
    return in_plane(rng.uniform(-180, 180, 200)) @ view_frames(uniform(200, rng))


def test_angles_give_the_rotation_back(rotations: DoubleArray) -> None:
    back = rotation_of_angles(*angles_of_rotation(rotations).T)
    np.testing.assert_allclose(back, rotations, atol=1e-12)


def test_angles_are_those_of_the_simulator_and_show_the_same_view(rotations: DoubleArray) -> None:
    rot, tilt, psi = angles_of_rotation(rotations).T
    np.testing.assert_allclose(np.stack([rot, tilt, psi], 1), euler_angles(rotations), atol=1e-9)
    direction = Orientations(np.stack([rot, tilt, psi], axis=1)).direction
    np.testing.assert_allclose(direction, rotations[:, 2], atol=1e-12)
    assert ((tilt >= 0) & (tilt <= 180)).all()


@pytest.mark.parametrize("tilt", [0.0, 180.0])
def test_along_the_axis_the_whole_turn_is_psi(tilt: float, rng: np.random.Generator) -> None:
    rot, psi = rng.uniform(-180, 180, (2, 50))
    rotation = rotation_of_angles(rot, np.full(50, tilt), psi)
    angles = angles_of_rotation(rotation)
    np.testing.assert_allclose(angles[:, 0], 0, atol=1e-9)
    np.testing.assert_allclose(angles[:, 1], tilt, atol=1e-6)
    np.testing.assert_allclose(rotation_of_angles(*angles.T), rotation, atol=1e-7)


def test_rotation_vectors_give_the_rotation_back_and_show_the_same_view(
    rotations: DoubleArray,
) -> None:
    vector = vector_of_rotation(rotations)
    np.testing.assert_allclose(rotation_of_vector(vector), rotations, atol=1e-9)
    direction = Orientations(angles_of_vector(vector)).direction
    np.testing.assert_allclose(direction, rotations[:, 2], atol=1e-9)
    assert (np.linalg.norm(vector, axis=1) <= np.pi + 1e-9).all()


def test_angles_of_rotation_vectors_are_those_of_their_rotations(rng: np.random.Generator) -> None:
    direction = rng.normal(size=(3000, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    # Also beyond half a turn, and hardly any.
    turn = np.concatenate([rng.uniform(0, 9, 2000), 10 ** rng.uniform(-12, 0, 1000)])
    vector = direction * turn[:, None]
    vector[:4] = [0, 0, 0], [0, 0, 2.5], [0, np.pi, 0], [np.pi, 0, 0]
    angles = angles_of_vector(vector)
    np.testing.assert_allclose(rotation_of_angles(*angles.T), rotation_of_vector(vector), atol=5e-9)
    known = angles_of_rotation(rotation_of_vector(vector))
    apart = (angles - known + 180) % 360 - 180
    seen_along = np.sin(np.deg2rad(known[:, 1])) < 1e-4
    np.testing.assert_allclose(apart[~seen_along], 0, atol=1e-6)
    assert ((angles[:, 1] >= 0) & (angles[:, 1] <= 180)).all()
    assert (np.abs(angles) <= 180).all()
    np.testing.assert_array_equal(angles[:2, 0], 0)


def test_a_pose_that_is_no_number_stays_none_and_no_turn_is_a_pose() -> None:
    vector = np.array([[0.1, np.nan, 0.2], [np.inf, 0, 0], [0, 0, 0]], dtype=np.float32)
    angles = angles_of_vector(vector)
    assert np.isnan(angles[:2]).all()
    np.testing.assert_array_equal(angles[2], 0)


def test_each_vector_is_converted_alone(rng: np.random.Generator) -> None:
    vector = rng.normal(size=(70_000, 3)).astype(np.float32)
    rows = [0, 1, 65_535, 65_536, 69_999]
    np.testing.assert_array_equal(angles_of_vector(vector)[rows], angles_of_vector(vector[rows]))
    assert angles_of_vector(vector[:0]).shape == (0, 3)


def test_rotation_vectors_are_read_as_converters_to_relion_read_them(
    rotations: DoubleArray,
) -> None:
    """The formula that csparc2star.py of pyem gives to RELION: Rodrigues, transposed."""
    vector = vector_of_rotation(rotations)
    for one, rotation in zip(vector, rotations, strict=True):
        angle = np.linalg.norm(one)
        x, y, z = one / angle
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        turned = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
        np.testing.assert_allclose(turned.T, rotation, atol=1e-9)


def test_a_turn_in_the_plane_is_the_same_angle_in_both_programs(rng: np.random.Generator) -> None:
    """CryoSPARC's alignments2D/pose is the third number of alignments3D/pose, if nothing tilts."""
    psi = rng.uniform(-179, 179, 40)
    vector = vector_of_rotation(in_plane(psi))
    np.testing.assert_allclose(vector[:, :2], 0, atol=1e-12)
    np.testing.assert_allclose(vector[:, 2], np.deg2rad(psi), atol=1e-12)


def test_a_point_of_the_map_falls_on_the_particle_by_way_of_the_average(
    rotations: DoubleArray, rng: np.random.Generator
) -> None:
    n = len(rotations)
    middle, shift = rng.normal(0, 4, (2, n, 2))
    psi, point = rng.uniform(-180, 180, n), rng.normal(0, 10, 3)
    turned, moved = combine(rotations, middle, InPlaneAlignment(psi, shift))
    for row in range(n):
        motion = Transform(float(psi[row]), (float(shift[row, 0]), float(shift[row, 1])))
        on_average = rotations[row, :2] @ point + middle[row]
        on_particle = motion.matrix @ on_average + motion.shift
        np.testing.assert_allclose(turned[row, :2] @ point + moved[row], on_particle, atol=1e-9)
