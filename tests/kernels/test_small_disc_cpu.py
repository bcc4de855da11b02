"""The search over a small disc against the formula, in plain NumPy, and against itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rebalance.imaging.small_shifts import shift_nodes
from rebalance.kernels import small_disc_cpu
from rebalance.kernels.lane_fft_cpu import LANES, POINT, SIGNALS
from rebalance.metrics.disc_features import DiscFeatures, prepare_disc
from rebalance.metrics.search_features import prepare_features
from rebalance.metrics.search_options import Search, SearchOptions, resolve_search
from rebalance.options import Length
from tests import phantom_images, reference


def noisy_views(n: int, rng: np.random.Generator) -> np.ndarray:
    images = phantom_images.projections(n, rng)
    return images + rng.normal(0, 0.3 * images.std(), images.shape).astype(np.float32)


def prepared(images: np.ndarray, **options: Any) -> tuple[Search, DiscFeatures]:
    search = resolve_search(phantom_images.stack_of(images), SearchOptions(**options))
    return search, prepare_disc(images, search, "cpu")


def polar(images: np.ndarray, search: Search) -> list[np.ndarray]:
    """The reference's samples, on the full circle."""
    from rebalance.imaging.masks import mask_about

    grid = search.grid
    band = reference.Band(grid.radius, grid.k_low, grid.k_high)
    masked = mask_about(images, search.centre, grid.radius)
    n_angles = band.n_angles(grid.max_shift)
    return [
        reference.polar_transform(image, band, n_angles, centre, search.whitening)
        for image, centre in zip(masked, search.centre, strict=True)
    ]


@pytest.mark.parametrize("low_pass", [None, 7.0, 3.2])  # 3, 1 and 4 times 64 angles
def test_every_value_is_that_of_the_formula(
    low_pass: float | None, rng: np.random.Generator
) -> None:
    images = noisy_views(LANES + 2, rng)
    length = None if low_pass is None else Length(low_pass, "px")
    search, features = prepared(images, low_pass=length, max_shift=Length(0.9, "px"))
    # Samples of the same rings on the full circle: their inner product needs no other.
    shared = prepare_features(images, search, "cpu")
    half = shared.polar_real[:, 0] + 1j * shared.polar_imaginary[:, 0]
    samples = np.concatenate((half, half.conj()), axis=2)
    n_shifts, n_angles = len(features.kernel), len(features.place)
    pitch = n_angles * POINT
    b = np.empty((LANES, n_shifts, *features.orders.shape[1:3], 2), np.float32)
    small_disc_cpu.shift_orders(features.orders[1], features.first_ring, features.kernel, b)
    out = np.empty(n_shifts * pitch, np.float32)
    small_disc_cpu.correlate(
        features.orders[0].ravel(), b[1], features.first_ring, features.source, features.twiddles,
        pitch, np.zeros((features.orders.shape[1] + 1) * 8 * LANES, np.float32),
        np.empty(SIGNALS, np.float32), np.empty(SIGNALS, np.float32), out,
    )  # fmt: skip
    found = out.reshape(n_shifts, n_angles, 2, LANES)[:, features.place]
    nodes = shift_nodes(search.grid.max_shift, search.grid.k_high)
    for row, s, angle, hand in zip(
        rng.integers(0, LANES, 40), rng.integers(0, n_shifts, 40),
        rng.integers(0, n_angles, 40), rng.integers(0, 2, 40), strict=True,
    ):  # fmt: skip
        theta = 2 * np.pi * angle / n_angles
        x, y = nodes[s] * (-1 if hand else 1, 1)
        column = samples[LANES + 1]
        of_pair = reference.PairCorrelation(
            samples[row], reference.mirrored(column) if hand else column, search.grid
        )
        cosine, sine = np.cos(theta), np.sin(theta)
        value, _ = of_pair(theta, cosine * x - sine * y, sine * x + cosine * y)
        assert found[s, angle, hand, row] == pytest.approx(value, abs=1e-4)


def align(features: DiscFeatures, rows: range, columns: range) -> tuple[np.ndarray, ...]:
    shape = (len(rows), len(columns))
    out = (
        np.zeros(shape, np.float32), np.zeros(shape, np.float32),
        np.zeros((*shape, 2), np.float32), np.zeros(shape, np.bool_),
    )  # fmt: skip
    small_disc_cpu.align_tile(
        *features.for_kernel, rows.start, rows.stop, columns.start, columns.stop, *out
    )
    return out


@pytest.mark.parametrize(
    ("whitening", "max_shift"), [(0.0, 0.8), (0.5, 0.8), (0.5, 0.0), (0.5, 0.2)]
)
def test_the_best_motion_is_that_of_the_reference(
    whitening: float, max_shift: float, rng: np.random.Generator
) -> None:
    images = noisy_views(6, rng)
    search, features = prepared(images, whitening=whitening, max_shift=Length(max_shift, "px"))
    value, theta, shift, hand = align(features, range(6), range(6))
    band = reference.Band(search.grid.radius, search.grid.k_low, search.grid.k_high)
    samples = polar(images, search)
    for i in range(6):
        for j in range(i + 1, 6):
            best, motion = reference.best_alignment(
                samples[i], samples[j], band, search.grid.max_shift, n_peaks=9
            )
            assert value[i, j] == pytest.approx(best, abs=0.004)
            assert np.hypot(*shift[i, j]) <= search.grid.max_shift * (1 + 1e-6)
            column = reference.mirrored(samples[j]) if hand[i, j] else samples[j]
            at_ours, _ = reference.PairCorrelation(samples[i], column, band)(
                float(theta[i, j]), *map(float, shift[i, j])
            )
            # The motion that is given is worth what is said of it.
            assert at_ours == pytest.approx(value[i, j], abs=0.004)
            assert at_ours >= best - 0.004
            assert motion.mirror in (False, True)


def test_tiles_of_any_place_give_the_same_bytes(rng: np.random.Generator) -> None:
    n = 2 * LANES + 5
    _, features = prepared(noisy_views(n, rng))
    whole = align(features, range(n), range(n))
    for rows, columns in (
        (range(n), range(20, n)),
        (range(3, 21), range(15, 34)),
        (range(LANES, n), range(n)),
    ):
        for one, part in zip(whole, align(features, rows, columns), strict=True):
            expected = one[rows.start : rows.stop, columns.start : columns.stop]
            above = np.arange(n)[rows.start : rows.stop, None] < np.arange(n)[columns]
            np.testing.assert_array_equal(part[above], expected[above])
            assert not part[~above].any()


def test_without_mirror_images_none_is_found(rng: np.random.Generator) -> None:
    images = noisy_views(5, rng)
    images[4] = images[0, :, ::-1]
    _, features = prepared(images)
    assert align(features, range(5), range(5))[3][0, 4]
    value, _, _, hand = align(replace(features, mirror=False), range(5), range(5))
    assert not hand.any()
    assert value[0, 4] < 0.9


def test_an_average_without_anything_in_the_band_is_like_none(rng: np.random.Generator) -> None:
    images = noisy_views(4, rng)
    images[2] = 0
    _, features = prepared(images)
    value = align(features, range(4), range(4))[0]
    assert value[0, 2] == value[2, 3] == 0
    assert value[0, 1] > 0
