"""Views of simulated averages are found, and the gate is shut where there are none to find."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rebalance.metrics.search_options import SearchOptions, resolve_search
from rebalance.metrics.views import ViewsMetric, ViewsOptions
from rebalance.model import ClassAverages, Views
from rebalance.simulate import simulate_class_averages
from rebalance.simulate.job import DEMO
from rebalance.views import gate
from rebalance.views.angles import angle_table
from rebalance.views.estimate import estimate

CLEAN: dict[str, Any] = {
    "continuous": True, "n_averages": 36, "n_particles": 3_600, "snr": 0.5, "n_junk": 0,
    "n_noise": 0, "n_empty": 0, "seed": 11,
}  # fmt: skip


def find(averages: ClassAverages, **how: Any) -> Views:
    search = resolve_search(averages, SearchOptions())
    return estimate(averages, search.grid.radius, search.centre, **how)


def true_angles(simulated: Any) -> np.ndarray:
    """Between the views of averages, by the mean axis of the particles of each."""
    axes = []
    for number in simulated.class_averages.class_id:
        own = simulated.particle_view[simulated.particle_class == number]
        axes.append(np.linalg.eigh(own.T @ own)[1][:, -1])
    return angle_table(np.array(axes), np.eye(3)[None])


@pytest.fixture(scope="module")
def simulated() -> Any:
    return simulate_class_averages(CLEAN)


@pytest.fixture(scope="module")
def views(simulated: Any) -> Views:
    return find(simulated.class_averages)


def test_angles_are_those_between_the_true_views(simulated: Any, views: Views) -> None:
    truth = true_angles(simulated)
    pairs = np.triu_indices(len(truth), 1)
    assert views.trusted, views.reason
    assert np.median(np.abs(views.angle - truth)[pairs]) < 6
    assert views.symmetry == "C1"
    assert not views.is_misfit.any()


def test_poses_agree_with_the_directions(views: Views) -> None:
    np.testing.assert_allclose(np.linalg.det(views.rotation), 1, atol=1e-6)
    likely = views.sampled[views.posterior.argmax(axis=1)]
    angle = np.degrees(np.arccos(np.clip(np.abs((views.direction * likely).sum(axis=1)), 0, 1)))
    assert np.median(angle) < 10
    np.testing.assert_allclose(views.posterior.sum(axis=1), 1, atol=1e-4)
    assert (views.fit > 0.5).all()


def test_threads_change_no_byte(simulated: Any, views: Views) -> None:
    again = find(simulated.class_averages, threads=3)
    for name in ("angle", "posterior", "fit", "map"):
        assert getattr(again, name).tobytes() == getattr(views, name).tobytes()


def test_another_seed_finds_the_same_angles(simulated: Any, views: Views) -> None:
    other = find(simulated.class_averages, seed=5)
    pairs = np.triu_indices(len(other), 1)
    assert np.median(np.abs(other.angle - views.angle)[pairs]) < 6


def test_averages_that_show_nothing_are_not_trusted(simulated: Any) -> None:
    """Phases at random under the same spectra."""
    averages = simulated.class_averages
    rng = np.random.default_rng(1)
    spectrum = np.abs(np.fft.rfft2(averages.images))
    phase = np.fft.rfft2(rng.standard_normal(averages.images.shape))
    phase /= np.abs(phase) + 1e-12
    box = averages.box
    images = np.fft.irfft2(spectrum * phase, s=(box, box)).astype(np.float32)
    found = find(replace(averages, images=images))
    assert not found.trusted
    assert "agree" in found.reason


def test_too_few_averages_are_not_tried(simulated: Any) -> None:
    few = simulated.class_averages.subset(np.arange(gate.FEWEST - 1))
    found = find(few)
    assert not found.trusted
    assert "too few" in found.reason
    assert (found.angle[~np.eye(len(few), dtype=bool)] == 90).all()


def test_the_symmetry_of_the_averages_is_found() -> None:
    made = simulate_class_averages({**CLEAN, "symmetry": "D2", "n_averages": 40, "seed": 12})
    found = find(made.class_averages)
    assert found.symmetry == "D2"
    assert len(found.operations) == 4
    assert find(made.class_averages, symmetry="C1").symmetry == "C1"


def test_misfits_are_named() -> None:
    junk = {"n_junk": 3, "n_junk_noise": 2, "n_edge": 2}
    made = simulate_class_averages({**CLEAN, **junk, "n_averages": 50, "seed": 13})
    found = find(made.class_averages)
    is_junk = np.asarray(made.kind) != "view"
    assert found.is_misfit[is_junk].mean() > 0.8
    assert found.is_misfit[~is_junk].mean() < 0.05


def test_views_other_than_the_crowded_ones_are_no_misfits() -> None:
    # Maps of the crowded views alone fit most averages badly.
    simulated = simulate_class_averages(DEMO.model_copy(update={"seed": 1}))
    averages = simulated.class_averages.subset(~simulated.class_averages.is_empty)
    kind = np.array(simulated.kind)[~simulated.class_averages.is_empty]
    found = find(averages)
    assert found.trusted
    assert found.is_misfit[kind == "view"].mean() < 0.05
    assert found.is_misfit[kind == "junk"].mean() > 0.8


def test_the_metric_is_the_image_affinity_where_views_are_not_trusted(views: Views) -> None:
    metric = ViewsMetric()
    n = len(views)
    image = np.random.default_rng(2).uniform(0, 1, (n, n)).astype(np.float32)
    others = {"rotational-cc": image}
    shut = replace(views, trusted=False, reason="They are not.")
    found = metric.tile(shut, range(n), range(n), others=others).values
    np.testing.assert_array_equal(found, image)
    found = metric.tile(views, range(n), range(n), others=others).values
    np.testing.assert_allclose(found, image * (1 - views.angle / 90), atol=1e-6)


def test_options_are_those_of_the_image_affinity_and_two_more() -> None:
    assert set(ViewsOptions.model_fields) == set(SearchOptions.model_fields) | {"symmetry", "seed"}


def test_other_groups_than_point_groups_are_refused(simulated: Any) -> None:
    from rebalance.errors import OptionError

    with pytest.raises(OptionError, match="not a rotational point group"):
        find(simulated.class_averages, symmetry="Q3")
