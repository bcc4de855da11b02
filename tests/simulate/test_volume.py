"""Projections of a grid are those of the density that it holds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from rebalance.errors import OptionError
from rebalance.simulate import Blobs, Volume, in_plane, phantom, project, volume_of
from rebalance.simulate.viewing_directions import uniform, view_frames
from rebalance.simulate.volume import fourier_cropped


def poses(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    frames = in_plane(rng.uniform(-180, 180, n)) @ view_frames(uniform(n, rng))
    return frames, rng.uniform(-3, 3, (n, 2))


@pytest.mark.parametrize(("box", "pixel_size"), [(80, 3.5), (81, 3.5)])
def test_slices_of_the_phantom_are_its_analytic_projections(
    box: int, pixel_size: float, rng: np.random.Generator
) -> None:
    frames, shifts = poses(6, rng)
    analytic = project(phantom(), frames, box, pixel_size, shifts=shifts)
    sliced = project(volume_of(phantom(), pixel_size), frames, box, pixel_size, shifts=shifts)
    assert np.abs(sliced - analytic).max() < 1e-3 * analytic.max()


def test_a_projection_down_an_axis_is_the_sum_over_voxels(rng: np.random.Generator) -> None:
    density = ndimage.gaussian_filter(rng.random((20, 20, 20)), 2.0, mode="constant")
    density[ndimage.distance_transform_edt(np.pad(density * 0 + 1, 1))[1:-1, 1:-1, 1:-1] < 4] = 0
    density = ndimage.gaussian_filter(density, 1.5, mode="constant").astype(np.float32)
    volume = Volume(density, 3.0, 60.0)
    z_axis, y_axis = project(
        volume,
        np.array([np.eye(3), [[1, 0, 0], [0, 0, 1], [0, -1, 0]]]),
        40,
        3.0,
    )
    middle = slice(10, 30)
    tolerance = 2e-3 * z_axis.max()
    np.testing.assert_allclose(z_axis[middle, middle], 3.0 * density.sum(axis=0), atol=tolerance)
    # The second view has object z along image y, and looks down −y.
    np.testing.assert_allclose(y_axis[middle, middle], 3.0 * density.sum(axis=1), atol=tolerance)
    outside = z_axis.copy()
    outside[middle, middle] = 0
    assert np.abs(outside).max() < tolerance


def test_a_coarser_grid_has_the_same_low_frequencies(rng: np.random.Generator) -> None:
    blobs = Blobs(rng.normal(0, 12, (6, 3)), np.full(6, 9.0), rng.uniform(0.5, 2, 6))
    fine = volume_of(blobs, 2.0)
    side = 2 * (len(fine.density) // 4)
    coarse = fourier_cropped(fine.density, side)
    step = 2.0 * len(fine.density) / side
    axis = (np.arange(side) - side // 2) * step
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    exact = blobs.density(np.stack([x, y, z], axis=-1))
    np.testing.assert_allclose(coarse, exact, atol=2e-3 * exact.max())


def test_a_grid_that_would_not_fit_in_memory_is_refused() -> None:
    far = Blobs(np.array([[0.0, 0, -900], [0, 0, 900]]), np.ones(2), np.ones(2))
    with pytest.raises(OptionError, match=r"pixel_size = 0\.5 Å is too fine"):
        volume_of(far, 0.5)
