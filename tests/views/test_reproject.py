"""Reprojections are the sums along the view that their pose names."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scipy.stats import norm

from rebalance.simulate.blobs import Blobs
from rebalance.simulate.projection import project
from rebalance.views.reproject import project_map, reprojections
from tests.made_up_views import made_up_views


def summed_up(
    density: np.ndarray, voxel_size: float, rotation: np.ndarray, shift: np.ndarray, box: int
) -> np.ndarray:
    """The transform of every voxel at every frequency of the slice, summed up at every pixel."""
    n = len(density)
    line = np.arange(n) - n // 2
    z, y, x = (axis.ravel() for axis in np.meshgrid(line, line, line, indexing="ij"))
    voxels = np.stack([x, y, z], axis=1)
    side = 2 * n + 2
    step = np.arange(-side // 2, side // 2) / side
    fx, fy = (axis.ravel() for axis in np.meshgrid(step, step))
    below = np.hypot(fx, fy) < 0.5
    frequency = np.stack([fx[below], fy[below]], axis=1)
    slice_ = np.exp(-2j * np.pi * (frequency @ rotation[:2]) @ voxels.T) @ density.ravel()
    py, px = (axis.ravel() for axis in np.meshgrid(*2 * [np.arange(box) - box // 2], indexing="ij"))
    place = (np.stack([px, py], axis=1) - shift) / voxel_size
    image = np.exp(2j * np.pi * place @ frequency.T) @ slice_
    return image.real.reshape(box, box) / side**2


def pixels(box: int) -> np.ndarray:
    return np.arange(box) - float(box // 2)


def smooth_density(n: int, rng: np.random.Generator) -> np.ndarray:
    line = (np.arange(n) - n // 2) / n
    z, y, x = np.meshgrid(line, line, line, indexing="ij")
    density = np.zeros((n, n, n))
    for centre, weight in zip(rng.normal(0, 0.08, (6, 3)), rng.uniform(0.5, 1, 6), strict=True):
        far2 = (x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2
        density += weight * np.exp(-far2 / (2 * 0.09**2))
    return density.astype(np.float32)


@pytest.mark.parametrize(("n", "voxel_size", "box"), [(14, 1.7, 24), (15, 2.0, 25), (12, 1.0, 12)])
def test_a_projection_is_the_sum_over_the_voxels(
    n: int, voxel_size: float, box: int, rng: np.random.Generator
) -> None:
    density = smooth_density(n, rng)
    rotation = Rotation.random(3, random_state=4).as_matrix()
    shift = rng.uniform(-2, 2, (3, 2))
    found = project_map(density, voxel_size, rotation, shift, pixels(box))
    for image, frame, at in zip(found, rotation, shift, strict=True):
        expected = summed_up(density, voxel_size, frame, at, box)
        np.testing.assert_allclose(image, expected, atol=0.01 * np.abs(expected).max())


def test_a_pose_means_what_it_means_to_the_simulator(rng: np.random.Generator) -> None:
    """A map of Gaussians is projected as the simulator projects the Gaussians themselves."""
    blobs = Blobs(rng.normal(0, 5, (8, 3)), rng.uniform(2.5, 3.5, 8), rng.uniform(0.5, 1, 8))
    n, voxel_size, pixel_size, box = 32, 1.6, 1.0, 60
    line = (np.arange(n) - n // 2) * voxel_size * pixel_size
    z, y, x = np.meshgrid(line, line, line, indexing="ij")
    density = blobs.density(np.stack([x, y, z], axis=-1)).astype(np.float32)
    rotation = Rotation.random(4, random_state=7).as_matrix()
    shift = rng.uniform(-4, 4, (4, 2))
    expected = project(blobs, rotation, box, pixel_size, shifts=shift)
    found = project_map(density, voxel_size, rotation, shift, pixels(box)) * voxel_size * pixel_size
    np.testing.assert_allclose(found, expected, atol=0.01 * expected.max())


def test_what_took_no_part_has_an_empty_picture_and_the_mask_follows_the_molecule(
    rng: np.random.Generator,
) -> None:
    views = made_up_views(12, rng, no_part=2)
    images = reprojections(views, 40)
    no_part = np.isnan(views.rotation).any(axis=(1, 2))
    assert no_part.sum() == 2
    assert not images[no_part].any()
    assert (np.abs(images[~no_part]).max(axis=(1, 2)) > 0).all()
    radius = 9.0
    images, masked = (reprojections(views, 40, radius=size) for size in (40.0, radius))
    y, x = np.mgrid[:40, :40] - 20
    for row in np.flatnonzero(~no_part):
        far = np.hypot(x - views.shift[row, 0], y - views.shift[row, 1])
        assert not masked[row][far > radius].any()
        inside = far < 0.89 * radius
        np.testing.assert_array_equal(masked[row][inside], images[row][inside])


def test_a_smaller_picture_shows_the_same_box(rng: np.random.Generator) -> None:
    views = made_up_views(5, rng)
    whole, small = reprojections(views, 48), reprojections(views, 48, side=16)
    blocks = whole.reshape(5, 16, 3, 16, 3).mean(axis=(2, 4))
    for one, other in zip(blocks, small, strict=True):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.99


def test_a_reprojection_gets_the_contrast_and_levels_of_its_average(
    rng: np.random.Generator,
) -> None:
    """But for a factor and levels in and out of the mask, the averages are the reprojections."""
    views = made_up_views(6, rng, no_part=1)
    plain = reprojections(views, 40)
    level = np.zeros_like(plain)
    # Maps are 1.25 times as wide as the mask; the edge falls over the last tenth of its radius.
    middle = 0.95 * len(views.map) * views.voxel_size / 2.5
    y, x = np.mgrid[:40, :40] - 20
    for row in range(1, 6):
        far = np.hypot(x - views.shift[row, 0], y - views.shift[row, 1])
        level[row] = norm.sf(far, middle, 0.6 * views.voxel_size)
    averages = (3.5 * plain - 2 * level + 7).astype(np.float32)
    found = reprojections(views, 40, like=averages)
    np.testing.assert_allclose(found[1:], averages[1:], rtol=1e-3)
    assert not found[0].any()
    against = reprojections(views, 40, like=-averages)
    np.testing.assert_array_equal(against, plain)
