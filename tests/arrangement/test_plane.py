"""The map: alike averages near each other, no picture on another, the same on any computer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform
from threadpoolctl import threadpool_limits

from rebalance.arrangement.plane import on_plane, side_by_side
from rebalance.arrangement.seriation import seriate


def ordered(values: np.ndarray) -> np.ndarray:
    order = seriate(values)
    return values[np.ix_(order, order)]


def of_a_patch(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Affinities of views on a patch of the sphere, and where they are."""
    where = rng.uniform(-1, 1, (n, 2)) * (1.0, 0.6)
    return np.exp(-(squareform(pdist(where)) ** 2)).astype(np.float32), where


def test_neighbours_on_the_patch_are_neighbours_on_the_map(rng: np.random.Generator) -> None:
    from sklearn.manifold import trustworthiness

    values, where = of_a_patch(120, rng)
    order = seriate(values)
    places = on_plane(values[np.ix_(order, order)])
    assert trustworthiness(where[order], places, n_neighbors=6) > 0.97
    assert np.ptp(places[:, 0]) > np.ptp(places[:, 1])
    assert np.hypot(*places.T).max() == pytest.approx(1)
    np.testing.assert_allclose(places.mean(axis=0), 0, atol=1e-9)
    # The first averages are on the left.
    assert places[:60, 0].mean() < places[60:, 0].mean()


def test_the_map_does_not_depend_on_the_order_in_the_stack(rng: np.random.Generator) -> None:
    values, _ = of_a_patch(50, rng)
    moved = rng.permutation(50)
    one, other = ordered(values), ordered(values[np.ix_(moved, moved)])
    if not np.array_equal(one, other):
        other = other[::-1, ::-1]  # from the other end
    np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(on_plane(one), on_plane(other), atol=1e-12)


def test_the_map_does_not_depend_on_the_number_of_threads(rng: np.random.Generator) -> None:
    values = ordered(of_a_patch(200, rng)[0])
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(side_by_side(on_plane(values)))
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_few_averages_and_copies_have_places(n: int, value: float) -> None:
    values = np.full((n, n), value, np.float32)
    np.fill_diagonal(values, 1)
    places = side_by_side(on_plane(values))
    assert places.shape == (n, 2)
    assert np.isfinite(places).all()
    assert n < 2 or pdist(places).min() >= 0.98


def test_pictures_are_moved_apart_and_no_further(rng: np.random.Generator) -> None:
    places = np.concatenate([rng.normal(0, 1, (150, 2)), [[9.0, 0.0]], np.zeros((5, 2))])
    found = side_by_side(places)
    assert pdist(found).min() >= 0.98
    assert found.min() == pytest.approx(0.5)
    # What is by itself stays where it is, and what was left of something is so still, mostly.
    assert np.corrcoef(places[:, 0], found[:, 0])[0, 1] > 0.98
    assert np.corrcoef(places[:, 1], found[:, 1])[0, 1] > 0.95
    apart = np.array([[0.0, 0.0], [5.0, 0.0], [0.0, 4.0]])
    moved = side_by_side(apart, filled=0.01)
    scale = pdist(moved) / pdist(apart)
    np.testing.assert_allclose(scale, scale[0], rtol=1e-2)
