"""The order of averages: the best that a tree allows, whatever the order they come in."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from rebalance.arrangement.seriation import (
    heavy_first,
    in_blocks,
    order_leaves,
    seriate,
    turned,
)


def random_affinity(n: int, rng: np.random.Generator) -> np.ndarray:
    """Of points on a sphere, opposite ones alike, as views are."""
    points = rng.normal(size=(n, 3))
    points /= np.linalg.norm(points, axis=1)[:, None]
    values = np.abs(points @ points.T).astype(np.float32)
    np.fill_diagonal(values, 1)
    return values


def tree_of(values: np.ndarray, method: str = "average") -> np.ndarray:
    distance = 1.0 - values.astype(float)
    np.fill_diagonal(distance, 0)
    return linkage(squareform(distance, checks=False), method)


def along(values: np.ndarray, order: np.ndarray) -> float:
    return float(values[order[1:], order[:-1]].sum(dtype=float))


def every_order(tree: np.ndarray) -> list[np.ndarray]:
    """Of all ways to turn the merges of a tree."""
    n = len(tree) + 1
    found = []
    for turns in product((0, 1), repeat=n - 1):
        leaves = [[leaf] for leaf in range(n)]
        for (left, right), turn in zip(tree[:, :2].astype(int), turns, strict=True):
            pair = (leaves[left], leaves[right])
            leaves.append(pair[turn] + pair[1 - turn])
        found.append(np.array(leaves[-1]))
    return found


def same_line(one: np.ndarray, other: np.ndarray) -> bool:
    """The same order, from whichever end."""
    return np.array_equal(one, other) or np.array_equal(one, other[::-1])


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(2, 8),
    seed=st.integers(0, 2**32),
    method=st.sampled_from(["average", "single", "complete"]),
)
def test_no_way_to_turn_the_tree_is_better(n: int, seed: int, method: str) -> None:
    values = random_affinity(n, np.random.default_rng(seed))
    tree = tree_of(values, method)
    ways = every_order(tree)
    order = order_leaves(tree, values)
    assert order.tolist() in [way.tolist() for way in ways]
    assert along(values, order) == pytest.approx(max(along(values, way) for way in ways))


@pytest.mark.parametrize("n", [3, 4, 25, 120])
def test_what_lies_on_a_line_comes_out_as_a_line(n: int, rng: np.random.Generator) -> None:
    """A Robinsonian matrix, which falls off from its diagonal everywhere, shuffled."""
    place = np.sort(rng.uniform(0, 5, n))
    values = np.exp(-np.abs(np.subtract.outer(place, place))).astype(np.float32)
    shuffled = rng.permutation(n)
    found = shuffled[seriate(values[np.ix_(shuffled, shuffled)])]
    assert same_line(found, np.arange(n))


@pytest.mark.parametrize("n", [1, 2])
def test_few_averages_have_an_order_too(n: int) -> None:
    assert seriate(np.ones((n, n), np.float32)).tolist() == list(range(n))


def test_the_order_is_that_of_the_averages_not_of_the_stack(rng: np.random.Generator) -> None:
    values = random_affinity(60, rng)
    label = rng.integers(0, 5, 60)
    order = rng.permutation(60)
    moved = values[np.ix_(order, order)]
    assert same_line(order[seriate(moved)], seriate(values))
    assert same_line(order[seriate(moved, label[order])], seriate(values, label))


def test_averages_of_one_label_stand_side_by_side(rng: np.random.Generator) -> None:
    values = random_affinity(80, rng)
    label = rng.integers(0, 7, 80)
    order = seriate(values, label)
    assert sorted(order) == list(range(80))
    assert np.count_nonzero(np.diff(label[order])) == 7 - 1
    assert along(values, order) > along(values, in_blocks(seriate(values), label))


@pytest.mark.parametrize("method", ["average", "single"])
def test_few_ends_of_each_branch_do_nearly_as_well(method: str, rng: np.random.Generator) -> None:
    """Also in a tree that is a chain of single merges, which is as deep as it can be."""
    values = random_affinity(400, rng)
    tree = tree_of(values, method)
    best, fast = order_leaves(tree, values, ends=400), order_leaves(tree, values, ends=64)
    assert sorted(fast) == list(range(400))
    np.testing.assert_array_equal(leaves_list(turned(tree, fast)), fast)
    lost = along(values, best) - along(values, fast)
    as_it_comes = along(values, best) - along(values, leaves_list(tree))
    assert 0 <= lost + 1e-3 < 0.02 * as_it_comes


def test_blocks_go_by_their_mean_place() -> None:
    order = np.array([4, 0, 3, 1, 2])
    label = np.array([1, 0, 0, 1, 0])
    # Places of 0: 3, 4, 0; of 1: 1, 2.
    assert in_blocks(order, label).tolist() == [0, 3, 4, 1, 2]
    assert in_blocks(order, np.zeros(5, int)).tolist() == order.tolist()
    assert in_blocks(order, np.array([2, 2, 0, 2, 7])).tolist() == order.tolist()


def test_an_order_begins_at_its_heavier_end() -> None:
    order = np.array([2, 0, 1])
    assert heavy_first(order, np.array([1, 1, 9])).tolist() == [2, 0, 1]
    assert heavy_first(order, np.array([1, 9, 1])).tolist() == [1, 0, 2]
    assert heavy_first(order, np.array([9, 1, 1])).tolist() == [2, 0, 1]
    assert heavy_first(order[:0], np.ones(3, int)).tolist() == []


def test_a_turned_tree_has_its_leaves_in_order(rng: np.random.Generator) -> None:
    values = random_affinity(30, rng)
    tree = tree_of(values)
    order = order_leaves(tree, values)[::-1]
    made = turned(tree, order)
    np.testing.assert_array_equal(leaves_list(made), order)
    np.testing.assert_array_equal(np.sort(made[:, :2]), np.sort(tree[:, :2]))
    np.testing.assert_array_equal(made[:, 2:], tree[:, 2:])
