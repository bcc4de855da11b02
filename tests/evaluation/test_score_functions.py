"""Agreement, spread and rank correlation on cases whose answer is known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.evaluation import (
    adjusted_mutual_information,
    adjusted_rand,
    affinity_against_angle,
    spread_within,
)
from rebalance.evaluation.view_scores import weighted_median


def test_names_of_groups_do_not_count() -> None:
    assert adjusted_rand([0, 0, 1, 1], ["b", "b", "a", "a"]) == 1
    assert adjusted_mutual_information([0, 0, 1, 1], ["b", "b", "a", "a"]) == pytest.approx(1)


def test_the_rand_index_is_hubert_and_arabies() -> None:
    # Pairs together in both: 1 (a: {0,1},{2,3,4}; b: {0,1,2},{3,4} has {0,1} and {3,4}): 2 of
    # 4 and 4; expected 4 · 4 / 10 = 1.6; (2 − 1.6) / (4 − 1.6) = 1 / 6.
    assert adjusted_rand([0, 0, 1, 1, 1], [0, 0, 0, 1, 1]) == pytest.approx(1 / 6)


def test_chance_agreement_is_0_on_average(rng) -> None:
    pairs = [(rng.integers(5, size=60), rng.integers(5, size=60)) for _ in range(200)]
    assert np.mean([adjusted_rand(a, b) for a, b in pairs]) == pytest.approx(0, abs=0.01)
    found = np.mean([adjusted_mutual_information(a, b) for a, b in pairs])
    assert found == pytest.approx(0, abs=0.01)


def at(degrees: float) -> list[float]:
    return [np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees)), 0.0]


def test_spread_is_the_median_angle_to_the_modal_view() -> None:
    # Three at 0°, one each at 10° and 20°: median of 0, 0, 0, 10, 20.
    group = [0] * 5 + [1, 1, 1] + [-1]
    views = [at(d) for d in (0, 0, 0, 10, 20, 50, 50, 80, 33)]
    overall, each = spread_within(group, views)
    assert each == pytest.approx([0, 0], abs=1e-4)
    assert overall == pytest.approx(0, abs=1e-4)
    # The mode is at 20°, with nine of thirteen; then at 10°, with others on both sides.
    overall, each = spread_within(group[:5], views[:5], weights=[1, 1, 1, 1, 9])
    assert each == pytest.approx([0], abs=1e-4)
    overall, each = spread_within(group[:5], views[:5], weights=[2, 2, 2, 3, 4])
    assert each == pytest.approx([10], abs=1e-4)


def test_an_opposite_view_adds_to_the_spread_only_without_mirrors() -> None:
    views = [at(0), at(0), at(180), at(182), at(180)]
    assert spread_within([0] * 5, views)[0] == pytest.approx(0, abs=1e-4)
    assert spread_within([0] * 5, views, axial=False)[0] == pytest.approx(2)
    # 0°, 0°, 178° and 180° from the first: the median lies between.
    assert spread_within([0] * 4, views[:4], axial=False)[0] == pytest.approx(89)


def test_a_group_without_known_views_has_no_spread() -> None:
    overall, each = spread_within([0, 1], [at(0), [np.nan] * 3])
    assert overall == pytest.approx(0, abs=1e-4)
    assert np.isnan(each[1])
    assert np.isnan(spread_within([-1], [at(0)])[0])


def test_weighted_median() -> None:
    assert weighted_median(np.array([1.0, 2.0, 9.0]), np.array([1.0, 1.0, 1.0])) == 2
    assert weighted_median(np.array([9.0, 1.0, 2.0]), np.array([5.0, 1.0, 1.0])) == 9
    assert weighted_median(np.array([1.0, 3.0]), np.array([2.0, 2.0])) == 2
    assert np.isnan(weighted_median(np.array([]), np.array([])))


def test_affinity_that_falls_with_angle_has_correlation_minus_1(rng) -> None:
    angle = rng.uniform(0, 90, (6, 6))
    angle = angle + angle.T
    correlation, n = affinity_against_angle(np.exp(-angle), angle)
    assert correlation == pytest.approx(-1)
    assert n == 15
    assert affinity_against_angle(angle**3, angle)[0] == pytest.approx(1)


def test_only_near_pairs_of_known_view_count() -> None:
    angle = np.array([[0, 10, 20, 80], [10, 0, 30, 70], [20, 30, 0, 60], [80, 70, 60, 0.0]])
    affinity = np.array([[1, 0.9, 0.8, 0.9], [0.9, 1, 0.7, 1], [0.8, 0.7, 1, 0], [0.9, 1, 0, 1]])
    assert affinity_against_angle(affinity, angle, below=40) == (pytest.approx(-1), 3)
    assert affinity_against_angle(affinity, angle)[0] > -1
    angle[3] = angle[:, 3] = np.nan
    assert affinity_against_angle(affinity, angle) == (pytest.approx(-1), 3)


def test_too_few_pairs_or_no_variation_have_no_correlation() -> None:
    assert np.isnan(affinity_against_angle(np.eye(2), np.zeros((2, 2)))[0])
    angle = np.array([[0, 1, 2], [1, 0, 3], [2, 3, 0.0]])
    assert np.isnan(affinity_against_angle(np.ones((3, 3)), angle)[0])
