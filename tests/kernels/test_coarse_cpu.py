"""The coarse search against the formula, in plain NumPy."""

from __future__ import annotations

import numpy as np

from rebalance.kernels.coarse_cpu import ORDERS, RINGS, row_orders, search, shifted_orders
from rebalance.kernels.lane_fft_cpu import FREQUENCY, LANES, POINTS
from rebalance.kernels.turn_cpu import turn


def complex_normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(np.complex64)


def test_turn_is_cosine_and_sine(rng: np.random.Generator) -> None:
    for turns in rng.uniform(-8, 8, 500).astype(np.float32):
        exact = np.exp(2j * np.pi * np.float64(turns))
        np.testing.assert_allclose(complex(*turn(turns)), exact, atol=4e-6)


def full_circle(rng: np.random.Generator) -> np.ndarray:
    half = complex_normal(rng, RINGS, POINTS // 2)
    return np.concatenate((half, half.conj()), axis=1)


def test_shifted_orders_are_the_coefficients_of_the_shifted_image(
    rng: np.random.Generator,
) -> None:
    polar = full_circle(rng)
    shifts = rng.uniform(-5, 5, (2, LANES)).astype(np.float32)
    k_first, k_step = 0.01, 0.008
    real = np.empty((LANES, ORDERS, RINGS), np.float32)
    imaginary = np.empty_like(real)
    shifted_orders(polar, shifts, shifts.shape[1], k_first, k_step, real, imaginary)
    k = k_first + np.arange(RINGS) * k_step
    angle = 2 * np.pi * np.arange(POINTS) / POINTS
    for at, (x, y) in enumerate(shifts.T):
        phase = np.exp(-2j * np.pi * k[:, None] * (np.cos(angle) * x + np.sin(angle) * y)[None, :])
        expected = np.fft.fft(polar * phase, axis=1)[:, :ORDERS].T / POINTS
        np.testing.assert_allclose(real[at] + 1j * imaginary[at], expected, atol=2e-6)


def test_row_orders_are_the_coefficients_of_each_image(rng: np.random.Generator) -> None:
    polar = np.stack([full_circle(rng) for _ in range(5)])
    real = np.ones((ORDERS, RINGS, LANES), np.float32)
    imaginary = np.ones_like(real)
    row_orders(polar, real, imaginary)
    expected = np.fft.fft(polar, axis=2)[:, :, :ORDERS].transpose(2, 1, 0)
    np.testing.assert_allclose((real + 1j * imaginary)[:, :, :5], expected, atol=2e-5)
    assert not real[:, :, 5:].any()
    assert not imaginary[:, :, 5:].any()


def test_search_finds_the_best_shift_at_every_angle_of_both_hands(
    rng: np.random.Generator,
) -> None:
    n_shifts = 5
    a = complex_normal(rng, ORDERS, RINGS, LANES)
    b = complex_normal(rng, n_shifts, ORDERS, RINGS)
    a[0], b[:, 0] = a[0].real, b[:, 0].real  # order 0 of a real image is real
    best = np.empty((2, POINTS, LANES), np.float32)
    best_shift = np.empty((2, POINTS, LANES), np.int32)
    search(a.real.copy(), a.imag.copy(), b.real.copy(), b.imag.copy(), n_shifts, best, best_shift)
    angle = 2 * np.pi * np.arange(POINTS) / POINTS
    waves = np.exp(-1j * np.outer(angle, np.arange(ORDERS)))
    waves[:, 1:] *= 2
    for hand, b_hand in enumerate((b, b.conj())):
        spectrum = np.einsum("mkw,smk->swm", a.conj(), b_hand)
        correlation = np.einsum("gm,swm->sgw", waves, spectrum).real[:, FREQUENCY]
        np.testing.assert_allclose(best[hand], correlation.max(axis=0), atol=1e-3)
        np.testing.assert_array_equal(best_shift[hand], correlation.argmax(axis=0))
