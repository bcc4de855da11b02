"""The climb against the float64 reference and against differences."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.imaging.masks import mask_about
from rebalance.kernels.refine_cpu import (
    COMPONENTS,
    SCRATCH,
    STRIDE,
    SUMS,
    climb,
    evaluate,
    expand_column,
)
from rebalance.metrics.rotational_cc import RotationalCC
from rebalance.metrics.search_features import SearchFeatures
from rebalance.metrics.search_options import SearchOptions
from tests import phantom_images, reference


class Pair:
    """The kernel's C and its derivatives for the first two averages of a stack."""

    def __init__(self, features: SearchFeatures, hand: bool) -> None:
        self.features = features
        self.grid = features.grid
        n_rings = features.polar_real.shape[2]
        self.column = np.empty(n_rings * COMPONENTS * STRIDE, np.float32)
        expand_column(features.polar_real[1], features.polar_imaginary[1], hand, self.column)
        self.rest = (
            np.cos(self.grid.angles).astype(np.float32),
            np.sin(self.grid.angles).astype(np.float32),
        )
        self.work = np.empty(SCRATCH, np.float32)
        self.out = np.empty(SUMS)

    def at(self, step: int, x: float, y: float, n_rings: int | None = None) -> np.ndarray:
        f = self.features
        evaluate(
            f.polar_real[0, 0], f.polar_imaginary[0, 0], self.column, step,
            n_rings or self.grid.n_rings, *self.rest, np.float32(self.grid.rings[0]),
            np.float32(self.grid.spacing), np.float32(x), np.float32(y), self.work, self.out,
        )  # fmt: skip
        return self.out.copy()

    def climb(self, point: np.ndarray, max_shift: float, beat: float = -2.0) -> float:
        f = self.features
        return climb(
            f.polar_real[0, 0], f.polar_imaginary[0, 0], self.column, self.grid.n_rings,
            *self.rest, self.grid.rings[0], self.grid.spacing, max_shift, 60, beat, point,
            self.work, np.empty(SUMS), np.empty(3),
        )  # fmt: skip


@pytest.fixture
def features(rng: np.random.Generator) -> SearchFeatures:
    averages = phantom_images.stack_of(phantom_images.projections(2, rng))
    return RotationalCC().prepare(averages, SearchOptions(center=False, whitening=0.0))


@pytest.mark.parametrize("hand", [False, True])
def test_value_is_that_of_the_reference(
    hand: bool, features: SearchFeatures, rng: np.random.Generator
) -> None:
    grid = features.grid
    masked = mask_about(
        phantom_images.projections(2, np.random.default_rng(20_240_817)),
        np.zeros((2, 2)),
        grid.radius,
    )
    band = reference.Band(grid.radius, grid.k_low, grid.k_high)
    a, b = (reference.polar_transform(image, band, 400) for image in masked)
    exact = reference.PairCorrelation(a, reference.mirrored(b) if hand else b, band)
    pair = Pair(features, hand)
    for _ in range(20):
        step, (x, y) = int(rng.integers(2 * grid.n_half)), rng.uniform(-4, 4, 2)
        value, gradient = exact(step * np.pi / grid.n_half, x, y)
        ours = pair.at(step, x, y)
        np.testing.assert_allclose(ours[0], value, atol=2e-3)
        np.testing.assert_allclose(ours[[1, 3, 4]], gradient, atol=5e-2)


@pytest.mark.parametrize("hand", [False, True])
def test_derivatives_are_those_of_the_value(
    hand: bool, features: SearchFeatures, rng: np.random.Generator
) -> None:
    pair = Pair(features, hand)
    h = 0.02
    for _ in range(5):
        step, (x, y) = int(rng.integers(200)), rng.uniform(-4, 4, 2)
        d = pair.at(step, x, y)
        right, left = pair.at(step, x + h, y), pair.at(step, x - h, y)
        down, up = pair.at(step, x, y + h), pair.at(step, x, y - h)
        for index, (plus, minus, of) in {
            3: (right, left, 0), 4: (down, up, 0), 5: (right, left, 1), 6: (down, up, 1),
            7: (right, left, 3), 8: (right, left, 4), 9: (down, up, 4),
        }.items():  # fmt: skip
            slope = (plus[of] - minus[of]) / (2 * h)
            np.testing.assert_allclose(d[index], slope, atol=3e-3 * max(1, abs(d[1])))


def test_climb_ends_on_a_peak_that_no_neighbour_exceeds(
    features: SearchFeatures, rng: np.random.Generator
) -> None:
    pair = Pair(features, False)
    for _ in range(10):
        point = np.array([rng.uniform(0, 2 * np.pi), *rng.uniform(-2, 2, 2)])
        began = pair.at(
            round(point[0] * pair.grid.n_half / np.pi) % pair.grid.n_angles, *point[1:]
        )[0]
        value = pair.climb(point, 5.0)
        assert value >= began - 1e-3
        nearest = round(point[0] * pair.grid.n_half / np.pi)
        for turn, x, y in [
            (1, 0, 0),
            (-1, 0, 0),
            (0, 0.5, 0),
            (0, -0.5, 0),
            (0, 0, 0.5),
            (0, 0, -0.5),
        ]:
            moved = point[1:] + np.array([x, y])
            if np.hypot(*moved) <= 5.0:
                beside = pair.at((nearest + turn) % pair.grid.n_angles, *moved)[0]
                assert beside <= value + 2e-3


def test_climb_stays_in_the_disc_of_shifts(
    features: SearchFeatures, rng: np.random.Generator
) -> None:
    pair = Pair(features, False)
    for _ in range(10):
        point = np.array([rng.uniform(0, 2 * np.pi), *rng.uniform(-0.5, 0.5, 2)])
        pair.climb(point, 0.75)
        assert np.hypot(*point[1:]) <= 0.75 + 1e-6


def test_a_climb_that_is_of_no_use_is_given_up(features: SearchFeatures) -> None:
    pair = Pair(features, False)
    start = np.array([0.3, 1.0, -0.5])
    climbed, abandoned = start.copy(), start.copy()
    top = pair.climb(climbed, 5.0)
    seen = pair.climb(abandoned, 5.0, beat=top + 1.0)
    assert seen < top + 1.0
    # Given up after the first evaluation, short of the top.
    one_step = np.hypot(*(abandoned - start)[1:])
    assert 0 < one_step <= 0.2 / features.grid.k_high + 1e-6
    assert not np.allclose(abandoned, climbed, atol=1e-4)
    # What is to be beaten by less than the prediction errs is climbed to the end.
    again = start.copy()
    assert pair.climb(again, 5.0, beat=pair.climb(start.copy(), 5.0, beat=-2.0) - 0.1) <= top
