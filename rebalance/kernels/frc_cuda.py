"""Fourier ring correlation of aligned pairs on a GPU; the equations of `frc_cpu`."""

from __future__ import annotations

import math

import numpy as np
from numba import cuda, float32, uint64

from rebalance.kernels.compile_cuda import kernel
from rebalance.kernels.refine_cpu import COMPONENTS
from rebalance.kernels.refine_cuda import WARP, partner, place_of
from rebalance.kernels.turn_cuda import turn
from rebalance.kernels.upload_cuda import GPU, samples_on_gpu

CURVE_BYTES = 2**26
"""Device memory that the curves of one launch may take."""

_MAX_GRID_Y = 65_535
_TOTALS = 3 * (WARP + 1)
_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_HALF = np.float32(0.5)
_PI = np.float32(np.pi)


@kernel
def correlate_rings(
    polar, n_rings, half, k_first, k_step, theta, shift, hand, row_start, column_start, out
):
    """Fourier ring correlation of every pair row < column; a block of one warp a pair.

    Parameters
    ----------
    polar : float32
        From `refine_cuda.lay_out`.
    n_rings, half : int
        K and H.
    out : float32 (rows, columns, rings)
        The lowest rings; written, 0 where row ≥ column. The rest as of `ring_correlations`.
    """
    # Re Σ conj(Â) T̂B, Σ |Â|², Σ |B̂|² of each lane; one ring follows the other.
    parts = cuda.shared.array(_TOTALS, float32)
    row = cuda.blockIdx.x
    column = cuda.blockIdx.y
    lane = cuda.threadIdx.x
    size = n_rings * half * COMPONENTS
    a = (row_start + row) * size
    b = (column_start + column) * size
    angle = theta[row, column]
    mirror = hand[row, column]
    spacing = _PI / np.float32(half)
    angle_unit = _HALF / np.float32(half)
    nearest = int(math.floor(angle / spacing + _HALF))  # noqa: RUF046 - float on a GPU
    # B̂(φ − θ), expanded about the nearest sample; the mirror image runs the other way.
    rest = angle - np.float32(nearest) * spacing
    slope = rest if mirror else -rest
    bend = _HALF * rest * rest
    while nearest < 0:
        nearest += 2 * half
    while nearest >= 2 * half:
        nearest -= 2 * half
    tx = shift[row, column, 0]
    ty = shift[row, column, 1]
    for ring in range(out.shape[2]):
        k = k_first + np.float32(ring) * k_step
        on_ring = COMPONENTS * half * ring
        product = _ZERO
        power_a = _ZERO
        power_b = _ZERO
        p = lane
        while p < half and a < b:
            q, conjugate = partner(p, nearest, half, mirror)
            at_a = place_of(a + on_ring, q)
            at_b = place_of(b + on_ring, p)
            x, y = turn(np.float32(q) * angle_unit)
            ar = polar[at_a]
            ai = polar[at_a + uint64(WARP)]
            br = polar[at_b]
            bi = polar[at_b + uint64(WARP)]
            moved_r = br + slope * polar[at_b + uint64(2 * WARP)]
            moved_i = bi + slope * polar[at_b + uint64(3 * WARP)]
            moved_r += bend * polar[at_b + uint64(4 * WARP)]
            moved_i += bend * polar[at_b + uint64(5 * WARP)]
            pr, pi = turn(-k * (x * tx + y * ty))
            zr = ar * pr + ai * pi
            zi = conjugate * (ar * pi - ai * pr)
            product += zr * moved_r - zi * moved_i
            power_a += ar * ar + ai * ai
            power_b += br * br + bi * bi
            p += WARP
        parts[lane] = product
        parts[WARP + 1 + lane] = power_a
        parts[2 * (WARP + 1) + lane] = power_b
        cuda.syncthreads()
        if lane < 3:
            total = _ZERO
            for part in range(WARP):
                total += parts[lane * (WARP + 1) + part]
            parts[lane * (WARP + 1) + WARP] = total
        cuda.syncthreads()
        if lane == 0:
            norm = math.sqrt(parts[2 * WARP + 1]) * math.sqrt(parts[3 * WARP + 2])
            out[row, column, ring] = parts[WARP] / norm if norm > _ZERO else _ZERO


def ring_correlations(
    polar_real, polar_imaginary, ux, uy, k_first, k_step, theta, shift, hand,
    row_start, row_stop, column_start, column_stop, out,
):  # fmt: skip
    """Fourier ring correlation of every pair row < column of a tile.

    Parameters
    ----------
    As of `frc_cpu.ring_correlations`, but ``polar_real`` and ``polar_imaginary`` have all rings
    and ``out`` as many of the lowest as are wanted; pairs with row ≥ column are written as 0.
    Threads take turns.
    """
    with GPU:
        polar = samples_on_gpu((polar_real, polar_imaginary))
        step = max(
            1, CURVE_BYTES // (4 * max(1, out.shape[2]) * max(1, column_stop - column_start))
        )
        column_step = min(column_stop - column_start, _MAX_GRID_Y)
        for row in range(0, row_stop - row_start, step):
            for column in range(0, column_stop - column_start, column_step):
                part = (slice(row, row + step), slice(column, column + column_step))
                piece = out[part]
                curves = cuda.device_array(piece.shape, dtype=np.float32)
                correlate_rings[piece.shape[:2], WARP](
                    polar, *polar_real.shape[2:], np.float32(k_first), np.float32(k_step),
                    *(_upload(given[part]) for given in (theta, shift, hand)),
                    row_start + row, column_start + column, curves,
                )  # fmt: skip
                out[part] = curves.copy_to_host()


def _upload(array):
    return cuda.to_device(np.ascontiguousarray(array))
