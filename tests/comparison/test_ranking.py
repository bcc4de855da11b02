"""Ranks and intervals on cases whose answer is known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.comparison import rank_methods
from rebalance.comparison.ranking import MethodScore, interval


def found(table: dict[str, list[float]]) -> list[MethodScore]:
    """A column a data set, one setting."""
    return [
        MethodScore(number, 8, method, value)
        for method, values in table.items()
        for number, value in enumerate(values)
    ]


def test_ranks_are_means_over_data_sets() -> None:
    ranking = rank_methods(found({"a": [0.9, 0.8, 0.1], "b": [0.5, 0.7, 0.6], "c": [0, 0, 0]}))
    assert [one.method for one in ranking.methods] == ["a", "b", "c"]
    assert [one.rank for one in ranking.methods] == pytest.approx([4 / 3, 5 / 3, 3])
    assert [one.mean for one in ranking.methods] == pytest.approx([0.6, 0.6, 0])
    assert ranking.methods[0].values.tolist() == [0.9, 0.8, 0.1]


def test_where_low_is_good_the_lowest_is_first() -> None:
    ranking = rank_methods(found({"a": [0.9, 0.8], "b": [0.5, 0.7]}), better=-1)
    assert [one.method for one in ranking.methods] == ["b", "a"]


def test_equal_values_share_a_rank_even_if_rounding_errors_differ() -> None:
    ranking = rank_methods(found({"a": [0.3], "b": [0.1 + 0.2], "c": [0.0]}))
    assert [one.rank for one in ranking.methods] == [1.5, 1.5, 3]


def test_only_complete_comparisons_count() -> None:
    ranking = rank_methods(
        [
            *found({"a": [0.9, np.nan], "b": [0.5, 0.7], "never": [np.nan, np.nan]}),
            MethodScore(2, 8, "a", 0.1),
            MethodScore(3, 8, "a", np.nan),
            MethodScore(3, 8, "b", np.nan),
        ]
    )
    assert ranking.data_sets == (0,)
    # On 1 a value of a is missing, on 2 that of b; 3 has neither, and is no comparison.
    assert ranking.n_left_out == 2
    assert ranking.without == ("never",)
    assert [one.method for one in ranking.methods] == ["a", "b"]


def test_settings_and_seeds_of_one_data_set_are_averaged_first() -> None:
    rows = [
        MethodScore("x", k, m, v)
        for k, m, v in ((6, "a", 1.0), (6, "b", 0.0), (8, "a", 0.4), (8, "b", 0.5))
    ]
    rows += [MethodScore("x", 6, "a", 0.5)]
    ranking = rank_methods(rows)
    best = ranking.methods[0]
    assert best.method == "a"
    assert best.mean == pytest.approx((0.75 + 0.4) / 2)
    assert best.rank == pytest.approx(1.5)
    assert np.isnan([best.low, best.high, best.rank_low]).all()


def test_nothing_found_is_no_ranking() -> None:
    ranking = rank_methods([])
    assert ranking.methods == ranking.data_sets == ()
    assert np.isnan(ranking.p_value)


def test_the_interval_holds_the_true_mean_as_often_as_it_says(rng) -> None:
    inside = 0
    for _ in range(100):
        low, high = interval(rng.normal(3.0, 1.0, 25))
        inside += low <= 3.0 <= high
    # 95 of 100; the percentile bootstrap of 25 values falls a little short.
    assert 85 <= inside <= 100


def test_the_interval_of_equal_values_is_a_point_and_of_one_value_unknown() -> None:
    assert interval(np.array([2.0, 2.0, 2.0])) == (2, 2)
    assert np.isnan(interval(np.array([2.0]))).all()


def test_methods_that_differ_on_every_data_set_are_told_apart(rng) -> None:
    noise = 0.01 * rng.standard_normal((3, 10))
    clear = {
        name: (level + noise[at]).tolist()
        for at, (name, level) in enumerate((("a", 0.9), ("b", 0.5), ("c", 0.1)))
    }
    assert rank_methods(found(clear)).p_value < 0.001
    same = {name: rng.random(10).tolist() for name in "abc"}
    assert rank_methods(found(same)).p_value > 0.001
    assert np.isnan(rank_methods(found({"a": [1, 2, 3], "b": [3, 2, 1]})).p_value)
