"""Each criterion is the textbook's, and is 0 or NaN where it has nothing to say."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from rebalance.scanning.criteria import contrast, eigengaps, silhouette
from tests.scanning.blocks import blocks


@pytest.mark.parametrize("seed", range(4))
def test_silhouette_is_that_of_scikit_learn(seed: int) -> None:
    affinity, _ = blocks([6, 4, 5, 7], seed=seed, noise=0.2)
    label = np.random.default_rng(seed).integers(0, 5, len(affinity))
    label = np.unique(label, return_inverse=True)[1]
    distance = 1.0 - affinity.astype(np.float64)
    np.fill_diagonal(distance, 0.0)
    expected = silhouette_score(distance, label, metric="precomputed")
    assert silhouette(affinity, label) == pytest.approx(expected, abs=1e-9)


def test_weights_count_an_average_as_often_as_it_has_particles() -> None:
    affinity, label = blocks([3, 4], seed=1, noise=0.2)
    weights = np.array([1, 2, 3, 1, 1, 2, 1])
    copies = np.repeat(np.arange(7), weights)
    distance = 1.0 - affinity.astype(np.float64)
    np.fill_diagonal(distance, 0.0)
    # Copies of an average are no distance apart, and the average itself is not among its others.
    n = len(label)
    wanted = []
    for i in range(n):
        own = (label == label[i]) & (np.arange(n) != i)
        a = (distance[i, own] * weights[own]).sum() / weights[own].sum()
        other = label != label[i]
        b = (distance[i, other] * weights[other]).sum() / weights[other].sum()
        wanted.append((b - a) / max(a, b))
    assert silhouette(affinity, label, weights) == pytest.approx(
        np.average(wanted, weights=weights), abs=1e-9
    )
    assert len(copies) == weights.sum()


def test_averages_by_themselves_count_nothing_and_one_superclass_has_no_silhouette() -> None:
    affinity, _ = blocks([3, 3], seed=2)
    assert silhouette(affinity, np.arange(6)) == 0.0
    assert silhouette(affinity, np.zeros(6, dtype=np.int64)) == 0.0


def test_contrast_is_the_difference_of_two_means() -> None:
    affinity = np.full((4, 4), 0.2, dtype=np.float32)
    affinity[:2, :2] = affinity[2:, 2:] = 0.9
    assert contrast(affinity, np.array([0, 0, 1, 1])) == pytest.approx(0.7)
    assert np.isnan(contrast(affinity, np.zeros(4, dtype=np.int64)))
    assert np.isnan(contrast(affinity, np.arange(4)))


def test_the_eigengap_of_separate_blocks_is_largest_at_their_number() -> None:
    affinity, _ = blocks([5, 6, 7], seed=3, between=0.0, noise=0.0)
    numbers = range(1, 10)
    assert numbers[int(np.argmax(eigengaps(affinity, numbers)))] == 3
    assert np.isnan(eigengaps(affinity, [18])[0])


def test_an_average_that_is_like_no_other_adds_an_eigenvalue_of_zero() -> None:
    affinity = np.eye(7)
    affinity[:3, :3] = affinity[3:6, 3:6] = 1
    # 1 of each block, 0 of the average alone, and -1/2 of the rest.
    np.testing.assert_allclose(eigengaps(affinity, [1, 2, 3]), [0, 1, 0.5], atol=1e-12)
