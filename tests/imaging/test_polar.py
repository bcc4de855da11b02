"""Polar samples are the Fourier transform: checked against plain sums over pixels."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.imaging.masks import mask_about
from rebalance.imaging.polar import PolarGrid, polar_fourier


def sums_over_pixels(images: np.ndarray, grid: PolarGrid) -> np.ndarray:
    axis = np.arange(images.shape[1]) - images.shape[1] // 2
    samples = np.empty((len(images), grid.n_rings, grid.n_half), dtype=complex)
    for r, k in enumerate(grid.rings):
        for a, angle in enumerate(grid.angles):
            wave = np.exp(
                -2j * np.pi * k * (np.sin(angle) * axis[:, None] + np.cos(angle) * axis[None, :])
            )
            samples[:, r, a] = (images * wave).sum(axis=(1, 2))
    samples *= np.sqrt(grid.rings)[None, :, None]
    return samples / np.sqrt(2 * (np.abs(samples) ** 2).sum(axis=(1, 2)))[:, None, None]


@pytest.mark.parametrize("box", [32, 45])
@pytest.mark.parametrize("k_low", [0.0, 0.05])
def test_samples_are_sums_over_pixels(box: int, k_low: float, rng: np.random.Generator) -> None:
    grid = PolarGrid(radius=box / 2 - 2, k_low=k_low, k_high=0.42, max_shift=2.0)
    images = rng.normal(size=(3, box, box)).astype(np.float32)
    masked = mask_about(images, np.zeros((3, 2)), grid.radius)
    np.testing.assert_allclose(
        polar_fourier(masked, grid), sums_over_pixels(masked, grid), atol=2e-6
    )


@pytest.mark.parametrize("k_high", [0.3, 0.44, 0.47, 0.5])
@pytest.mark.parametrize("box", [8, 12, 33, 40])
def test_up_to_the_nyquist_frequency_too(box: int, k_high: float, rng: np.random.Generator) -> None:
    grid = PolarGrid(radius=box / 2 - 1, k_low=0.0, k_high=k_high, max_shift=1.0)
    masked = mask_about(
        rng.normal(size=(3, box, box)).astype(np.float32), np.zeros((3, 2)), grid.radius
    )
    np.testing.assert_allclose(
        polar_fourier(masked, grid), sums_over_pixels(masked, grid), atol=5e-6
    )


def test_origin_is_a_shift_of_the_image(rng: np.random.Generator) -> None:
    grid = PolarGrid(radius=12.0, k_low=0.0, k_high=0.4, max_shift=3.0)
    image = np.zeros((1, 40, 40), np.float32)
    image[0, 12:28, 12:28] = rng.normal(size=(16, 16))
    rolled = np.roll(image, (2, -3), axis=(1, 2))
    np.testing.assert_allclose(
        polar_fourier(rolled, grid, origin=np.array([[-3.0, 2.0]])),
        polar_fourier(image, grid),
        atol=2e-6,
    )


def test_image_without_power_gives_zeros() -> None:
    grid = PolarGrid(radius=12.0, k_low=0.0, k_high=0.4, max_shift=3.0)
    assert not polar_fourier(np.zeros((1, 32, 32), np.float32), grid).any()
