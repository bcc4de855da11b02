"""Balanced linkage is average linkage that weighs sizes; its tree is one of SciPy's kind."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import cut_tree, is_valid_linkage, linkage
from scipy.spatial.distance import pdist, squareform

from rebalance.clusterings.balanced_linkage import balanced_linkage


def partition(labels: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)}


def plainly(distance: np.ndarray, weight: float, n_groups: int) -> set[frozenset[int]]:
    """Every pair of groups looked at, at every merge."""
    groups = [[i] for i in range(len(distance))]
    while len(groups) > n_groups:
        pairs = [(u, v) for v in range(len(groups)) for u in range(v)]

        def between(pair: tuple[int, int]) -> float:
            u, v = groups[pair[0]], groups[pair[1]]
            mean = float(distance[np.ix_(u, v)].mean())
            return mean * (2 * len(u) * len(v) / (len(u) + len(v))) ** weight

        u, v = min(pairs, key=between)
        groups[u] += groups.pop(v)
    return {frozenset(group) for group in groups}


def test_without_weight_it_is_average_linkage(rng: np.random.Generator) -> None:
    distance = pdist(rng.normal(size=(40, 3)))
    ours = balanced_linkage(squareform(distance), 0.0)
    np.testing.assert_allclose(ours, linkage(distance, "average"), rtol=1e-12)


@pytest.mark.parametrize("weight", [0.1, 0.5])
def test_groups_are_those_of_the_plain_rule(weight: float, rng: np.random.Generator) -> None:
    distance = squareform(pdist(rng.normal(size=(25, 2))))
    tree = balanced_linkage(distance, weight)
    assert is_valid_linkage(tree)
    assert (np.diff(tree[:, 2]) >= 0).all()
    for n_groups in (2, 5, 9):
        found = cut_tree(tree, n_clusters=n_groups)[:, 0]
        assert partition(found) == plainly(distance, weight, n_groups)


def test_a_lone_average_joins_a_group_before_two_groups_join() -> None:
    # Two groups of ten, 1.0 apart, and one average 1.1 from the first.
    where = np.concatenate((np.zeros(10), np.ones(10), [-1.1])) + 1e-6 * np.arange(21)
    distance = squareform(pdist(where[:, None]))
    apart = {frozenset(range(20)), frozenset([20])}
    gathered = {frozenset([*range(10), 20]), frozenset(range(10, 20))}
    for weight, expected in ((0.0, apart), (0.1, gathered)):
        tree = balanced_linkage(distance, weight)
        assert partition(cut_tree(tree, n_clusters=2)[:, 0]) == expected
