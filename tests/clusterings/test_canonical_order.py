"""Averages can be put into an order that the one they come in does not decide."""

from __future__ import annotations

import numpy as np

from rebalance.clusterings.canonical_order import canonical_order, in_canonical_order
from rebalance.contracts import ClusteringInput
from rebalance.model import IntArray


def test_canonical_order_tells_apart_what_sorted_rows_do_not() -> None:
    """On a path of five, second and fourth have equal rows; their neighbours tell nothing, but
    with one end marked they do."""
    affinity = np.eye(5, dtype=np.float32)
    for i in range(4):
        affinity[i, i + 1] = affinity[i + 1, i] = 0.5
    affinity[0, 4] = affinity[4, 0] = 0.25
    affinity[0, 2] = affinity[2, 0] = 0.1
    order = canonical_order(affinity)
    for seed in range(5):
        moved = np.random.default_rng(seed).permutation(5)
        other = moved[canonical_order(affinity[np.ix_(moved, moved)])]
        np.testing.assert_array_equal(
            affinity[np.ix_(order, order)], affinity[np.ix_(other, other)]
        )


def test_labels_found_in_canonical_order_follow_the_averages(rng: np.random.Generator) -> None:
    values = rng.uniform(0.1, 0.9, (8, 8))
    affinity = ((values + values.T) / 2).astype(np.float32)
    np.fill_diagonal(affinity, 1)
    particles = rng.permutation(8) ** 3
    averages = ClusteringInput(affinity, np.arange(1, 9), particles)

    def find(ordered: ClusteringInput) -> IntArray:
        place = ordered.class_id - 1
        np.testing.assert_array_equal(ordered.affinity, affinity[np.ix_(place, place)])
        np.testing.assert_array_equal(ordered.n_particles, particles[place])  # type: ignore[arg-type]
        # By place alone: as dependent on the order as can be.
        return np.arange(len(ordered)) % 3

    label = in_canonical_order(averages, find)
    order = rng.permutation(8)
    moved = ClusteringInput(affinity[np.ix_(order, order)], order + 1, particles[order])
    np.testing.assert_array_equal(in_canonical_order(moved, find), label[order])


def test_the_numbers_of_particles_may_be_unknown() -> None:
    averages = ClusteringInput(np.eye(2, dtype=np.float32), np.array([1, 2]))
    label = in_canonical_order(averages, lambda ordered: ordered.class_id)
    assert label.tolist() == [1, 2]
