"""The instrument of the benchmarks: curves, oracle and share of its gain mean what they say."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import balance_curves as curves
from rebalance.clusterings import from_labels, identity_superclasses
from rebalance.simulate import simulate_class_averages
from rebalance.views import uniformity


@pytest.fixture(scope="module")
def simulated():
    return simulate_class_averages(
        {"n_averages": 30, "n_particles": 1_500, "n_views": 8, "n_junk": 0, "box": 24}
    )


def test_the_oracle_finds_discrete_views(simulated) -> None:
    views = curves.Views(simulated.particle_class, simulated.particle_view)
    used = np.flatnonzero(simulated.kind == "view")
    found = curves.oracle(views, simulated.class_averages.class_id[used], 8)
    label = dict(zip(found.class_id.tolist(), found.label.tolist(), strict=True))
    truth = {int(k): int(simulated.superclass[k - 1]) for k in label}
    pairs = {(truth[k], label[k]) for k in label}
    assert len(pairs) == 8


def test_scores_are_those_of_the_particles_kept(simulated) -> None:
    views = curves.Views(simulated.particle_class, simulated.particle_view)
    assert views.before == pytest.approx(uniformity(simulated.particle_view), rel=1e-5)
    kept = np.arange(len(views)) % 3 == 0
    assert views.uniformity(np.stack([~kept, kept]))[1] == pytest.approx(
        uniformity(simulated.particle_view[kept]), rel=1e-5
    )


def test_the_sweep_goes_from_equal_superclasses_to_all_particles(simulated) -> None:
    views = curves.Views(simulated.particle_class, simulated.particle_view)
    counts = simulated.class_averages.n_particles
    classes = identity_superclasses(simulated.class_averages.class_id, counts)
    curve = curves.curve(views, classes, 2)
    assert curve.kept[0] == len(classes) * classes.size.min()
    assert curve.kept[-1] == len(views)
    assert (np.diff(curve.kept) > 0).all()
    assert curve.uniformity[-1] == pytest.approx(views.before)


def test_the_oracle_gains_all_random_dropping_none_and_wrong_superclasses_less(simulated) -> None:
    views = curves.Views(simulated.particle_class, simulated.particle_view)
    used = simulated.class_averages.class_id[simulated.kind == "view"]
    best = curves.curve(views, curves.oracle(views, used, 8), 3)
    chance = curves.random_curve(views, best.kept.min(), 3)
    ours, of_oracle = curves.gains(best, chance, best)
    assert ours == of_oracle > 0.1
    none, _ = curves.gains(chance, chance, best)
    assert none == 0
    labels = {int(k): int(k) % 8 for k in used}
    counts = simulated.class_averages.n_particles[used - 1]
    wrong = curves.curve(views, from_labels(used, labels, n_particles=counts), 3)
    less, of_oracle = curves.gains(wrong, chance, best)
    assert less < 0.7 * of_oracle
