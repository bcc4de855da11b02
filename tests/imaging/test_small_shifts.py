"""Weighted sums of a few shifts or angles are what the waves of the band are in between."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.imaging.small_shifts import (
    CIRCLES,
    shift_nodes,
    shift_table,
    shift_weights,
    turn_table,
)

MAX_SHIFT = 1.3
PHASES = pytest.mark.parametrize("phase", [widest for widest, _ in CIRCLES if widest])


def finest(phase: float) -> float:
    return phase / (2 * np.pi * MAX_SHIFT)


def rings(phase: float) -> np.ndarray:
    return finest(phase) * (np.arange(34) + 0.5) / 34


def waves(at: np.ndarray, ring: float, bearing: float) -> np.ndarray:
    return np.cos(2 * np.pi * ring * (at @ (np.cos(bearing), np.sin(bearing))) + 0.7)


@PHASES
def test_points_cover_the_disc_and_its_edge(phase: float) -> None:
    points, nodes = (of(MAX_SHIFT, finest(phase)) for of in (shift_table, shift_nodes))
    length = np.hypot(*points.T)
    assert length[0] == 0
    assert length.max() == pytest.approx(MAX_SHIFT)
    rng = np.random.default_rng(0)
    angle, radius = rng.uniform(0, 2 * np.pi, 500), MAX_SHIFT * np.sqrt(rng.uniform(0, 1, 500))
    inside = np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=1)
    nearest = np.linalg.norm(inside[:, None] - points, axis=2).min(axis=1)
    assert nearest.max() < 0.15 * MAX_SHIFT
    assert (np.hypot(*nodes.T) < MAX_SHIFT).all()
    assert len(nodes) % 2 == 0


def test_without_shifts_there_is_one_place() -> None:
    nodes, points = (of(0.0, 0.3) for of in (shift_nodes, shift_table))
    assert not nodes.any()
    assert not points.any()
    weights = shift_weights(nodes, points, rings(2.0))
    np.testing.assert_allclose(weights[0].sum(axis=0), 1, atol=1e-5)


@PHASES
@pytest.mark.parametrize(("part", "largest"), [(0.1, 0.004), (0.5, 0.02), (1.0, 0.1)])
def test_a_wave_of_the_band_is_known_everywhere_in_the_disc(
    phase: float, part: float, largest: float
) -> None:
    nodes, points = (of(MAX_SHIFT, finest(phase)) for of in (shift_nodes, shift_table))
    weights = shift_weights(nodes, points, rings(phase))[0]
    for bearing in np.linspace(0, np.pi, 13):
        found = waves(nodes, part * finest(phase), bearing) @ weights
        expected = waves(points, part * finest(phase), bearing)
        assert np.abs(found - expected).max() < largest


@PHASES
def test_over_all_waves_the_error_is_small(phase: float) -> None:
    nodes, points = (of(MAX_SHIFT, finest(phase)) for of in (shift_nodes, shift_table))
    weights = shift_weights(nodes, points, rings(phase))[0]
    errors = [
        waves(nodes, ring, bearing) @ weights - waves(points, ring, bearing)
        for ring in rings(phase)
        for bearing in np.linspace(0, np.pi, 13)
    ]
    assert np.sqrt(np.mean(np.square(errors))) < 0.01


def test_derivatives_are_those_of_the_value() -> None:
    k_high = finest(2.0)
    nodes, points = shift_nodes(MAX_SHIFT, k_high), 0.6 * shift_table(MAX_SHIFT, k_high)
    e = 1e-3
    x, y = np.array([e, 0.0]), np.array([0.0, e])

    def value(at: np.ndarray) -> np.ndarray:
        return shift_weights(nodes, at, rings(2.0))[0]

    _, by_x, by_y, by_xx, by_xy, by_yy = shift_weights(nodes, points, rings(2.0))
    right, left, up, down = (value(points + step) for step in (x, -x, y, -y))
    here = value(points)
    np.testing.assert_allclose((right - left) / (2 * e), by_x, atol=1e-4)
    np.testing.assert_allclose((up - down) / (2 * e), by_y, atol=1e-4)
    np.testing.assert_allclose((right + left - 2 * here) / e**2, by_xx, atol=1e-3)
    np.testing.assert_allclose((up + down - 2 * here) / e**2, by_yy, atol=1e-3)
    corners = value(points + x + y) - value(points + x - y)
    corners -= value(points - x + y) - value(points - x - y)
    np.testing.assert_allclose(corners / (4 * e**2), by_xy, atol=1e-3)


def test_orders_of_the_band_are_known_between_angles() -> None:
    n_angles, n_orders = 192, 86
    turns, weights = turn_table(n_angles, 9, n_orders, 16)
    grid = (np.arange(9) - 4) * 2 * np.pi / n_angles
    assert turns[0] == -turns[-1]
    assert turns[-1] >= np.pi / n_angles
    for order, largest in ((0, 0.002), (20, 0.01), (60, 0.01), (80, 0.08)):
        wave = np.exp(1j * order * grid)
        expected = np.exp(1j * order * turns)
        assert np.abs(wave @ weights[0] - expected).max() < largest
        slope = wave @ weights[1] - 1j * order * expected
        assert np.abs(slope).max() < 0.1 * n_orders
