"""Rings of an average are evened out by a power of their own amplitude."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.imaging.whitening import whiten_rings

RINGS = np.array([0.5, 1.5, 2.5])

SHARP = 20.0
"""A mask so large that each ring's power is its own."""


def samples_of(densities: list[float]) -> np.ndarray:
    """One image whose rings have these power densities, on four angles, of unit norm."""
    amplitude = np.sqrt(np.array(densities) * RINGS)
    samples = (amplitude[:, None] * np.array([1, 1j, -1, 0.6 + 0.8j])).astype(np.complex64)
    return samples[None] / np.sqrt(2 * np.sum(np.abs(samples) ** 2))


def densities_of(samples: np.ndarray) -> np.ndarray:
    found = (np.abs(samples[0]) ** 2).sum(axis=1) / RINGS
    return found / found[0]


@pytest.mark.parametrize(
    ("exponent", "expected"),
    [(0.0, [1, 1 / 16, 1 / 81]), (0.5, [1, 1 / 4, 1 / 9]), (1.0, [1, 1, 1])],
)
def test_density_is_raised_to_one_minus_the_exponent(
    exponent: float, expected: list[float]
) -> None:
    samples = samples_of([1, 1 / 16, 1 / 81])
    whiten_rings(samples, RINGS, exponent, SHARP)
    np.testing.assert_allclose(densities_of(samples), expected, rtol=1e-5)
    assert 2 * np.sum(np.abs(samples) ** 2) == pytest.approx(1, abs=1e-5)


def test_a_ring_of_rounding_errors_stays_faint_and_an_empty_image_empty() -> None:
    samples = samples_of([1, 1, 1e-14])
    whiten_rings(samples, RINGS, 1.0, SHARP)
    assert densities_of(samples)[2] < 1e-6
    nothing = np.zeros((1, 3, 4), np.complex64)
    whiten_rings(nothing, RINGS, 1.0, SHARP)
    assert not nothing.any()


def test_angles_within_a_ring_keep_their_phases() -> None:
    before = samples_of([1, 0.2, 0.1])
    after = before.copy()
    whiten_rings(after, RINGS, 0.5, SHARP)
    np.testing.assert_allclose(np.angle(after), np.angle(before), atol=1e-5)


def test_power_is_that_about_a_ring_as_far_as_the_mask_resolves() -> None:
    radius, rings = 20.0, np.arange(1, 41) / 80
    smooth = np.exp(-2.0 * rings)
    comb = smooth * np.where(np.arange(40) % 2, 1.5, 0.5)
    weights = []
    for density in (smooth, comb):
        before = np.sqrt(density * rings)[None, :, None] * np.ones((1, 1, 8), np.complex64)
        after = before.astype(np.complex64)
        whiten_rings(after, rings, 1.0, radius)
        weights.append(np.abs(after / before)[0, :, 0])
    inside = slice(4, -4)
    np.testing.assert_allclose(weights[1][inside] / weights[0][inside], 1.0, atol=0.02)
