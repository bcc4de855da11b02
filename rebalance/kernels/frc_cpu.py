"""Fourier ring correlation of aligned pairs, ring by ring."""

from __future__ import annotations

import numpy as np

from rebalance.kernels.compile import jit
from rebalance.kernels.refine_cpu import BLOCK, COMPONENTS, STRIDE, expand_column
from rebalance.kernels.turn_cpu import turn


@jit
def ring_correlations(
    polar_real, polar_imaginary, ux, uy, k_first, k_step, theta, shift, hand,
    row_start, row_stop, column_start, column_stop, out,
):  # fmt: skip
    """Fourier ring correlation of every pair row < column of a tile.

    FRC(k) = Re Σ_φ conj(Â) T̂B / √(Σ_φ |Â|² Σ_φ |B̂|²) (Saxton & Baumeister 1982), T̂B the
    transform of the aligned second image: a turn by whole samples, the rest of the angle by the
    two derivatives, and the phase of the shift.

    Parameters
    ----------
    polar_real, polar_imaginary : float32 (N, 3, K, H)
        Samples and their first two derivatives along the angle.
    ux, uy : float32 (H,)
    k_first, k_step : float
        Cycles per pixel.
    theta : float32 (rows, columns)
        Radians, φ towards +y.
    shift : float32 (rows, columns, 2)
        Pixels.
    hand : bool (rows, columns)
    row_start, row_stop, column_start, column_stop : int
    out : float32 (rows, columns, K)
        Written where row < column; 0 on rings where either image is 0.
    """
    n_images, n_rings, half = polar_real.shape[0], polar_real.shape[2], polar_real.shape[3]
    power = np.zeros((n_images, n_rings), dtype=np.float64)
    for image in range(n_images):
        inside = (row_start <= image < row_stop) or (column_start <= image < column_stop)
        if inside:
            for ring in range(n_rings):
                total = 0.0
                for q in range(half):
                    total += polar_real[image, 0, ring, q] ** 2
                    total += polar_imaginary[image, 0, ring, q] ** 2
                power[image, ring] = total
    column = np.empty((2, n_rings * COMPONENTS * STRIDE), dtype=np.float32)
    spacing = np.pi / half
    w = np.empty(5 * BLOCK, dtype=np.float32)
    totals = np.empty(n_rings, dtype=np.float64)
    for j in range(column_start, column_stop):
        if j <= row_start:
            continue
        for h in range(2):
            expand_column(polar_real[j], polar_imaginary[j], h == 1, column[h])
        for i in range(row_start, min(row_stop, j)):
            angle = theta[i - row_start, j - column_start]
            h = 1 if hand[i - row_start, j - column_start] else 0
            nearest = int(np.floor(angle / spacing + 0.5))
            rest = np.float32(angle - nearest * spacing)
            bend = np.float32(0.5) * rest * rest
            start = (-nearest) % (2 * half)
            tx = np.float32(shift[i - row_start, j - column_start, 0])
            ty = np.float32(shift[i - row_start, j - column_start, 1])
            totals[:] = 0.0
            for q0 in range(0, half, BLOCK):
                p0 = (start + q0) & 0xFFFFFFF
                for lane in range(BLOCK):
                    along = ux[q0 + lane] * tx + uy[q0 + lane] * ty
                    w[lane], w[BLOCK + lane] = turn(-np.float32(k_first) * along)
                    w[2 * BLOCK + lane], w[3 * BLOCK + lane] = turn(-np.float32(k_step) * along)
                for ring in range(n_rings):
                    at = (ring * COMPONENTS * STRIDE + p0) & 0xFFFFFFF
                    for lane in range(BLOCK):
                        pr = w[lane]
                        pi = w[BLOCK + lane]
                        ar = polar_real[i, 0, ring, q0 + lane]
                        ai = polar_imaginary[i, 0, ring, q0 + lane]
                        zr = ar * pr + ai * pi
                        zi = ar * pi - ai * pr
                        w[lane] = pr * w[2 * BLOCK + lane] - pi * w[3 * BLOCK + lane]
                        w[BLOCK + lane] = pr * w[3 * BLOCK + lane] + pi * w[2 * BLOCK + lane]
                        br = (
                            column[h, at + 0 * STRIDE + lane]
                            - rest * column[h, at + 2 * STRIDE + lane]
                            + bend * column[h, at + 4 * STRIDE + lane]
                        )
                        bi = (
                            column[h, at + 1 * STRIDE + lane]
                            - rest * column[h, at + 3 * STRIDE + lane]
                            + bend * column[h, at + 5 * STRIDE + lane]
                        )
                        w[4 * BLOCK + lane] = zr * br - zi * bi
                    total = np.float32(0.0)
                    for lane in range(BLOCK):
                        total += w[4 * BLOCK + lane]
                    totals[ring] += total
            for ring in range(n_rings):
                norm = np.sqrt(power[i, ring] * power[j, ring])
                out[i - row_start, j - column_start, ring] = (
                    totals[ring] / norm if norm > 0.0 else 0.0
                )
