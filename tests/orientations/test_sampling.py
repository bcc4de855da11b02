"""SCF* is that of the papers: limits known by hand, and a slow version on random inputs."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from rebalance.orientations.pose_cells import pose_cells
from rebalance.orientations.sampling import (
    SIDE_VIEWS,
    SlicePasses,
    fourier_sampling,
    scf_of,
    scf_star_of,
)
from rebalance.point_groups import operations_of
from rebalance.views.uniformity import uniformity
from tests.orientations.view_sets import band, cap, clusters, uniform
from tests.reference_orientations import cap_limit, expanded, scf_by_loops, slices_by_loops


@pytest.mark.parametrize("group", ["C1", "D2", "T"])
def test_slices_are_as_the_slow_reference_counts_them(group: str) -> None:
    rng = np.random.default_rng(1)
    turn = Rotation.random(random_state=2).as_matrix()
    operations = turn @ operations_of(group) @ turn.T
    direction = clusters(12, rng, 3, 20.0)
    direction[[3, 8]] = np.nan
    found = fourier_sampling(direction, operations, group)
    directions, slices = slices_by_loops(direction, operations)
    np.testing.assert_allclose(found.directions, directions, atol=1e-12)
    np.testing.assert_array_equal(found.slices, slices)
    scf, star = scf_by_loops(slices)
    assert found.scf == pytest.approx(scf, rel=1e-12)
    assert found.scf_star == pytest.approx(star, rel=1e-12)
    assert found.unsampled == np.mean(slices == 0)
    assert found.n_particles == 10
    assert found.symmetry == group


@pytest.mark.parametrize("group", ["C2", "D7", "I"])
def test_a_group_is_the_same_as_all_copies_without_it(group: str) -> None:
    rng = np.random.default_rng(4)
    direction, operations = cap(300, rng, 35.0), operations_of(group)
    under = fourier_sampling(direction, operations, group)
    copies = np.array(expanded(direction, operations))
    by_hand = fourier_sampling(copies)
    np.testing.assert_array_equal(under.slices, by_hand.slices)
    assert under.scf_star == by_hand.scf_star
    assert under.uniformity == pytest.approx(by_hand.uniformity, abs=0.002)


@pytest.mark.parametrize(("n", "expected"), [(1_000, 0.66), (10_000, 0.80), (100_000, 0.81)])
def test_side_views_all_around_come_to_eight_over_pi_squared(n: int, expected: float) -> None:
    star = SlicePasses(band(n, np.random.default_rng(5))).score()
    assert star == pytest.approx(expected, abs=0.012)
    assert pytest.approx(0.8106, abs=1e-4) == SIDE_VIEWS


def test_uniform_views_come_to_one_and_a_single_view_to_nothing() -> None:
    rng = np.random.default_rng(6)
    assert SlicePasses(uniform(200_000, rng)).score() == pytest.approx(1, abs=0.002)
    one = fourier_sampling(np.tile(uniform(1, rng), (10_000, 1)), thinned_to=[])
    assert one.scf == pytest.approx(100, rel=0.05)
    assert one.scf_star < 1e-3
    assert one.unsampled == pytest.approx(0.99, abs=0.001)


@pytest.mark.parametrize("half_angle", [20.0, 40.0, 60.0])
def test_caps_are_as_quadrature_says(half_angle: float) -> None:
    sampling = fourier_sampling(
        cap(400_000, np.random.default_rng(7), half_angle), thinned_to=[], threads=2
    )
    scf, gap = cap_limit(half_angle)
    # A slice is 1° thick.
    assert sampling.scf == pytest.approx(scf, rel=0.05)
    assert sampling.unsampled == pytest.approx(gap, abs=0.012)


def test_without_its_star_scf_exceeds_one_where_there_are_gaps() -> None:
    sampling = fourier_sampling(cap(1_000, np.random.default_rng(8), 40.0))
    assert sampling.scf == pytest.approx(1.24, abs=0.05)
    assert sampling.scf_star == pytest.approx(0.28, abs=0.02)


def test_with_gaps_fewer_particles_alone_raise_the_score() -> None:
    sampling = fourier_sampling(
        cap(100_000, np.random.default_rng(9), 40.0), thinned_to=[10_000, 1_000]
    )
    np.testing.assert_array_equal(sampling.thinned_to, [1_000, 10_000])
    assert sampling.scf_star == pytest.approx(0.004, abs=0.001)
    mean = sampling.thinned_scf_star.mean(axis=1)
    np.testing.assert_allclose(mean, [0.28, 0.036], rtol=0.1)
    assert sampling.thinned_scf_star.shape == (2, 5)


@pytest.mark.parametrize("group", ["C1", "D7", "I"])
@pytest.mark.parametrize(
    "make",
    [
        uniform,
        band,
        lambda n, rng: band(n, rng, 5.0),
        lambda n, rng: cap(n, rng, 20.0),
        lambda n, rng: cap(n, rng, 60.0),
        clusters,
        lambda n, rng: clusters(n, rng, 5, 0.1),
    ],
    ids=["uniform", "girdle", "band", "cap20", "cap60", "clusters", "tight"],
)
def test_sums_over_cells_change_the_score_by_less_than_half_a_hundredth(make, group: str) -> None:
    operations = operations_of(group)
    direction = make(20_000, np.random.default_rng(10))
    if group != "C1":
        direction = direction[: 200_000 // len(operations)]
    turn = Rotation.random(random_state=11).as_matrix()
    exact, summed = (SlicePasses(direction @ turn.T, operations, few=few) for few in (1_000_000, 0))
    assert abs(exact.score() - summed.score()) < 0.005
    assert summed.n_particles == exact.n_particles


def test_subsets_are_scored_as_if_made_anew() -> None:
    rng = np.random.default_rng(12)
    direction = clusters(30_000, rng, 20, 8.0)
    direction[::17] = np.nan
    keep = rng.random(len(direction)) < 0.2
    operations = operations_of("C3")
    for few in (0, 1_000_000):
        passes = SlicePasses(direction, operations, few=few)
        again = SlicePasses(direction[keep], operations, few=few)
        assert passes.score(keep) == pytest.approx(again.score(), abs=1e-12 if few else 0.003)
        assert passes.score() == passes.score(np.ones(len(direction), dtype=bool))
        assert passes.score(np.zeros(len(direction), dtype=bool)) == 0
        assert passes.uniformity(keep) == pytest.approx(again.uniformity(), abs=1e-3)
    with pytest.raises(ValueError, match="keep is of 3 particles"):
        passes.score(np.ones(3, dtype=bool))


def test_draws_at_random_are_of_so_many_particles_and_like_subsets() -> None:
    rng = np.random.default_rng(13)
    direction = cap(20_000, rng, 50.0)
    for few in (0, 1_000_000):
        passes = SlicePasses(direction, few=few)
        drawn = passes.at_random(2_000, rng, 40)
        by_hand = [
            passes.score(np.isin(np.arange(20_000), rng.choice(20_000, 2_000, replace=False)))
            for _ in range(40)
        ]
        error = np.hypot(drawn.std(), np.std(by_hand)) / np.sqrt(40)
        assert abs(drawn.mean() - np.mean(by_hand)) < 5 * error
        assert passes.at_random(20_000, rng, 1)[0] == passes.score()
        with pytest.raises(ValueError, match="20,001 of 20,000"):
            passes.at_random(20_001, rng)


def test_uniformity_is_our_own_of_all_copies() -> None:
    direction = clusters(3_000, np.random.default_rng(14), 30, 6.0)
    operations = operations_of("C2")
    sampling = fourier_sampling(direction, operations, "C2", thinned_to=[])
    expected = uniformity(np.array(expanded(direction, operations)))
    assert sampling.uniformity == pytest.approx(expected, abs=0.003)


def test_poses_in_a_cell_are_within_its_width_and_their_mean() -> None:
    rng = np.random.default_rng(15)
    operations = operations_of("D2")
    direction = uniform(100_000, rng)
    direction[5] = np.nan
    cells = pose_cells(direction, operations, 2, few=0)
    assert cells.cell[5] == -1
    assert cells.count.sum() == 99_999
    known = np.delete(np.arange(100_000), 5)
    copies = np.einsum("gij,nj->gni", operations, direction[known])
    likeness = np.abs(np.einsum("gni,ni->gn", copies, cells.view[cells.cell[known]])).max(axis=0)
    assert np.rad2deg(np.arccos(np.clip(likeness, -1, 1))).max() < 0.3 * np.sqrt(2)
    np.testing.assert_array_equal(np.bincount(cells.cell[known]), cells.count)


def test_the_same_bytes_whatever_the_number_of_threads_and_again() -> None:
    direction = clusters(60_000, np.random.default_rng(16), 9, 10.0)
    operations = operations_of("D7")
    one, three, other = (
        fourier_sampling(direction, operations, "D7", seed=seed, threads=threads)
        for seed, threads in ((3, 1), (3, 3), (4, 1))
    )
    for field in fields(one):
        first, second = getattr(one, field.name), getattr(three, field.name)
        assert np.asarray(first).tobytes() == np.asarray(second).tobytes(), field.name
    assert (one.thinned_scf_star != other.thinned_scf_star).all()
    assert one.thinned_to[0] == 1_000
    assert (np.diff(one.thinned_to) > 0).all()
    assert one.thinned_to[-1] < 60_000


def test_nothing_to_score() -> None:
    for direction in (np.zeros((0, 3)), np.full((4, 3), np.nan)):
        for few in (0, 100):
            passes = SlicePasses(direction, few=few)
            sampling = fourier_sampling(direction, passes=passes)
            assert sampling.n_particles == 0
            assert sampling.scf == sampling.scf_star == sampling.uniformity == 0
            assert sampling.unsampled == 1
            assert sampling.thinned_scf_star.shape == (0, 5)
            np.testing.assert_array_equal(
                passes.at_random(0, np.random.default_rng(0)), np.zeros(5)
            )
    assert scf_of(np.zeros(7)) == scf_star_of(np.zeros(7)) == 0
