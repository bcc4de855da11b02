"""The exhaustive search at low resolution: every angle, shift of a grid, and hand, for 16 rows.

With a_m(k), b_m(k) the angular Fourier coefficients of two images on the lowest rings, and s a
shift of the second image before it is turned,

    C(θ; s) = Σ_m e^{−imθ} Σ_k conj(a_m(k)) b_m(k; s)

and for the mirror image of the second, b_m is replaced by its conjugate: the same four real
products serve both hands. The spectra C⁰ + iC¹ of the two hands go through one complex FFT, whose
real and imaginary parts are the two correlations.
"""

from __future__ import annotations

import numpy as np

from rebalance.kernels.compile import jit
from rebalance.kernels.lane_fft_cpu import FREQUENCY, LANES, POINT, POINTS, SIGNALS, forward
from rebalance.kernels.turn_cpu import turn

RINGS = 12
"""Rings of the coarse search, the lowest of the grid."""

ORDERS = POINTS // 2
"""Angular orders 0 … 31 of the coarse search."""


@jit
def shifted_orders(polar, shifts, n_shifts, k_first, k_step, out_real, out_imaginary):
    """Angular Fourier coefficients of one image at every shift of the grid.

    Parameters
    ----------
    polar : complex64 (RINGS, 64)
        Samples on the full circle.
    shifts : float32 (2, S)
        x and y in pixels, S a multiple of `LANES`.
    n_shifts : int
        Shifts to use, from the first.
    k_first, k_step : float
        Frequency of the first ring and spacing of the rings, cycles per pixel.
    out_real, out_imaginary : float32 (S, ORDERS, RINGS)
        Those of the shifts in use are written.
    """
    signals = np.empty(SIGNALS, dtype=np.float32)
    scratch = np.empty(SIGNALS, dtype=np.float32)
    for first in range(0, n_shifts, LANES):
        used = min(LANES, n_shifts - first)
        for ring in range(RINGS):
            k = k_first + ring * k_step
            for point in range(POINTS // 2):
                angle = 2.0 * np.pi * point / POINTS
                kx = np.float32(k * np.cos(angle))
                ky = np.float32(k * np.sin(angle))
                value = polar[ring, point]
                # A loop that writes to no more than two rows is one that the compiler vectorises.
                for w in range(LANES):
                    c, s = turn(-(kx * shifts[0, first + w] + ky * shifts[1, first + w]))
                    signals[point * POINT + w] = value.real * c - value.imag * s
                    signals[point * POINT + LANES + w] = value.real * s + value.imag * c
                for w in range(LANES):
                    opposite = (point + POINTS // 2) * POINT
                    signals[opposite + w] = signals[point * POINT + w]
                    signals[opposite + LANES + w] = -signals[point * POINT + LANES + w]
            forward(signals, 0, scratch, signals, 0)
            for position in range(POINTS):
                order = FREQUENCY[position]
                if order < ORDERS:
                    for w in range(used):
                        at = position * POINT + w
                        out_real[first + w, order, ring] = signals[at] / POINTS
                        out_imaginary[first + w, order, ring] = signals[at + LANES] / POINTS


@jit
def row_orders(polar, out_real, out_imaginary):
    """Angular Fourier coefficients of up to `LANES` images, side by side as `search` reads them.

    Parameters
    ----------
    polar : complex64 (n, RINGS, 64)
        Samples on the full circle, n ≤ LANES.
    out_real, out_imaginary : float32 (ORDERS, RINGS, LANES)
        64 times the coefficients, so that sums over orders are sums over the circle; 0 beyond n.
    """
    signals = np.empty(SIGNALS, dtype=np.float32)
    scratch = np.empty(SIGNALS, dtype=np.float32)
    for ring in range(RINGS):
        signals[:] = 0.0
        for w in range(polar.shape[0]):
            for point in range(POINTS):
                signals[point * POINT + w] = polar[w, ring, point].real
                signals[point * POINT + LANES + w] = polar[w, ring, point].imag
        forward(signals, 0, scratch, signals, 0)
        for position in range(POINTS):
            order = FREQUENCY[position]
            if order < ORDERS:
                for w in range(LANES):
                    out_real[order, ring, w] = signals[position * POINT + w]
                    out_imaginary[order, ring, w] = signals[position * POINT + LANES + w]


@jit
def search(a_real, a_imaginary, b_real, b_imaginary, n_shifts, best, best_shift):
    """The best shift at every angle and hand, for `LANES` rows and one column.

    Parameters
    ----------
    a_real, a_imaginary : float32 (ORDERS, RINGS, LANES)
        Coefficients of the rows.
    b_real, b_imaginary : float32 (S, ORDERS, RINGS)
        Coefficients of the column at each shift.
    n_shifts : int
        Shifts to use, from the first; sorted by length, so that ties go to the smallest.
    best : float32 (2, 64, LANES)
        Correlation by hand, angle (digit-reversed) and row; written.
    best_shift : int32 (2, 64, LANES)
        Its shift; written.
    """
    signals = np.empty(SIGNALS, dtype=np.float32)
    scratch = np.empty(SIGNALS, dtype=np.float32)
    sums = np.empty((4, LANES), dtype=np.float32)
    best[:] = -np.inf
    best_shift[:] = 0
    for shift in range(n_shifts):
        for order in range(ORDERS):
            opposite = (POINTS - order) % POINTS
            for w in range(LANES):
                sums[0, w] = 0.0
                sums[1, w] = 0.0
                sums[2, w] = 0.0
                sums[3, w] = 0.0
            # Four rings a pass, so that the sums are loaded and stored once for sixteen products.
            for ring in range(0, RINGS, 4):
                br0 = b_real[shift, order, ring]
                br1 = b_real[shift, order, ring + 1]
                br2 = b_real[shift, order, ring + 2]
                br3 = b_real[shift, order, ring + 3]
                bi0 = b_imaginary[shift, order, ring]
                bi1 = b_imaginary[shift, order, ring + 1]
                bi2 = b_imaginary[shift, order, ring + 2]
                bi3 = b_imaginary[shift, order, ring + 3]
                for w in range(LANES):
                    ar0 = a_real[order, ring, w]
                    ar1 = a_real[order, ring + 1, w]
                    ar2 = a_real[order, ring + 2, w]
                    ar3 = a_real[order, ring + 3, w]
                    ai0 = a_imaginary[order, ring, w]
                    ai1 = a_imaginary[order, ring + 1, w]
                    ai2 = a_imaginary[order, ring + 2, w]
                    ai3 = a_imaginary[order, ring + 3, w]
                    sums[0, w] += ar0 * br0 + ar1 * br1 + ar2 * br2 + ar3 * br3
                    sums[1, w] += ai0 * bi0 + ai1 * bi1 + ai2 * bi2 + ai3 * bi3
                    sums[2, w] += ar0 * bi0 + ar1 * bi1 + ar2 * bi2 + ar3 * bi3
                    sums[3, w] += ai0 * br0 + ai1 * br1 + ai2 * br2 + ai3 * br3
            x = order * POINT
            y = opposite * POINT
            for w in range(LANES):
                # Z_m = C⁰_m + i C¹_m and Z_{−m} = conj(C⁰_m) + i conj(C¹_m)
                rr, ii, ri, ir = sums[0, w], sums[1, w], sums[2, w], sums[3, w]
                signals[x + w] = rr + ii + ri + ir
                signals[x + LANES + w] = ri - ir + rr - ii
                if order > 0:
                    signals[y + w] = rr + ii - ri - ir
                    signals[y + LANES + w] = ir - ri + rr - ii
        for w in range(2 * LANES):
            signals[ORDERS * POINT + w] = 0.0
        forward(signals, 0, scratch, signals, 0)
        for point in range(POINTS):
            x = point * POINT
            for w in range(LANES):
                if signals[x + w] > best[0, point, w]:
                    best[0, point, w] = signals[x + w]
                    best_shift[0, point, w] = shift
            for w in range(LANES):
                if signals[x + LANES + w] > best[1, point, w]:
                    best[1, point, w] = signals[x + LANES + w]
                    best_shift[1, point, w] = shift
