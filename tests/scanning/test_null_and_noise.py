"""Averages without groups are spread as the real ones are; noise is found from the affinity."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.scanning.null_model import Spread
from rebalance.scanning.stability import affinity_noise, resample
from tests.scanning.blocks import blocks


def _points(rng: np.random.Generator, n: int, axes: list[float]) -> np.ndarray:
    return rng.standard_normal((n, len(axes))) * axes


def test_a_sample_is_spread_as_the_averages_are() -> None:
    rng = np.random.default_rng(5)
    point = _points(rng, 150, [0.5, 0.3, 0.1])
    squared = ((point[:, None] - point[None]) ** 2).sum(axis=2)
    affinity = (1.0 - 0.5 * squared).astype(np.float32)
    spread = Spread(affinity)
    found = np.sort(spread.deviation)[::-1]
    assert found[:3] == pytest.approx(np.sort(point.std(axis=0))[::-1], rel=0.15)
    assert (found[3:] < 1e-3).all()
    sample = spread.sample(rng)
    assert sample.dtype == np.float32
    assert (sample == sample.T).all()
    assert (np.diag(sample) == 1).all()
    assert sample.min() >= 0
    off = ~np.eye(150, dtype=bool)
    assert sample[off].mean() == pytest.approx(np.clip(affinity, 0, 1)[off].mean(), abs=0.05)


@pytest.mark.parametrize("noise", [0.0, 0.02, 0.1])
def test_the_noise_of_an_affinity_is_found_from_it(noise: float) -> None:
    affinity, _ = blocks([20, 25, 30], seed=7, within=0.6, between=0.4, noise=noise)
    assert affinity_noise(affinity) == pytest.approx(noise, rel=0.15, abs=1e-6)


def test_a_resample_has_four_fifths_of_the_averages_and_is_an_affinity() -> None:
    affinity, _ = blocks([10, 10], seed=8)
    kept, noisy = resample(affinity, 0.1, np.random.default_rng(1))
    assert len(kept) == 16
    assert (np.diff(kept) > 0).all()
    assert (noisy == noisy.T).all()
    assert (np.diag(noisy) == 1).all()
    assert noisy.min() >= 0
    assert noisy.max() <= 1
    _, same = resample(affinity, 0.0, np.random.default_rng(1))
    assert (same == affinity[np.ix_(kept, kept)]).all()
