"""Pictures without an object in their middle are told from those of one, turned or dark."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.imaging.objects import FEWEST, is_dim, middle_measures, why_no_object
from rebalance.model import FloatArray

BOX, RADIUS = 32, 14.0


def pictures(n: int, seed: int = 0) -> FloatArray:
    """Blobs of four Gaussians about the middle, with noise."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((BOX, BOX)) - BOX // 2
    images = rng.standard_normal((n, BOX, BOX)) * 0.1
    for image in images:
        for cy, cx in rng.normal(0, 2.5, (4, 2)):
            image += np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * 2.0**2))
    return images.astype(np.float32)


def test_what_shows_no_object_has_a_reason_and_others_have_none() -> None:
    images = pictures(24)
    rng = np.random.default_rng(1)
    y, x = (np.indices((BOX, BOX)) - BOX // 2) / RADIUS
    images[3] = x + rng.standard_normal((BOX, BOX)) * 0.1
    images[7] = rng.standard_normal((BOX, BOX))
    images[11] = 0.3 * rng.standard_normal((BOX, BOX)) - 3 * np.exp(-(x**2 + y**2) / 0.02)
    counts = np.full(24, 50)
    said = why_no_object(images, RADIUS, counts)
    assert [i for i in range(24) if said[i]] == [3, 7, 11]
    assert "it is a smooth shade" in said[3]
    assert said[7] == ("its middle is no brighter than its rim, though it has as many particles "
                       "as most",)  # fmt: skip
    assert "it is dark where others are bright" in said[11]
    # Noise of few particles may be a view; a shade is none.
    few = np.where(np.isin(np.arange(24), [3, 7]), 2, counts)
    assert [i for i in range(24) if why_no_object(images, RADIUS, few)[i]] == [3, 11]
    assert not why_no_object(images, RADIUS, None)[7]


def test_dark_objects_on_bright_are_judged_alike() -> None:
    images = pictures(24)
    images[5] = np.random.default_rng(2).standard_normal((BOX, BOX))
    counts = np.full(24, 50)
    assert why_no_object(-images, RADIUS, counts) == why_no_object(images, RADIUS, counts)


def test_shells_are_not_said_to_show_no_object() -> None:
    rng = np.random.default_rng(3)
    y, x = np.indices((BOX, BOX)) - BOX // 2
    r = np.hypot(x, y)
    ring = np.exp(-((r - 11) ** 2) / 4)
    images = (ring + 0.2 * rng.standard_normal((24, BOX, BOX))).astype(np.float32)
    assert why_no_object(images, RADIUS, np.full(24, 50)) == [()] * 24


@pytest.mark.parametrize("n", [0, 1, FEWEST - 1])
def test_few_averages_are_not_judged(n: int) -> None:
    images = np.random.default_rng(4).standard_normal((n, BOX, BOX)).astype(np.float32)
    assert why_no_object(images, RADIUS, None) == [()] * n
    assert not is_dim(middle_measures(images, RADIUS)[0]).any()
