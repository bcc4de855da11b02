"""Means on the medoid, and references for picking."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.imaging.superclass_averages import for_picking, mean_on_medoid
from rebalance.model import Alignment, Transform

BOX = 40


def _blobs(rng: np.random.Generator) -> np.ndarray:
    """A picture of blobs within a disc, smooth enough to be moved without loss."""
    line = np.arange(BOX) - BOX // 2
    y, x = np.meshgrid(line, line, indexing="ij")
    image = np.zeros((BOX, BOX))
    for cx, cy in rng.uniform(-6, 6, (5, 2)):
        image += rng.uniform(0.5, 1) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 12)
    return image.astype(np.float32)


def _alignment(motions: list[Transform]) -> Alignment:
    """Of row 0 with each other row: what lays that row onto it; the rest is never asked."""
    n = len(motions) + 1
    pairs = n * (n - 1) // 2
    rotation, mirror = np.zeros(pairs, np.float32), np.zeros(pairs, np.bool_)
    shift = np.zeros((pairs, 2), np.float32)
    for at, motion in enumerate(motions):
        rotation[at], shift[at], mirror[at] = motion.rotation, motion.shift, motion.mirror
    return Alignment(rotation, shift, mirror, n)


def test_members_are_laid_on_the_medoid(rng: np.random.Generator) -> None:
    medoid = _blobs(rng)
    motions = [Transform(40.0, (1.5, -2.0), True), Transform(-100.0, (0.5, 1.0), False)]
    images = np.stack([medoid, *(motion.inverse().apply(medoid) for motion in motions)])
    (mean,) = mean_on_medoid(images, [np.arange(3)], np.array([0]), _alignment(motions))
    assert np.abs(mean - medoid).max() < 0.03
    (as_they_lie,) = mean_on_medoid(images, [np.arange(3)], np.array([0]), None)
    assert np.abs(as_they_lie - medoid).max() > 0.2


def test_particles_weigh(rng: np.random.Generator) -> None:
    images = np.stack([_blobs(rng), _blobs(rng)])
    weight = np.array([3, 1])
    (mean,) = mean_on_medoid(images, [np.arange(2)], np.array([0]), None, weight)
    np.testing.assert_allclose(mean, 0.75 * images[0] + 0.25 * images[1], atol=1e-6)
    (even,) = mean_on_medoid(images, [np.arange(2)], np.array([0]), None, np.zeros(2, np.int64))
    np.testing.assert_allclose(even, images.mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_references_are_centred_masked_and_of_the_same_contrast(
    sign: int, rng: np.random.Generator
) -> None:
    picture = Transform(shift=(4.0, -3.0)).apply(_blobs(rng))
    images = (7.0 + sign * picture)[None].astype(np.float32)
    if sign < 0:
        # Objects are found where they are bright: dark ones stay where they are.
        (reference,) = for_picking(images, 15.0)
        assert reference.sum() < 0
        return
    (reference,) = for_picking(images, 15.0)
    line = np.arange(BOX) - BOX // 2
    density = np.clip(reference, 0, None)
    centre = [(density.sum(axis=axis) * line).sum() / density.sum() for axis in (0, 1)]
    assert np.abs(centre).max() < 1.0
    assert np.abs(reference[np.hypot(line[:, None], line[None]) > 15]).max() == 0
    assert reference.sum() > 0
