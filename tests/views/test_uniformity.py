"""Uniformity of views: 1 for uniform views, small with gaps, right where it can be integrated."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from rebalance.views.uniformity import (
    fourier_directions,
    isotropic_density,
    slice_kernel,
    uniformity,
    uniformity_of_density,
)


def uniform_views(n: int, rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(n, 3))


def test_uniform_views_have_uniformity_1(rng: np.random.Generator) -> None:
    assert uniformity(uniform_views(30_000, rng)) == pytest.approx(1.0, abs=1e-3)
    assert uniformity(fourier_directions(5_000)) == pytest.approx(1.0, abs=1e-4)


def test_one_view_leaves_nearly_all_of_fourier_space_empty(rng: np.random.Generator) -> None:
    assert uniformity([[0, 0, 1]]) < 1e-6
    assert uniformity(np.tile([0.3, 0.1, -0.5], (100, 1))) < 1e-6


def test_no_views_fill_nothing() -> None:
    assert uniformity(np.empty((0, 3))) == 0.0
    assert uniformity([[1, 0, 0]], weights=[0]) == 0.0


@pytest.mark.parametrize("width", [2.0, 5.0, 20.0, 90.0])
def test_the_isotropic_density_is_the_mean_over_uniform_views(width: float) -> None:
    expected, _ = quad(
        lambda angle: np.exp(-0.5 * (angle / np.deg2rad(width)) ** 2) * np.cos(angle), 0, np.pi / 2
    )
    assert isotropic_density(width) == pytest.approx(expected, rel=1e-9)
    kernel = slice_kernel(fourier_directions(20_000), np.array([[0.6, 0.0, 0.8]]), width)
    assert kernel.mean() == pytest.approx(expected, rel=2e-3)


def test_side_views_fill_fourier_space_as_the_integral_says() -> None:
    """Views on the equator: ρ depends on the polar angle θ of the direction alone."""
    sigma = np.deg2rad(5.0)
    around = np.linspace(0, 2 * np.pi, 1_501)[:-1]
    equator = np.stack([np.cos(around), np.sin(around), np.zeros(1_500)], axis=1)

    def density(theta: float) -> float:
        off = np.arcsin(np.abs(np.sin(theta) * np.cos(around)))
        return float(np.exp(-0.5 * (off / sigma) ** 2).mean())

    cos_theta = np.linspace(0, 1, 2_001)[:-1] + 0.5 / 2_000
    mean_inverse = np.mean([isotropic_density() / density(t) for t in np.arccos(cos_theta)])
    found = uniformity(equator, n_directions=2_000)
    assert found == pytest.approx(1 / mean_inverse, rel=1e-4)
    # For a narrow kernel ρ / ρ_iso → 2 / (π sin θ), and the mean of sin θ over a sphere is π / 4.
    assert found == pytest.approx(8 / np.pi**2, rel=0.02)


def test_a_preferred_view_lowers_uniformity_as_the_integral_says() -> None:
    background = fourier_directions(4_000)
    scores = []
    for crowd in (0, 1_000, 4_000, 16_000):
        share = crowd / (4_000 + crowd)

        def inverse(u: float, share: float = share) -> float:
            kernel = np.exp(-0.5 * (np.arcsin(u) / np.deg2rad(5.0)) ** 2)
            return isotropic_density() / ((1 - share) * isotropic_density() + share * kernel)

        expected = 1 / quad(inverse, 0, 1)[0]
        views = np.concatenate([background, [[0, 0, 1.0]]])
        scores.append(uniformity(views, weights=[*np.ones(4_000), crowd]))
        assert scores[-1] == pytest.approx(expected, rel=5e-3)
    assert scores == sorted(scores, reverse=True)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(3, 40), seed=st.integers(0, 2**32))
def test_a_view_and_its_opposite_count_alike_whatever_their_length(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    views = uniform_views(n, rng)
    flipped = views * rng.choice([-1.0, 1.0], (n, 1)) * rng.uniform(0.1, 10, (n, 1))
    assert uniformity(flipped) == pytest.approx(uniformity(views), rel=1e-9)


def test_turning_all_views_changes_next_to_nothing(rng: np.random.Generator) -> None:
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    views = uniform_views(500, rng) * [1, 1, 0.4]
    assert uniformity(views @ turn.T) == pytest.approx(uniformity(views), rel=0.01)


def test_a_weight_is_a_number_of_copies(rng: np.random.Generator) -> None:
    views = uniform_views(60, rng)
    weights = rng.integers(0, 4, 60)
    assert uniformity(views, weights=weights) == pytest.approx(
        uniformity(np.repeat(views, weights, axis=0)), rel=1e-9
    )


def test_the_kernel_gives_the_same_score(rng: np.random.Generator) -> None:
    views = uniform_views(5_000, rng) * [1, 1, 0.5]
    kernel = slice_kernel(views)
    chosen = rng.random(5_000) < 0.3
    assert uniformity_of_density(kernel[chosen].mean(axis=0)) == pytest.approx(
        uniformity(views[chosen]), rel=1e-5
    )


def test_directions_are_spread_evenly_over_half_a_sphere() -> None:
    directions = fourier_directions(1_000)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0)
    assert (directions[:, 2] > 0).all()
    # The mean of k kᵀ over a sphere is ⅓ of the identity.
    np.testing.assert_allclose(directions.T @ directions / 1_000, np.eye(3) / 3, atol=1e-3)


@pytest.mark.parametrize(
    "views", [[[0, 0, 0]], [[np.nan, 0, 1]], [[np.inf, 0, 1]], [[0, 1]], [0, 0, 1]]
)
def test_a_direction_that_is_none_is_refused(views: list) -> None:
    with pytest.raises(ValueError, match="views must be"):
        uniformity(views)
