"""Curves, oracle and share of its gain mean what they say."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.clusterings import from_labels, identity_superclasses
from rebalance.evaluation import (
    Curve,
    KnownViews,
    balance_curve,
    gain_over_random,
    oracle_curve,
    oracle_superclasses,
    random_curve,
    share_of_oracle_gain,
)
from rebalance.evaluation.balance_curves import common_range
from rebalance.model import Classes
from rebalance.simulate import simulate_class_averages
from rebalance.strategies.random import Random
from rebalance.views.uniformity import uniformity


@pytest.fixture(scope="module")
def simulated():
    return simulate_class_averages(
        {"n_averages": 30, "n_particles": 1_500, "n_views": 8, "n_junk": 0, "box": 24}
    )


@pytest.fixture(scope="module")
def views(simulated) -> KnownViews:
    return KnownViews(simulated.particle_class, simulated.particle_view)


def straight(kept: list[float], *heights: list[float]) -> Curve:
    """A curve of a seed for each list of heights."""
    return Curve(np.array(kept), np.array(heights), np.zeros((len(heights), len(kept))))


def test_the_share_is_the_ratio_of_two_areas() -> None:
    chance = straight([0, 10, 30], [0, 0, 0])
    oracle = straight([10, 20], [0.4, 0.4])
    # Over the common 10 … 20: a triangle of height 0.4 has half of the oracle's area.
    ours = straight([5, 10, 20], [0, 0, 0.4])
    assert share_of_oracle_gain(ours, chance, oracle) == (pytest.approx(0.5), 0.0)
    assert gain_over_random(oracle, chance, 10, 20) == pytest.approx(0.4)


def test_the_share_has_the_standard_deviation_of_its_seeds() -> None:
    chance = straight([0, 10], [0, 0.2], [0.2, 0])
    oracle = straight([0, 10], [0.5, 0.5])
    ours = straight([0, 10], [0.3, 0.3], [0.5, 0.5])
    mean, sd = share_of_oracle_gain(ours, chance, oracle)
    assert mean == pytest.approx(0.75)
    assert sd == pytest.approx(np.std([0.5, 1.0], ddof=1))


def test_there_is_no_share_without_a_common_range_or_a_gain() -> None:
    chance = straight([0, 10], [0, 0])
    low, high = straight([1, 4], [1, 1]), straight([6, 9], [1, 1])
    assert common_range(low, chance, high) is None
    assert np.isnan(share_of_oracle_gain(low, chance, high)).all()
    assert np.isnan(share_of_oracle_gain(low, chance, straight([0, 10], [0, 0]))).all()
    # A hundredth of uniformity is as much as chance gives: no share of it is told.
    assert np.isnan(share_of_oracle_gain(low, chance, straight([0, 10], [0.019, 0.019]))).all()
    assert np.isfinite(share_of_oracle_gain(low, chance, straight([0, 10], [0.021, 0.021]))).all()


def test_the_oracle_finds_discrete_views(simulated, views) -> None:
    used = np.flatnonzero(simulated.kind == "view")
    found = oracle_superclasses(views, simulated.class_averages.class_id[used], 8)
    label = dict(zip(found.class_id.tolist(), found.label.tolist(), strict=True))
    pairs = {(int(simulated.superclass[k - 1]), label[k]) for k in label}
    assert len(pairs) == 8


def test_scores_are_those_of_the_particles_kept(simulated, views) -> None:
    kept = np.arange(len(views)) % 3 == 0
    found = views.uniformity(np.stack([~kept, kept, kept | ~kept, kept & ~kept]))
    assert found[1] == pytest.approx(uniformity(simulated.particle_view[kept]), rel=1e-5)
    assert found[2] == pytest.approx(uniformity(simulated.particle_view), rel=1e-5)
    assert found[3] == 0


def test_the_sweep_goes_from_equal_superclasses_to_all_particles(simulated, views) -> None:
    counts = simulated.class_averages.n_particles
    classes = identity_superclasses(Classes.of(simulated.class_averages.class_id, counts))
    curve = balance_curve(views, classes, 2)
    assert curve.kept[0] == len(classes) * classes.size.min()
    assert curve.kept[-1] == len(views)
    assert (np.diff(curve.kept) > 0).all()
    everything = views.uniformity(np.ones((1, len(views)), dtype=bool))[0]
    assert curve.uniformity[:, -1] == pytest.approx(everything)
    assert curve.uniformity.shape == curve.entropy.shape == (2, len(curve.kept))


def test_random_dropping_keeps_what_is_asked_for_of_the_candidates(views) -> None:
    among = np.arange(len(views)) < 500
    curve = random_curve(views, np.array([10.0, 100.0, 500.0]), 3, among=among)
    assert curve.kept.tolist() == [10, 100, 500]
    assert curve.uniformity[:, 2] == pytest.approx(views.uniformity(among[None])[0])
    assert np.ptp(curve.uniformity[:, 0]) > 0


def test_particles_of_unknown_view_count_nowhere(simulated) -> None:
    view = simulated.particle_view.copy()
    view[::2] = np.nan
    half = KnownViews(simulated.particle_class, view)
    classes = identity_superclasses(
        Classes.of(simulated.class_averages.class_id, simulated.class_averages.n_particles)
    )
    curve = balance_curve(half, classes, 2)
    assert curve.kept[-1] == np.isfinite(view[:, 0]).sum()
    assert curve.uniformity[0, -1] == pytest.approx(uniformity(view[1::2]), rel=1e-5)


def test_the_oracle_gains_all_random_dropping_none_and_wrong_superclasses_less(
    simulated, views
) -> None:
    used = simulated.class_averages.class_id[simulated.kind == "view"]
    best = oracle_curve(views, used, 8, 5)
    chance = random_curve(views, best.kept, 5)
    assert share_of_oracle_gain(best, chance, best)[0] == pytest.approx(1)
    assert share_of_oracle_gain(chance, chance, best)[0] == pytest.approx(0)
    labels = {int(k): int(k) % 8 for k in used}
    counts = simulated.class_averages.n_particles[used - 1]
    wrong = balance_curve(views, from_labels(Classes.of(used, counts), labels), 5)
    chance = random_curve(views, np.union1d(best.kept, wrong.kept), 5)
    assert share_of_oracle_gain(wrong, chance, best)[0] < 0.7


def test_views_rounded_to_a_fine_grid_score_as_before(monkeypatch, views) -> None:
    import rebalance.evaluation.known_views as module

    exact = views.uniformity(np.ones((1, len(views)), dtype=bool))[0]
    monkeypatch.setattr(module, "_MOST_VIEWS", 1_400)
    rounded = KnownViews(views.particles, views.view)
    assert rounded.counts(np.ones((1, len(views)), dtype=bool)).shape[1] < 1_400
    found = rounded.uniformity(np.ones((1, len(views)), dtype=bool))[0]
    assert found == pytest.approx(exact, abs=0.02)


class OneCapAtATime:
    """The strategy `random`, without its places."""

    options_model = Random.options_model

    def select(self, *given):
        return Random().select(*given)


def test_the_sweep_is_the_same_whether_or_not_a_strategy_has_places(simulated, views) -> None:
    counts = simulated.class_averages.n_particles
    classes = identity_superclasses(Classes.of(simulated.class_averages.class_id, counts))
    with_places = balance_curve(views, classes, 2)
    without = balance_curve(views, classes, 2, strategy=OneCapAtATime())
    assert (with_places.kept == without.kept).all()
    assert with_places.uniformity == pytest.approx(without.uniformity, abs=1e-9)


def test_random_dropping_is_the_same_whatever_was_asked_for_before(simulated) -> None:
    fresh, used = (KnownViews(simulated.particle_class, simulated.particle_view) for _ in range(2))
    numbers = np.array([3.0, 64.0, 65.0, 700.0])
    random_curve(used, np.array([10.0, 64.0, 1_000.0]), 2)
    first, second = random_curve(fresh, numbers, 2), random_curve(used, numbers, 2)
    assert (first.uniformity == second.uniformity).all()
    rng = np.random.default_rng([0, 77])
    kept = np.zeros(len(fresh), dtype=bool)
    kept[rng.permutation(len(fresh))[:65]] = True
    assert first.uniformity[0, 2] == pytest.approx(fresh.uniformity(kept[None])[0], rel=1e-5)
