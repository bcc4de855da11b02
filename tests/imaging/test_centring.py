"""Centres move with the object, and neighbours do not pull at them."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.imaging.centring import find_objects
from rebalance.model import Transform
from tests import phantom_images


def test_centre_turns_shifts_and_flips_with_the_image(rng: np.random.Generator) -> None:
    from scipy.spatial.transform import Rotation

    for _ in range(6):
        motion = Transform(
            rng.uniform(-180, 180), tuple(rng.uniform(-7, 7, 2)), bool(rng.integers(2))
        )
        frame = Rotation.random(random_state=int(rng.integers(1000))).as_matrix()
        still, shifted = find_objects(np.stack(phantom_images.moved(frame, motion)), 24.0).centre
        expected = motion.matrix @ still + motion.shift
        np.testing.assert_allclose(shifted, expected, atol=0.25)


def test_neighbour_at_the_edge_does_not_pull(rng: np.random.Generator) -> None:
    y, x = np.mgrid[:64, :64] - 32
    blob = np.exp(-((x - 4) ** 2 + (y + 3) ** 2) / 50)
    neighbour = 2 * np.exp(-((x - 29) ** 2 + (y - 29) ** 2) / 10)
    images = np.stack((blob, blob + neighbour)).astype(np.float32)
    alone, beside = find_objects(images, 20.0).centre
    np.testing.assert_allclose(alone, (4, -3), atol=0.1)
    np.testing.assert_allclose(beside, alone, atol=0.2)


@pytest.mark.parametrize("box", [16, 31, 33, 47, 48, 49, 65, 96])
def test_centre_is_found_in_a_box_of_any_size(box: int) -> None:
    y, x = np.mgrid[:box, :box] - box // 2
    at = (0.1 * box, -0.06 * box)
    blob = np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (0.01 * box**2))
    centre = find_objects(blob[None].astype(np.float32), 0.4 * box).centre[0]
    np.testing.assert_allclose(centre, at, atol=0.02 * box)


def test_extent_is_that_of_the_object() -> None:
    y, x = np.mgrid[:64, :64] - 32
    disc = (np.hypot(x, y) < 10).astype(np.float32)[None]
    assert 8 <= find_objects(disc, 24.0).extent[0] <= 13


def test_featureless_image_stays_where_it_is() -> None:
    objects = find_objects(np.zeros((1, 32, 32), np.float32), 12.0)
    assert not objects.centre.any()
