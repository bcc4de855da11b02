"""Each baseline is what its equation says, by a plain computation of the same."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("rebalance_baselines", reason="rebalance-baselines is not installed")

from rebalance_baselines.k_means import KMeansClustering, KMeansOptions, coordinates
from scipy.spatial.distance import cdist

import rebalance
from rebalance.contracts import ClusteringInput
from rebalance.model import ClassAverages
from rebalance.toolkit import soft_disc


@pytest.fixture
def averages() -> ClassAverages:
    images = np.random.default_rng(5).normal(2.0, 1.0, (9, 24, 24)).astype(np.float32)
    images[4:] += np.outer(np.hanning(24), np.hanning(24)).astype(np.float32) * 4
    return ClassAverages(images, np.arange(1, 10))


def shown(affinity: np.ndarray) -> ClusteringInput:
    return ClusteringInput(affinity, np.arange(1, len(affinity) + 1))


def masked(averages: ClassAverages, diameter: float) -> np.ndarray:
    disc = soft_disc(24, diameter / 2).astype(np.float64)
    images = averages.images.astype(np.float64)
    mean = (images * disc).sum(axis=(1, 2), keepdims=True) / disc.sum()
    rows = ((images - mean) * disc).reshape(len(images), -1)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_euclidean_is_the_distance_of_the_pixels(averages: ClassAverages) -> None:
    rows = averages.images.reshape(9, -1).astype(np.float64)
    diameter = 2 * np.linalg.norm(rows - rows.mean(axis=0), axis=1).max()
    found = rebalance.affinity(averages, "euclidean").values
    assert found == pytest.approx(1 - cdist(rows, rows) / diameter, abs=1e-6)


def test_unaligned_is_the_masked_correlation(averages: ClassAverages) -> None:
    rows = masked(averages, 20)
    found = rebalance.affinity(averages, "unaligned", options={"mask_diameter": "20px"})
    assert found.values == pytest.approx(np.clip(rows @ rows.T, 0, 1), abs=1e-5)
    assert found.facts["mask_diameter_px"] == 20
    assert (
        rebalance.affinity(averages, "unaligned").facts["mask_diameter_from"]
        != (found.facts["mask_diameter_from"])
    )


def test_a_profile_tells_rings_apart_and_nothing_within_them(averages: ClassAverages) -> None:
    turned = np.concatenate([averages.images, np.rot90(averages.images, axes=(1, 2))])
    # A quarter turn is about the corner between pixels; one pixel off it is about the centre.
    turned[9:] = np.roll(turned[9:], 1, axis=1)
    both = ClassAverages(turned, np.arange(1, 19))
    found = rebalance.affinity(both, "rotational-profile", options={"mask_diameter": "18px"})
    assert np.diag(found.values[:9, 9:]) == pytest.approx(1, abs=1e-4)
    assert found.values[0, 8] < 0.9


@pytest.mark.parametrize("n_components", [1, 3, 100])
def test_principal_components_are_those_of_the_masked_images(
    averages: ClassAverages, n_components: int
) -> None:
    rows = masked(averages, 20)
    u, s, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    scores = (u * s)[:, :n_components]
    options = {"n_components": n_components, "mask_diameter": "20px"}
    found = rebalance.affinity(averages, "principal-components", options=options).values
    assert found == pytest.approx(1 - cdist(scores, scores, "sqeuclidean") / 4, abs=1e-5)


def test_the_coordinates_have_the_distances_that_the_affinity_stands_for() -> None:
    points = np.random.default_rng(1).normal(size=(12, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    found = coordinates(points @ points.T)
    assert found.shape == (12, 3)
    assert cdist(found, found) == pytest.approx(cdist(points, points), abs=1e-6)


def test_k_means_finds_the_smallest_sum_of_squares_of_a_small_set() -> None:
    points = np.random.default_rng(3).normal(size=(8, 4))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    affinity = (points @ points.T).astype(np.float32)

    def loss(label: np.ndarray) -> float:
        groups = (points[label == group] for group in np.unique(label))
        return sum(((group - group.mean(axis=0)) ** 2).sum() for group in groups)

    found = (
        KMeansClustering()
        .cluster(shown(affinity), 2, KMeansOptions(), np.random.default_rng(0))
        .label
    )
    every = (np.array([code >> at & 1 for at in range(8)]) for code in range(1, 2**7))
    assert loss(found) == pytest.approx(min(loss(label) for label in every), abs=1e-5)


def test_copies_still_make_as_many_superclasses_as_are_asked_for() -> None:
    affinity = np.ones((6, 6), dtype=np.float32)
    affinity[:2, 2:] = affinity[2:, :2] = 0.2
    for number in range(1, 7):
        label = (
            KMeansClustering()
            .cluster(shown(affinity), number, KMeansOptions(), np.random.default_rng(0))
            .label
        )
        assert len(np.unique(label)) == number
        assert number < 2 or not set(label[:2]) & set(label[2:])
