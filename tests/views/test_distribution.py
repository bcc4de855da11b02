"""The uniformity of views follows from directions, particles and point group alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from rebalance.model import Views
from rebalance.views.distribution import (
    capped,
    shows_view,
    slice_densities,
    uniformity_of_counts,
    view_balance,
)
from rebalance.views.uniformity import uniformity
from tests.made_up_views import made_up_views


def drawn_particles(views: Views, counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A direction for each particle by the posterior of its average, in a copy at random."""
    rows = np.repeat(np.flatnonzero(shows_view(views)), counts[shows_view(views)])
    at = [rng.choice(len(views.sampled), p=views.posterior[row].astype(float)) for row in rows]
    turn = views.operations[rng.integers(len(views.operations), size=len(rows))]
    return np.einsum("pij,pj->pi", turn, views.sampled[at])


def normalised(views: Views) -> Views:
    posterior = views.posterior.astype(np.float64)
    total = posterior.sum(axis=1, keepdims=True)
    return replace(views, posterior=np.where(total > 0, posterior / np.maximum(total, 1e-9), 0))


@pytest.mark.parametrize("symmetry", ["C1", "C3", "D2"])
def test_it_is_that_of_particles_drawn_from_the_posteriors(
    symmetry: str, rng: np.random.Generator
) -> None:
    views = normalised(made_up_views(50, rng, symmetry=symmetry, no_part=2, misfits=2))
    counts = rng.integers(200, 1_500, 50)
    found = uniformity_of_counts(slice_densities(views), counts)
    assert found == pytest.approx(uniformity(drawn_particles(views, counts, rng)), rel=0.02)


def test_what_fits_no_view_or_took_no_part_counts_nowhere(rng: np.random.Generator) -> None:
    views = made_up_views(20, rng, no_part=3, misfits=4)
    assert shows_view(views).tolist() == [False] * 7 + [True] * 13
    counts = rng.integers(10, 100, 20)
    more = counts + np.where(shows_view(views), 0, 1_000)
    densities = slice_densities(views)
    assert not densities[:7].any()
    assert uniformity_of_counts(densities, counts) == uniformity_of_counts(densities, more)


def test_it_does_not_depend_on_the_frame_of_the_map(rng: np.random.Generator) -> None:
    views = made_up_views(40, rng, symmetry="D2")
    turn = Rotation.random(random_state=2).as_matrix()
    turned = replace(
        views, sampled=views.sampled @ turn.T, operations=turn @ views.operations @ turn.T
    )
    counts = rng.integers(10, 1_000, 40)
    assert uniformity_of_counts(slice_densities(turned), counts) == pytest.approx(
        uniformity_of_counts(slice_densities(views), counts), abs=0.01
    )


def test_dropping_all_alike_leaves_it_and_no_particles_have_none(rng: np.random.Generator) -> None:
    views = made_up_views(30, rng)
    densities, counts = slice_densities(views), rng.integers(100, 1_000, 30)
    before = uniformity_of_counts(densities, counts)
    assert uniformity_of_counts(densities, 0.01 * counts) == pytest.approx(before)
    assert uniformity_of_counts(densities, np.zeros(30)) == 0


def test_a_cap_keeps_averages_of_a_superclass_in_proportion() -> None:
    counts = np.array([60, 30, 10, 5, 7])
    label = np.array([0, 0, 1, 1, -1])
    np.testing.assert_allclose(capped(counts, label, 15), [10, 5, 10, 5, 0])
    np.testing.assert_allclose(capped(counts, label, None), [60, 30, 10, 5, 0])


def test_balancing_a_crowded_view_gains_over_as_many_dropped_at_random(
    rng: np.random.Generator,
) -> None:
    views = made_up_views(60, rng)
    before = np.where(np.abs(views.direction[:, 2]) > 0.8, 2_000, 100)
    found = view_balance(views, before, np.minimum(before, 100), rng)
    assert found.uniformity_at_random == pytest.approx(found.uniformity, abs=0.02)
    assert found.at_random_sd is not None
    assert 0 < found.at_random_sd < 0.02
    assert found.gain is not None
    assert found.gain > 0.2


def test_as_many_are_dropped_at_random_as_by_the_selection(rng: np.random.Generator) -> None:
    views = made_up_views(10, rng, misfits=1)
    before = rng.integers(50, 100, 10)
    found = view_balance(views, before, before, rng)
    assert found.uniformity_after == found.uniformity
    assert found.uniformity_at_random == pytest.approx(found.uniformity)
    assert found.before[0] == 0
    assert view_balance(views, before).uniformity_after is None
