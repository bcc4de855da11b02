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
def window_weights(at, beta, first, weights):
    """The grid lines about points, and the window on them.

    Parameters
    ----------
    at : float64 (n,)
        In grid units.
    beta : float
        Shape of the window.
    first : int64 (n,)
        The first of the lines; written.
    weights : float32 (n, WINDOW)
        Written.
    """
    top = _bessel_i0(beta)
    for point in range(len(at)):
        first[point] = int(np.ceil(at[point] - WINDOW / 2))
        for step in range(WINDOW):
            distance = 2.0 * (first[point] + step - at[point]) / WINDOW
            inside = 1.0 - distance * distance
            weights[point, step] = _bessel_i0(beta * np.sqrt(max(inside, 0.0))) / top


@jit
def sample_polar(spectrum, row_first, row_weight, column_first, column_weight, out):
    """Sample spectra at polar points.

    Parameters
    ----------
    spectrum : complex64 (N, 2·reach + 1, reach + 1)
        Rows −reach … reach, columns 0 … reach of each oversampled spectrum.
    row_first, column_first : int64 (points,)
    row_weight, column_weight : float32 (points, WINDOW)
        From `window_weights` of the points; where a column is negative the conjugate of the
        opposite sample is taken.
    out : complex64 (N, points)
        Written.
    """
    n_images = spectrum.shape[0]
    reach = spectrum.shape[2] - 1
    for image in range(n_images):
        for point in range(len(row_first)):
            row0 = row_first[point]
            column0 = column_first[point]
            real = np.float32(0.0)
            imaginary = np.float32(0.0)
            for dr in range(WINDOW):
                row = row0 + dr
                along_real = np.float32(0.0)
                along_imaginary = np.float32(0.0)
                if column0 >= 0:
                    for dc in range(WINDOW):
                        value = spectrum[image, reach + row, column0 + dc]
                        along_real += column_weight[point, dc] * value.real
                        along_imaginary += column_weight[point, dc] * value.imag
                else:
                    for dc in range(WINDOW):
                        column = column0 + dc
                        if column < 0:
                            value = np.conj(spectrum[image, reach - row, -column])
                        else:
                            value = spectrum[image, reach + row, column]
                        along_real += column_weight[point, dc] * value.real
                        along_imaginary += column_weight[point, dc] * value.imag
                real += row_weight[point, dr] * along_real
                imaginary += row_weight[point, dr] * along_imaginary
            out[image, point] = complex(real, imaginary)


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
