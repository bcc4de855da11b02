"""The mask keeps its promises: inside, outside, mean, and a radius from the data."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.imaging.masks import EDGE_FRACTION, estimate_radius, mask_about, soft_disc


def test_soft_disc_is_one_inside_and_zero_outside() -> None:
    mask = soft_disc(40, 15.0)
    y, x = np.mgrid[:40, :40] - 20
    distance = np.hypot(x, y)
    assert (mask[distance <= 15.0 * (1 - EDGE_FRACTION) - 1e-3] == 1).all()
    assert (mask[distance >= 15.0] == 0).all()


def test_soft_disc_moves_with_its_centre() -> None:
    np.testing.assert_allclose(
        soft_disc(40, 9.0, centre=(5.0, -3.0)), np.roll(soft_disc(40, 9.0), (-3, 5), (0, 1))
    )


def test_masked_images_have_no_mean_and_nothing_outside(rng: np.random.Generator) -> None:
    images = rng.normal(3.0, 1.0, (4, 32, 32)).astype(np.float32)
    centre = np.array([[0.0, 0.0], [2.5, -1.0], [0.0, 4.0], [-3.0, 0.0]])
    masked = mask_about(images, centre, 10.0)
    np.testing.assert_allclose(masked.sum(axis=(1, 2)), 0, atol=1e-2)
    for image, (x, y) in zip(masked, centre, strict=True):
        assert (image[soft_disc(32, 10.0, centre=(x, y)) == 0] == 0).all()


@pytest.mark.parametrize("true_radius", [10, 16, 22])
def test_radius_is_that_of_the_object(true_radius: int, rng: np.random.Generator) -> None:
    y, x = np.mgrid[:64, :64] - 32
    disc = (np.hypot(x, y) < true_radius).astype(np.float32)
    images = disc * rng.uniform(0.5, 1.5, (8, 64, 64)) + 0.02 * rng.normal(size=(8, 64, 64))
    radius = estimate_radius(images.astype(np.float32))
    assert true_radius - 1 <= radius <= 1.35 * true_radius


def test_radius_leaves_empty_images_out() -> None:
    y, x = np.mgrid[:64, :64] - 32
    images = np.repeat((np.hypot(x, y) < 12).astype(np.float32)[None], 3, axis=0)
    wide = (np.hypot(x, y) < 28).astype(np.float32)[None]
    both = np.concatenate((images, wide))
    with_it_left_out = estimate_radius(both, np.array([False, False, False, True]))
    assert with_it_left_out == estimate_radius(images)
    assert estimate_radius(both) > with_it_left_out


def test_radius_of_nothing_is_the_box() -> None:
    assert estimate_radius(np.zeros((2, 32, 32), np.float32), np.array([True, True])) == 16
