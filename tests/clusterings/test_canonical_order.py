"""Averages can be put into an order that the one they come in does not decide."""

from __future__ import annotations

import numpy as np

from rebalance.clusterings.canonical_order import canonical_order, in_canonical_order


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
    # By place alone: as dependent on the order as can be.
    label = in_canonical_order(affinity, lambda ordered: np.arange(len(ordered)) % 3)
    order = rng.permutation(8)
    moved = in_canonical_order(
        affinity[np.ix_(order, order)], lambda ordered: np.arange(len(ordered)) % 3
    )
    np.testing.assert_array_equal(moved, label[order])
