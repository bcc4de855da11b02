"""Path distances against every path tried, and what they are for: views that turn step by step."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import pdist, squareform

from rebalance import cluster
from rebalance.arrangement.path_distance import path_distance
from tests.clusterings.affinities import affinity, partition, random_values


def plainly(step: np.ndarray, n_neighbors: int) -> np.ndarray:
    """Every path without repeats tried."""
    n = len(step)
    linked = np.zeros((n, n), dtype=bool)
    for i in range(n):
        others = [j for j in range(n) if j != i]
        nearest = sorted(others, key=lambda j, i=i: step[i, j])[:n_neighbors]
        linked[i, nearest] = linked[nearest, i] = True
    length = np.full((n, n), np.inf)
    np.fill_diagonal(length, 0.0)
    for n_stops in range(2, n + 1):
        for path in itertools.permutations(range(n), n_stops):
            hops = list(itertools.pairwise(path))
            if all(linked[hop] for hop in hops):
                total = sum(step[hop] for hop in hops)
                length[path[0], path[-1]] = min(length[path[0], path[-1]], total)
    apart = np.isinf(length)
    length[apart] = length[~apart].max() + step[apart]
    return length


@pytest.mark.parametrize("n_neighbors", [1, 2, 3, 6])
def test_the_shortest_of_all_paths_is_found(n_neighbors: int, rng: np.random.Generator) -> None:
    step = squareform(pdist(rng.normal(size=(7, 3)))) ** 3
    np.testing.assert_allclose(
        path_distance(step, n_neighbors), plainly(step, n_neighbors), rtol=1e-9
    )


def test_it_is_symmetric_and_follows_the_order_of_the_averages(rng: np.random.Generator) -> None:
    step = squareform(pdist(rng.normal(size=(40, 3)))) ** 3
    found = path_distance(step, 3)
    np.testing.assert_array_equal(found, found.T)
    assert not found.diagonal().any()
    order = rng.permutation(40)
    np.testing.assert_allclose(
        path_distance(step[np.ix_(order, order)], 3), found[np.ix_(order, order)], rtol=1e-12
    )


def test_parts_without_a_path_are_farther_apart_than_any_path_is_long() -> None:
    where = np.array([0.0, 1.0, 2.0, 100.0, 101.0, 103.0])
    found = path_distance(squareform(pdist(where[:, None])), 1)
    within = max(found[:3, :3].max(), found[3:, 3:].max())
    assert found[:3, 3:].min() > within
    assert found[0, 5] > found[2, 3]


def test_copies_of_an_average_are_at_no_distance() -> None:
    step = squareform(pdist(np.array([0.0, 0.0, 0.0, 1.0, 1.0])[:, None]))
    found = path_distance(step, 2)
    assert found[:3, :3].max() < 1e-9
    assert found[0, 3] > 0.99


def test_a_view_that_turns_step_by_step_stays_together() -> None:
    # A chain of averages, each like the next, and a pair that is like its far end but for a gap.
    where = np.concatenate((np.arange(0.0, 8.0, 0.25), [9.75, 10.0]))
    alike = np.exp(-np.abs(where[:, None] - where) / 4)
    truth = [0] * 32 + [1] * 2
    by_path = cluster(affinity(alike), 2)
    directly = cluster(affinity(alike), 2, options={"path_neighbors": 0})
    assert partition(by_path.label) == partition(truth)
    assert partition(directly.label) != partition(truth)


@pytest.mark.parametrize(
    ("kind", "n_neighbors", "power"),
    [("average", 2, 3.0), ("average", 4, 3.0), ("average", 2, 5.0), ("ward", 3, 3.0)],
)
def test_the_tree_is_that_of_the_paths_that_the_options_ask_for(
    kind: str, n_neighbors: int, power: float, rng: np.random.Generator
) -> None:
    values = random_values(7, rng)
    found = cluster(
        affinity(values),
        2,
        options={"linkage": kind, "path_neighbors": n_neighbors, "path_power": power},
    ).linkage
    step = (1.0 - values.astype(np.float64)) ** (power / 2)
    length = plainly(step, n_neighbors)
    if kind == "ward":
        length **= 1 / power
    expected = linkage(squareform(length, checks=False), kind)
    assert found is not None
    np.testing.assert_allclose(found[:, 2], expected[:, 2], rtol=1e-9)
