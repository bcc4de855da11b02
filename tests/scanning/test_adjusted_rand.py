"""The adjusted Rand index is that of the literature."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from rebalance.scanning.adjusted_rand import adjusted_rand


@pytest.mark.parametrize("seed", range(40))
def test_it_is_that_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 60))
    one, other = (rng.integers(-3, rng.integers(-2, 12), n) for _ in range(2))
    assert adjusted_rand(one, other) == pytest.approx(adjusted_rand_score(one, other), abs=1e-12)


def test_the_same_groups_under_other_names_agree_fully() -> None:
    assert adjusted_rand(np.array([0, 0, 1, 2]), np.array([7, 7, 5, -1])) == 1


def test_chance_agrees_to_nothing() -> None:
    rng = np.random.default_rng(0)
    found = [adjusted_rand(rng.integers(0, 5, 200), rng.integers(0, 5, 200)) for _ in range(200)]
    assert abs(np.mean(found)) < 0.01
