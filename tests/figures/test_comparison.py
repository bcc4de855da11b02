"""Score and rank by method are drawn legibly, for few and for many."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.figures.comparison import MethodRow, ranked_methods


def row(number: int, rng: np.random.Generator, n_sets: int, name: str) -> MethodRow:
    values = rng.random(n_sets)
    mean = float(values.mean())
    ends = (mean - 0.1, mean + 0.1) if n_sets > 1 else (np.nan, np.nan)
    return MethodRow(name, mean, ends, number + 1.0, (number + 0.5, number + 1.5), values)


@pytest.mark.parametrize(
    ("n_methods", "n_sets", "n_names"), [(1, 1, 1), (2, 3, 1), (5, 12, 4), (16, 30, 8), (30, 9, 9)]
)
def test_texts_stay_inside_and_apart(check_texts, rng, n_methods, n_sets, n_names) -> None:
    names = [f"a data set with a long name, number {number}" for number in range(n_names)]
    rows = [
        row(number, rng, n_sets, f"metric {number} + hierarchical linkage=average + random")
        for number in range(n_methods)
    ]
    sets = [names[at % n_names] for at in range(n_sets)]
    check_texts(ranked_methods(rows, sets, title="Share of the oracle's gain"))


def test_intervals_are_where_they_are_said_to_be(rng) -> None:
    rows = [row(number, rng, 4, f"method {number}") for number in range(3)]
    figure = ranked_methods(rows, ["x"] * 4, title="Score", better=-1)
    scores, ranks = figure.axes
    for number, one in enumerate(rows):
        assert any(
            np.allclose(line.get_xdata(), one.interval) and set(line.get_ydata()) == {number}
            for line in scores.lines
        )
        assert any(np.allclose(line.get_xdata(), one.rank_interval) for line in ranks.lines)
    assert "lower is better" in scores.get_xlabel()
