"""The centre of a map is found in images that are off it."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from rebalance.views.expectation import PoseSearch
from rebalance.views.fourier_map import FourierMap
from rebalance.views.shifts import LARGEST, STEP, find_shifts, moved
from tests import reference
from tests.views.test_expectation import blobs


def test_shifts_are_found_and_taken_off() -> None:
    rng = np.random.default_rng(1)
    grid = FourierMap(6)
    volume = blobs(rng, grid.side)
    rotation = Rotation.random(8, random_state=2).as_matrix()
    images = np.array([reference.slice_of_map(volume, one, 6, 24) for one in rotation])
    images = (images * np.sqrt(np.arange(1, 7))[:, None]).astype(np.complex64)
    shift = rng.uniform(-0.7 * LARGEST, 0.7 * LARGEST, (8, 2))
    off = moved(images, -shift)
    found = find_shifts(PoseSearch(off, 10, 6), volume, rotation)
    np.testing.assert_allclose(found, shift, atol=1.5 * STEP)
    np.testing.assert_allclose(moved(off, shift), images, atol=1e-3 * np.abs(images).max())
