"""Averages are laid on their medoid: the drawn tiles, not only the numbers, are aligned."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.figures.tiles import grey, onto_medoid, placed
from rebalance.model import Affinity, Alignment, Transform


def correlation(one, other):
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def object_in_the_middle(box, rng):
    line = np.arange(box) - box // 2
    y, x = np.meshgrid(line, line, indexing="ij")
    spots = rng.normal(0, box / 10, (9, 2))
    return sum(
        weight * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * (box / 22) ** 2))
        for (cx, cy), weight in zip(spots, rng.uniform(0.3, 1, 9), strict=True)
    ).astype(np.float32)


@pytest.mark.parametrize("box", [64, 65, 97])
@pytest.mark.parametrize("mirror", [False, True])
def test_unscaled_it_is_the_transform_of_the_model(rng, box, mirror):
    image = object_in_the_middle(box, rng)
    motion = Transform(37.0, (2.5, -1.25), mirror)
    tile = placed(image[None], [motion], box)[0]
    np.testing.assert_allclose(tile, motion.apply(image), atol=1e-4)


@pytest.mark.parametrize(("box", "side"), [(48, 124), (64, 93), (65, 93), (200, 93), (256, 124)])
@pytest.mark.parametrize("mirror", [False, True])
def test_a_moved_copy_looks_like_its_medoid_when_drawn(rng, box, side, mirror):
    medoid = object_in_the_middle(box, rng)
    there = Transform(-112.0, (box / 20, -box / 30), mirror)
    copy = there.apply(medoid)
    back = there.inverse()
    alignment = Alignment(
        np.array([back.rotation], np.float32),
        np.array([back.shift], np.float32),
        np.array([back.mirror]),
        2,
    )
    affinity = Affinity(
        np.ones((2, 2), np.float32), np.arange(2), np.zeros(2, bool), alignment=alignment
    )
    images = np.stack([medoid, copy])
    moved = grey(placed(images, onto_medoid(np.arange(2), 0, affinity), side))
    still = grey(placed(images, onto_medoid(np.arange(2), 0, None), side))
    assert correlation(moved[0], moved[1]) > 0.95
    assert correlation(still[0], still[1]) < 0.8


def test_the_order_of_the_pair_does_not_matter(rng):
    medoid = object_in_the_middle(64, rng)
    there = Transform(75.0, (3.0, 1.0), True)
    copy = there.apply(medoid)
    # Image 0 is the copy now: the pair (0, 1) lays image 1, the medoid, onto it.
    alignment = Alignment(
        np.array([there.rotation], np.float32),
        np.array([there.shift], np.float32),
        np.array([there.mirror]),
        2,
    )
    affinity = Affinity(
        np.ones((2, 2), np.float32), np.arange(2), np.zeros(2, bool), alignment=alignment
    )
    tiles = placed(np.stack([copy, medoid]), onto_medoid(np.arange(2), 1, affinity), 100)
    assert correlation(tiles[0], tiles[1]) > 0.95


def test_the_picture_stays_where_it_is_when_scaled(rng):
    for box in (40, 64, 200, 333, 1000):
        line = np.arange(box) + 0.5
        row, column = 0.4 * box, 0.55 * box
        distance = (line[:, None] - row) ** 2 + (line[None, :] - column) ** 2
        image = np.exp(-distance / (2 * (box / 15) ** 2)).astype(np.float32)
        tile = placed(image[None], [Transform()], 120)[0]
        weight = np.clip(tile, 0, None)
        centre = np.array(
            [(weight.sum(axis=1 - axis) * (np.arange(120) + 0.5)).sum() for axis in (0, 1)]
        )
        np.testing.assert_allclose(
            centre / weight.sum(), np.array([row, column]) * 120 / box, atol=0.1
        )


def test_contrast_is_of_each_image_and_not_of_its_outliers(rng):
    images = rng.normal(0, 1, (3, 80, 80)).astype(np.float32)
    images[1] = images[1] * 1000 + 5000
    images[2, 40, 40] = 1e6
    tiles = grey(images)
    assert tiles.dtype == np.uint8
    spread = tiles.reshape(3, -1).std(axis=1)
    assert np.all(spread > 30)
    np.testing.assert_allclose(spread, spread.mean(), rtol=0.1)


def test_a_constant_image_is_drawn_without_a_warning():
    assert np.unique(grey(np.full((1, 32, 32), 3.0, np.float32))).size == 1


def test_corners_from_outside_take_the_background(rng):
    image = object_in_the_middle(64, rng) + 7
    tile = placed(image[None], [Transform(45.0)], 64)[0]
    assert abs(tile[0, 0] - 7) < 0.05
