"""The FFT across vector lanes against NumPy's."""

from __future__ import annotations

import numpy as np

from rebalance.kernels.lane_fft_cpu import FREQUENCY, LANES, POINTS, SIGNALS, forward


def test_it_is_the_discrete_fourier_transform(rng: np.random.Generator) -> None:
    signal = rng.normal(size=(POINTS, 2, LANES)).astype(np.float32)
    expected = np.fft.fft(signal[:, 0] + 1j * signal[:, 1], axis=0)[FREQUENCY]
    source = np.concatenate((np.full(7, np.nan, np.float32), signal.ravel()))
    out = np.full(SIGNALS + 5, -3.0, np.float32)
    forward(source, 7, np.empty(SIGNALS, np.float32), out, 5)
    found = out[5:].reshape(POINTS, 2, LANES)
    np.testing.assert_allclose(found[:, 0] + 1j * found[:, 1], expected, atol=2e-5)
    assert (out[:5] == -3.0).all()


def test_it_may_write_over_what_it_reads(rng: np.random.Generator) -> None:
    signal = rng.normal(size=SIGNALS).astype(np.float32)
    apart, scratch = np.empty(SIGNALS, np.float32), np.empty(SIGNALS, np.float32)
    forward(signal, 0, scratch, apart, 0)
    forward(signal, 0, scratch, signal, 0)
    np.testing.assert_array_equal(signal, apart)
