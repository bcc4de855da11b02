"""Areas of power cells are those that counting finds, and change as the kernel says."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.kernels.sphere_cpu import add_slices, power_cells
from rebalance.orientations.units import fibonacci_sphere


def cells(
    centre: np.ndarray, weight: np.ndarray, n_angles: int = 720
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    n = len(centre)
    neighbour = np.array([np.delete(np.arange(n), k) for k in range(n)])
    area, moment, reach = np.zeros(n), np.zeros((n, 3)), np.zeros(n)
    change = np.zeros(neighbour.shape)
    owner = np.arange(n)
    power_cells(*(centre, weight, centre, owner, neighbour, n_angles, area, moment, change, reach))
    return area, moment, change, reach


@pytest.fixture(params=[2, 3, 4])
def points(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(request.param)
    centre = fibonacci_sphere(24) + 0.12 * rng.normal(size=(24, 3))
    return centre / np.linalg.norm(centre, axis=1, keepdims=True), rng.uniform(0, 0.03, 24)


def test_areas_and_middles_are_as_counted(points: tuple[np.ndarray, np.ndarray]) -> None:
    centre, weight = points
    even = fibonacci_sphere(400_000)
    nearest = np.argmin(2 - 2 * even @ centre.T - weight, axis=1)
    area, moment, _, reach = cells(centre, weight)
    share = np.bincount(nearest, minlength=24) / len(even)
    np.testing.assert_allclose(area / (4 * np.pi), share, atol=8e-5)
    for k in range(24):
        inside = even[nearest == k]
        np.testing.assert_allclose(
            moment[k] / (4 * np.pi), inside.sum(axis=0) / len(even), atol=8e-5
        )
        assert reach[k] == pytest.approx(np.arccos((inside @ centre[k]).min()), abs=0.02)


def test_what_a_weight_takes_from_neighbours(points: tuple[np.ndarray, np.ndarray]) -> None:
    centre, weight = points
    _, _, change, _ = cells(centre, weight, 20_000)
    step = 1e-4
    for k in (0, 7, 23):
        up, down = weight.copy(), weight.copy()
        up[k] += step
        down[k] -= step
        slope = (cells(centre, up, 20_000)[0] - cells(centre, down, 20_000)[0]) / (2 * step)
        assert slope[k] == pytest.approx(change[k].sum(), rel=2e-3)
        np.testing.assert_allclose(np.delete(slope, k), -change[k], atol=0.02 * change[k].max())


def test_a_cell_that_lost_its_own_centre_has_no_area() -> None:
    centre = fibonacci_sphere(12)
    weight = np.zeros(12)
    weight[3] = -4.0
    area, _, change, _ = cells(centre, weight)
    assert area[3] == 0
    assert not change[3].any()


def test_slices_are_counts_of_what_is_passed() -> None:
    rng = np.random.default_rng(5)
    passes = rng.integers(0, 3, (40, 17))
    start = np.concatenate([[0], np.cumsum(passes.sum(axis=1))])
    passed = np.concatenate([np.repeat(np.arange(17), row) for row in passes]).astype(np.int16)
    count = rng.integers(0, 9, 40)
    slices = np.zeros(17, dtype=np.int64)
    add_slices(start, passed, count, slices)
    np.testing.assert_array_equal(slices, count @ passes)
