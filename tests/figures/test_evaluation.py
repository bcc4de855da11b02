"""The curves of an evaluation are drawn legibly, whatever they are."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.figures.evaluation import balance_curves


def curve(low: float, high: float, seeds: int = 4) -> tuple[np.ndarray, np.ndarray]:
    kept = np.array([100.0, 400.0, 1_000.0, 3_000.0])
    mean = np.linspace(high, low, 4)
    return kept, mean + 0.01 * np.arange(seeds)[:, None]


CURVES = {"ours": curve(0.5, 0.7), "oracle": curve(0.5, 0.9), "random": curve(0.5, 0.45)}


@pytest.mark.parametrize("names", [("ours", "oracle", "random"), ("ours", "random"), ("ours",)])
def test_texts_stay_inside_and_apart(check_texts, names) -> None:
    chosen = {name: CURVES[name] for name in names}
    figure = balance_curves(chosen, common=(100, 3_000), subtitle="job: 6 superclasses")
    check_texts(figure)


def test_curves_that_lie_on_each_other_have_names_apart(check_texts) -> None:
    same = dict.fromkeys(("ours", "oracle", "random"), curve(0.5, 0.5, seeds=1))
    check_texts(balance_curves(same, common=(100, 3_000), point=(400, 0.5)))


def test_a_curve_of_one_point_is_drawn(check_texts) -> None:
    one = (np.array([1_200.0]), np.array([[0.4], [0.4]]))
    check_texts(balance_curves({"ours": one, "random": one, "oracle": one}))


def test_the_band_is_one_standard_deviation() -> None:
    figure = balance_curves({"ours": CURVES["ours"]})
    band = figure.axes[0].collections[0].get_paths()[0].vertices
    low = band[np.isclose(band[:, 0], 100), 1].min()
    assert low == pytest.approx(0.7 + 0.015 - np.std([0, 0.01, 0.02, 0.03], ddof=1))
