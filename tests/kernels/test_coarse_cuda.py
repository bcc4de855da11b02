"""The exhaustive search on a GPU against plain Fourier transforms and maxima."""

from __future__ import annotations

import numpy as np
import pytest
from numba import cuda

from rebalance.kernels.coarse_cpu import ORDERS, RINGS
from rebalance.kernels.coarse_cuda import (
    ORDER_THREADS,
    ROWS,
    SEARCH_THREADS,
    search,
    shifted_orders,
)
from rebalance.kernels.correlation_cpu import FEW_PEAKS, PEAKS
from rebalance.kernels.lane_fft_cpu import POINTS
from tests.cuda.level import needs_cuda

pytestmark = needs_cuda
UNTOUCHED = 12_345


def complex_normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(np.complex64)


def test_orders_are_those_of_a_plain_transform(rng: np.random.Generator) -> None:
    half = complex_normal(rng, 3, RINGS, POINTS // 2)
    polar = np.concatenate((half, half.conj()), axis=2)
    shifts = rng.uniform(-3, 3, (2, 2)).astype(np.float32)
    k_first, k_step = 0.01, 0.03
    shape = (2, 2, RINGS, ORDERS)
    real, imaginary = (cuda.device_array(int(np.prod(shape)), np.float32) for _ in range(2))
    shifted_orders[(2, 2), ORDER_THREADS](
        cuda.to_device(polar), 1, cuda.to_device(shifts), np.float32(k_first), np.float32(k_step),
        np.float32(0.5), real, imaginary,
    )  # fmt: skip
    found = (real.copy_to_host() + 1j * imaginary.copy_to_host()).reshape(shape)
    angle = 2 * np.pi * np.arange(POINTS) / POINTS
    k = (k_first + k_step * np.arange(RINGS))[:, None]
    for image in range(2):
        for s, (x, y) in enumerate(shifts.T):
            phase = np.exp(-2j * np.pi * k * (np.cos(angle) * x + np.sin(angle) * y))
            expected = 0.5 * np.fft.fft(polar[1 + image] * phase, axis=1)[:, :ORDERS]
            np.testing.assert_allclose(found[image, s], expected, atol=2e-5)


def plain_peaks(a: np.ndarray, b: np.ndarray, hands: int, every: bool) -> list[tuple[float, int]]:
    """Values and places of the highest angles, or local maxima, of the maximum over shifts."""
    places = []
    for hand in range(hands):
        spectrum = np.einsum("rm,srm->sm", a.conj(), b if hand == 0 else b.conj())
        # The correlation is real: its spectrum at −m is the conjugate of that at m.
        full = np.zeros((len(b), POINTS), dtype=complex)
        full[:, :ORDERS] = spectrum
        full[:, POINTS - ORDERS + 1 :] = spectrum[:, :0:-1].conj()
        surface = np.fft.fft(full, axis=1).real
        best, shift = surface.max(axis=0), surface.argmax(axis=0)
        for angle in range(POINTS):
            if every or best[angle - 1] <= best[angle] > best[(angle + 1) % POINTS]:
                places.append((best[angle], (shift[angle] * POINTS + angle) * 2 + hand))
    return [
        (float(value), int(at))
        for value, at in sorted(places, reverse=True)[: PEAKS if every else FEW_PEAKS]
    ]


@pytest.mark.parametrize(
    ("hands", "n_rows", "n_shifts", "band", "every"),
    [(2, ROWS + 1, 3, ORDERS, False), (2, ROWS + 1, 3, ORDERS, True), (1, 2, 2, 2, False)],
)
def test_peaks_are_those_of_the_plain_maximum(
    hands: int, n_rows: int, n_shifts: int, band: int, every: bool, rng: np.random.Generator
) -> None:
    a = complex_normal(rng, n_rows, 1, RINGS, ORDERS)
    b = complex_normal(rng, 2, n_shifts, RINGS, ORDERS)
    # Order 0 of a real correlation is real; a narrow band leaves fewer peaks than are asked for.
    a[..., 0] = a[..., 0].real
    b[..., 0] = b[..., 0].real
    a[..., band:] = 0
    value = cuda.to_device(np.zeros((2, n_rows, PEAKS), np.float32))
    place = cuda.to_device(np.full((2, n_rows, PEAKS), UNTOUCHED, np.int32))
    detail = cuda.to_device(np.full(n_rows + 7, 0.9 if every else 0.1, np.float32))
    blocks = -(-n_rows // ROWS)
    given = (part.ravel() for of in (a, b) for part in (of.real, of.imag))
    search[(blocks, 2), SEARCH_THREADS](
        *(cuda.to_device(part) for part in given), n_rows, n_shifts, 0, n_rows + 5, hands,
        detail, np.float32(0.5), value, place,
    )  # fmt: skip
    found = place.copy_to_host()
    for column in range(2):
        for row in range(n_rows):
            expected = plain_peaks(a[row, 0], b[column], hands, every)
            padding = [-1] * (PEAKS - len(expected))
            assert found[column, row].tolist() == [at for _, at in expected] + padding
            np.testing.assert_allclose(
                value.copy_to_host()[column, row, : len(expected)],
                [height for height, _ in expected],
                rtol=1e-4,
            )
    looked_for = PEAKS if every else FEW_PEAKS
    assert (band == ORDERS) == (found[..., :looked_for] >= 0).all()


def test_blocks_below_the_diagonal_are_left_alone() -> None:
    nothing = cuda.to_device(np.zeros(ROWS * RINGS * ORDERS, np.float32))
    place = cuda.to_device(np.full((1, ROWS, PEAKS), UNTOUCHED, np.int32))
    value = cuda.to_device(np.zeros((1, ROWS, PEAKS), np.float32))
    search[(1, 1), SEARCH_THREADS](
        nothing, nothing, nothing, nothing, ROWS, 1, 9, 9, 2, nothing, np.float32(0.5), value, place
    )
    assert (place.copy_to_host() == UNTOUCHED).all()
