"""The projections are those of the density, in the conventions of the model and of RELION."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from rebalance.model import Transform
from rebalance.simulate import Blobs, in_plane, phantom, project
from rebalance.simulate.viewing_directions import euler_angles, uniform, view_frames

BOX, PIXEL = 48, 5.0


@pytest.fixture
def blobs(rng: np.random.Generator) -> Blobs:
    n = 9
    return Blobs(rng.normal(0, 25, (n, 3)), rng.uniform(9, 16, n), rng.uniform(0.5, 2, n))


def frames(n: int, rng: np.random.Generator) -> np.ndarray:
    return in_plane(rng.uniform(-180, 180, n)) @ view_frames(uniform(n, rng))


def test_projection_is_the_line_integral_of_the_density(
    blobs: Blobs, rng: np.random.Generator
) -> None:
    rotation = frames(1, rng)
    image = project(blobs, rotation, BOX, PIXEL)[0]
    z = np.linspace(-200, 200, 801)
    for row, column in rng.integers(8, 40, (12, 2)):
        x, y = (column - BOX // 2) * PIXEL, (row - BOX // 2) * PIXEL
        beam = np.column_stack([np.full_like(z, x), np.full_like(z, y), z])
        integral = integrate.trapezoid(blobs.density(beam @ rotation[0]), z)
        assert image[row, column] == pytest.approx(integral, rel=1e-5, abs=1e-12)


def test_projection_keeps_the_mass(blobs: Blobs, rng: np.random.Generator) -> None:
    images = project(blobs, frames(4, rng), 96, PIXEL)
    np.testing.assert_allclose(images.sum(axis=(1, 2)) * PIXEL**2, blobs.mass.sum(), rtol=1e-5)


@pytest.mark.parametrize("degrees", [20.0, 90.0, -135.0])
def test_in_plane_rotation_and_shift_are_those_of_a_transform(
    blobs: Blobs, rng: np.random.Generator, degrees: float
) -> None:
    rotation = frames(1, rng)
    shift = (3.5, -2.0)
    image = project(blobs, rotation, BOX, PIXEL)[0]
    moved = project(blobs, in_plane(degrees) @ rotation, BOX, PIXEL, shifts=np.array([shift]))[0]
    by_transform = Transform(degrees, shift).apply(image)
    np.testing.assert_allclose(moved, by_transform, atol=2e-3 * image.max())


def test_opposite_views_are_mirror_images(rng: np.random.Generator) -> None:
    rotation = frames(3, rng)
    behind = np.diag([-1.0, 1.0, -1.0]) @ rotation
    np.testing.assert_allclose(behind[:, 2], -rotation[:, 2])
    front = project(phantom(), rotation, BOX, PIXEL)
    back = project(phantom(), behind, BOX, PIXEL)
    # Pixel 0 has no partner about pixel L/2.
    np.testing.assert_allclose(back[:, :, 1:], front[:, :, :0:-1], rtol=1e-5, atol=1e-9)


@settings(deadline=None, max_examples=60)
@given(st.floats(-180, 180), st.floats(0.1, 179.9), st.floats(-179.9, 179.9))
def test_frames_and_angles_are_those_of_relion(rot: float, tilt: float, psi: float) -> None:
    def about(axis: int, degrees: float) -> np.ndarray:
        cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        if axis == 2:
            return np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
        return np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])

    # Heymann, Chagoyen & Belnap 2005, doi:10.1016/j.jsb.2005.06.001.
    matrix = about(2, psi) @ about(1, tilt) @ about(2, rot)
    view = matrix[2]
    np.testing.assert_allclose(in_plane(psi)[0] @ view_frames(view[None])[0], matrix, atol=1e-9)
    back = np.deg2rad(euler_angles(matrix[None])[0] - [rot, tilt, psi])
    np.testing.assert_allclose(np.cos(back), 1, atol=1e-9)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(n, 3, 3\)"):
        project(phantom(), np.eye(3), BOX, PIXEL)
    with pytest.raises(ValueError, match="centres"):
        Blobs(np.zeros((2, 3)), np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match="positive"):
        Blobs(np.zeros((1, 3)), np.zeros(1), np.ones(1))
