"""The affinity matrix: which averages, in which order, on which scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rebalance.figures import affinity_matrix
from rebalance.figures.matrix import MOST_PIXELS, limits
from rebalance.model import Affinity


def image_of(figure):
    return figure.axes[0].images[0]


def bar_text(figure):
    return figure.axes[-1].get_ylabel()


def affinity_of(values, empty=()):
    n = len(values)
    is_empty = np.zeros(n, bool)
    is_empty[list(empty)] = True
    return Affinity(np.asarray(values, np.float32), np.arange(1, n + 1), is_empty, "metric")


def test_default_scale_runs_from_the_fifth_percentile_of_the_pairs_to_one(rng):
    values = rng.uniform(0.3, 0.9, (50, 50)).astype(np.float32)
    values = np.triu(values, 1)
    values = values + values.T
    np.fill_diagonal(values, 1)
    values[:, [3, 7]] = values[[3, 7], :] = 0
    affinity = affinity_of(values, empty=(3, 7))
    used = np.setdiff1d(np.arange(50), [3, 7])
    pairs = values[np.ix_(used, used)][np.triu_indices(48, 1)]
    figure = affinity_matrix(affinity)
    low, high = image_of(figure).get_clim()
    assert low == pytest.approx(np.percentile(pairs, 5))
    assert high == 1
    assert f"5th percentile ({low:.2f}) to 1" in bar_text(figure)
    figure = affinity_matrix(affinity, scale="full")
    assert image_of(figure).get_clim() == (0, 1)
    assert bar_text(figure) == "affinity, from 0 to 1"


def test_empty_averages_are_left_out_and_the_heading_says_so(results):
    result = results(30, 5, empty=6)
    for figure in (
        affinity_matrix(result.affinity),
        affinity_matrix(result.affinity, result.superclasses),
    ):
        assert image_of(figure).get_array().shape == (24, 24)
        assert any("6 averages not compared" in text.get_text() for text in figure.texts)


def test_class_numbers_stand_beside_their_rows(results):
    result = results(30, 5, empty=6)
    affinity = result.affinity
    used = np.flatnonzero(~affinity.is_empty)
    axes = affinity_matrix(affinity).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        str(number) for number in affinity.class_id[used]
    ]
    np.testing.assert_array_equal(axes.images[0].get_array(), affinity.values[np.ix_(used, used)])


def test_some_round_numbers_stand_beside_a_large_matrix(results):
    result = results(300, 20, box=32, empty=20, views=20, particles=False)
    affinity = result.affinity
    used = np.flatnonzero(~affinity.is_empty)
    axes = affinity_matrix(affinity).axes[0]
    ticks, names = axes.get_yticks(), [text.get_text() for text in axes.get_yticklabels()]
    assert 6 <= len(ticks) <= 14
    assert [int(name) for name in names] == affinity.class_id[used[ticks.astype(int)]].tolist()


def test_beside_the_stack_it_is_in_order_with_a_square_around_each_superclass(results):
    result = results(30, 5, empty=6)
    superclasses = result.superclasses
    figure = affinity_matrix(result.affinity, superclasses)
    plain, in_order, bar = figure.axes
    used = np.flatnonzero(~result.affinity.is_empty)
    order = superclasses.order[superclasses.label[superclasses.order] >= 0]
    for axes, rows in ((plain, used), (in_order, order)):
        np.testing.assert_array_equal(
            axes.images[0].get_array(), result.affinity.values[np.ix_(rows, rows)]
        )
    assert plain.images[0].get_clim() == in_order.images[0].get_clim()
    assert "affinity" in bar.get_ylabel()
    squares = in_order.collections[0].get_paths()
    sides = [np.ptp(square.vertices[:, 0]) for square in squares]
    along = superclasses.label[order]
    along = along[np.diff(along, prepend=-1) != 0]
    assert sides == np.bincount(superclasses.label[order])[along].tolist()
    numbers = [text.get_text() for text in figure.texts if text.get_text().isdigit()]
    assert numbers == [str(number) for number in along]


def test_averages_by_themselves_are_in_order_without_squares(results):
    result = results(40, 36, empty=4, views=36, box=32)
    figure = affinity_matrix(result.affinity, result.superclasses)
    assert len(figure.axes) == 3
    assert not figure.axes[1].collections
    assert not any(text.get_text().isdigit() for text in figure.texts)


def test_the_heading_tells_affinity_within_and_between():
    values = np.full((5, 5), 0.4)
    values[:3, :3] = 0.9
    values[3:, 3:] = 0.7
    np.fill_diagonal(values, 1)
    affinity = affinity_of(values)
    superclasses = make_superclasses([0, 0, 0, 1, 1])
    figure = affinity_matrix(affinity, superclasses)
    assert figure.texts[0].get_text() == "Mean affinity 0.85 within superclasses, 0.40 between"
    alone = affinity_matrix(affinity, make_superclasses([0, 0, 0, 0, 0]))
    assert "between" not in alone.texts[0].get_text()


def make_superclasses(label):
    from rebalance.model import Superclasses

    label = np.array(label)
    k = label.max() + 1
    return Superclasses(
        label,
        np.arange(1, len(label) + 1),
        np.bincount(label),
        np.array([np.flatnonzero(label == number)[0] + 1 for number in range(k)]),
        np.ones(k),
        np.argsort(label, kind="stable"),
    )


@pytest.mark.parametrize("values", [np.ones((4, 4)), np.ones((1, 1)), np.eye(3)])
def test_matrices_without_contrast_are_drawn(values, check_texts):
    affinity = affinity_of(values)
    low, high = limits(affinity)
    assert 0 <= low < high == 1
    check_texts(affinity_matrix(affinity))
    check_texts(affinity_matrix(affinity, make_superclasses([0] * len(values))))


def test_a_matrix_larger_than_the_screen_is_averaged_not_sampled():
    n = MOST_PIXELS * 2
    values = np.zeros((n, n), np.float32)
    values[::2] = 1
    drawn = image_of(affinity_matrix(affinity_of(values), scale="full")).get_array()
    assert drawn.shape == (MOST_PIXELS, MOST_PIXELS)
    np.testing.assert_allclose(drawn, 0.5)


def test_class_numbers_in_any_order_are_told_truly(results):
    result = results(100, 12, box=32, particles=False, views=12, empty=6)
    shuffled = np.random.default_rng(0).permutation(100) * 7
    affinity = replace(result.affinity, class_id=shuffled)
    used = np.flatnonzero(~affinity.is_empty)
    axes = affinity_matrix(affinity).axes[0]
    names = [int(text.get_text()) for text in axes.get_yticklabels()]
    assert names == shuffled[used[axes.get_yticks().astype(int)]].tolist()
