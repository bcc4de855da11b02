"""Interpolation of an oversampled spectrum at polar points with a Kaiser–Bessel window."""

from __future__ import annotations

import numpy as np

from rebalance.kernels.compile import jit
from rebalance.kernels.turn_cpu import turn

WINDOW = 6


@jit
def _bessel_i0(x):
    """I₀ by Abramowitz & Stegun 9.8.1 and 9.8.2 (relative error < 2e-7)."""
    if x < 3.75:
        t = (x / 3.75) ** 2
        return 1.0 + t * (
            3.5156229
            + t * (3.0899424 + t * (1.2067492 + t * (0.2659732 + t * (0.0360768 + t * 0.0045813))))
        )
    t = 3.75 / x
    series = 0.00916281 + t * (-0.02057706 + t * (0.02635537 + t * (-0.01647633 + t * 0.00392377)))
    series = 0.39894228 + t * (0.01328592 + t * (0.00225319 + t * (-0.00157565 + t * series)))
    return np.exp(x) / np.sqrt(x) * series


@jit
def _window_weights(at, beta, first, weights):
    """First grid line and the WINDOW weights about a point, in grid units."""
    start = int(np.ceil(at - WINDOW / 2))
    for step in range(WINDOW):
        distance = 2.0 * (start + step - at) / WINDOW
        inside = 1.0 - distance * distance
        weights[step] = _bessel_i0(beta * np.sqrt(max(inside, 0.0))) / _bessel_i0(beta)
    first[0] = start


@jit
def sample_polar(spectrum, rows, columns, beta, out):
    """Sample spectra at polar points.

    Parameters
    ----------
    spectrum : complex64 (N, 2·reach + 1, reach + 1)
        Rows −reach … reach, columns 0 … reach of each oversampled spectrum.
    rows, columns : float64 (K, H)
        The points, in units of the oversampled grid; points with a negative column are taken as
        the conjugate of their opposite.
    beta : float
        Shape of the window.
    out : complex64 (N, K, H)
    """
    n_images = spectrum.shape[0]
    reach = spectrum.shape[2] - 1
    first = np.zeros(1, dtype=np.int64)
    weight_row = np.zeros(WINDOW, dtype=np.float64)
    weight_column = np.zeros(WINDOW, dtype=np.float64)
    for ring in range(rows.shape[0]):
        for angle in range(rows.shape[1]):
            _window_weights(rows[ring, angle], beta, first, weight_row)
            row0 = first[0]
            _window_weights(columns[ring, angle], beta, first, weight_column)
            column0 = first[0]
            for image in range(n_images):
                real = 0.0
                imaginary = 0.0
                for dr in range(WINDOW):
                    for dc in range(WINDOW):
                        row = row0 + dr
                        column = column0 + dc
                        weight = weight_row[dr] * weight_column[dc]
                        if column < 0:
                            value = spectrum[image, reach - row, -column]
                            real += weight * value.real
                            imaginary -= weight * value.imag
                        else:
                            value = spectrum[image, reach + row, column]
                            real += weight * value.real
                            imaginary += weight * value.imag
                out[image, ring, angle] = np.complex64(complex(real, imaginary))


@jit
def move_origin(samples, kx, ky, origin):
    """Take the transform about another point: multiply by e^{2πi k·origin}.

    Parameters
    ----------
    samples : complex64 (N, K, H)
        Read and written.
    kx, ky : float64 (K, H)
        Cycles per pixel.
    origin : float64 (N, 2)
        (x, y) in pixels.
    """
    for image in range(samples.shape[0]):
        x = origin[image, 0]
        y = origin[image, 1]
        for ring in range(samples.shape[1]):
            for angle in range(samples.shape[2]):
                c, s = turn(np.float32(kx[ring, angle] * x + ky[ring, angle] * y))
                value = samples[image, ring, angle]
                samples[image, ring, angle] = np.complex64(
                    complex(value.real * c - value.imag * s, value.real * s + value.imag * c)
                )
