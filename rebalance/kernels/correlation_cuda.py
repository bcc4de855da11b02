"""The best alignment of every pair of a tile on a GPU; the algorithm of `correlation_cpu`.

Three launches a part of the tile, with nothing brought back between them: coefficients of the
columns at every shift, the exhaustive search and its peaks (`coarse_cuda`), and the climb of the
peaks (`refine_cuda`), one warp a pair.
"""

from __future__ import annotations

import numpy as np
from numba import cuda, float32

from rebalance.kernels.coarse_cpu import ORDERS, RINGS
from rebalance.kernels.coarse_cuda import (
    ORDER_THREADS,
    ROWS,
    SEARCH_THREADS,
    search,
    shifted_orders,
)
from rebalance.kernels.compile_cuda import device, kernel
from rebalance.kernels.correlation_cpu import FULL_STEPS, LOW_STEPS, PEAKS, SLACK
from rebalance.kernels.lane_fft_cpu import POINTS
from rebalance.kernels.refine_cpu import COMPONENTS, SUMS
from rebalance.kernels.refine_cuda import PARTS, WARP, climb
from rebalance.kernels.turn_cuda import turn
from rebalance.kernels.upload_cuda import GPU, on_gpu, samples_on_gpu

SCRATCH_BYTES = 2**28
"""Device memory that the coefficients of the columns of one launch may take."""

PAIRS = 2**20
"""Pairs of one launch at most; bounds the memory of their peaks and alignments."""

_MAX_GRID_Y = 65_535
_NO_SHIFT = np.zeros((2, 1), dtype=np.float32)
_ZERO = np.float32(0.0)
_TWO_PI = np.float32(2.0 * np.pi)
_TRIED = np.float32(-3.0)
_LOWEST = np.float32(-2.0)
_SLACK = np.float32(SLACK)


@device
def start_of(place, shifts, peak):
    """Where the climb of one peak of `coarse_cuda.search` begins.

    Parameters
    ----------
    place : int
        (shift · 64 + angle) · 2 + hand, the shift made before the turn.
    shifts : float32 (2, S)
    peak : float32 (4,)
        C, θ, t_x, t_y; the last three are written.
    """
    turns = np.float32(place // 2 % POINTS) * np.float32(1.0 / POINTS)
    c, s = turn(turns)
    x = shifts[0, place // (2 * POINTS)]
    y = shifts[1, place // (2 * POINTS)]
    if place % 2 == 1:
        x = -x
    peak[1] = _TWO_PI * turns
    peak[2] = c * x - s * y
    peak[3] = s * x + c * y


@device
def _highest(peaks, found):
    peak = 0
    for other in range(1, found):
        if peaks[other, 0] > peaks[peak, 0]:
            peak = other
    return peak


@kernel
def climb_pairs(
    polar, n_images, n_rings, half, low_rings, low_half, detail, shifts, k_first, k_step,
    max_shift, tolerance, peak_value, peak_place, row_start, column_start, value, theta, shift,
    hand,
):  # fmt: skip
    """Climb the peaks of every pair row < column; a block of one warp a pair.

    Parameters
    ----------
    polar : float32
        From `upload_cuda.samples_on_gpu`: all rings, then the lowest on fewer angles.
    n_images : int
        N.
    n_rings, half, low_rings, low_half : int
        Rings and angles of both levels.
    peak_value : float32 (columns, rows, PEAKS)
    peak_place : int32 (columns, rows, PEAKS)
        From `coarse_cuda.search`; the rest as of `align_tile`.
    row_start, column_start : int
        The images of the first row and column.
    value, theta : float32 (rows, columns)
        Written; 0 where row ≥ column.
    shift : float32 (rows, columns, 2)
    hand : bool (rows, columns)
    """
    parts = cuda.shared.array(PARTS, float32)
    sums = cuda.shared.array(SUMS, float32)
    # C, θ, t_x, t_y
    peaks = cuda.shared.array((PEAKS, 4), float32)
    row = cuda.blockIdx.x
    column = cuda.blockIdx.y
    lane = cuda.threadIdx.x
    i = row_start + row
    j = column_start + column
    top = _ZERO
    top_theta = _ZERO
    top_x = _ZERO
    top_y = _ZERO
    top_hand = False
    if i < j:
        places = peak_place[column, row]
        values = peak_value[column, row]
        margin = tolerance * detail[i] * detail[j]
        found = 0
        while found < PEAKS and places[found] >= 0 and values[found] + margin + _SLACK >= values[0]:
            found += 1
        # A lane a peak: PEAKS ≤ WARP.
        if lane < found:
            start_of(places[lane], shifts, peaks[lane])
        cuda.syncthreads()
        top = _LOWEST
        # Every peak that is left takes a step on the lowest rings, which are cheap and smooth; then
        # the highest are climbed at full band, until the details of the next could not make it the
        # best.
        for climbed in range(2 * found):
            at_low = climbed < found
            if at_low:
                peak = climbed
                steps = LOW_STEPS
                rings = low_rings
                angles = low_half
                origin = n_images * n_rings * half * COMPONENTS
            else:
                peak = _highest(peaks, found)
                if peaks[peak, 0] + margin <= top:
                    break
                steps = FULL_STEPS
                rings = n_rings
                angles = half
                origin = 0
            size = rings * angles * COMPONENTS
            mirror = places[peak] % 2 == 1
            height, at, x, y = climb(
                polar, origin + i * size, origin + j * size, mirror, rings, angles, k_first,
                k_step, max_shift, steps, _LOWEST if at_low else top, peaks[peak, 1],
                peaks[peak, 2], peaks[peak, 3], lane, parts, sums,
            )  # fmt: skip
            if not at_low and height > top:
                top = height
                top_theta = at
                top_x = x
                top_y = y
                top_hand = mirror
            cuda.syncthreads()
            if lane == 0:
                peaks[peak, 0] = height if at_low else _TRIED
                peaks[peak, 1] = at
                peaks[peak, 2] = x
                peaks[peak, 3] = y
            cuda.syncthreads()
    if lane == 0:
        value[row, column] = top
        theta[row, column] = top_theta
        shift[row, column, 0] = top_x
        shift[row, column, 1] = top_y
        hand[row, column] = top_hand


def align_tile(
    polar_real, polar_imaginary, low_real, low_imaginary, coarse, detail, shifts, n_shifts,
    ux, uy, low_ux, low_uy, k_first, k_step,
    max_shift, mirror, tolerance, row_start, row_stop, column_start, column_stop,
    value, theta, shift, hand,
):  # fmt: skip
    """Best alignment of every pair row < column of a tile.

    Parameters
    ----------
    As of `correlation_cpu.align_tile`. What belongs to the images is brought to the GPU once, so
    it must not be written to between tiles; the directions are computed on the GPU. Pairs with
    row ≥ column are written as 0. Threads take turns.
    """
    with GPU:
        samples = (
            samples_on_gpu((polar_real, polar_imaginary), (low_real, low_imaginary)),
            len(polar_real), *polar_real.shape[2:], *low_real.shape[2:],
        )  # fmt: skip
        given = (on_gpu(coarse), on_gpu(detail), on_gpu(shifts))
        numbers = tuple(np.float32(number) for number in (k_first, k_step, max_shift, tolerance))
        column_bytes = 2 * n_shifts * RINGS * ORDERS * 4
        row_step = max(1, min(row_stop - row_start, PAIRS))
        column_step = max(1, min(SCRATCH_BYTES // column_bytes, PAIRS // row_step, _MAX_GRID_Y))
        for first_row in range(row_start, row_stop, row_step):
            for first_column in range(column_start, column_stop, column_step):
                rows = range(first_row, min(first_row + row_step, row_stop))
                columns = range(first_column, min(first_column + column_step, column_stop))
                part = (
                    slice(rows.start - row_start, rows.stop - row_start),
                    slice(columns.start - column_start, columns.stop - column_start),
                )
                found = _align(samples, *given, n_shifts, numbers, mirror, rows, columns)
                for whole, piece in zip((value, theta, shift, hand), found, strict=True):
                    whole[part] = piece.copy_to_host()


def _align(samples, coarse, detail, shifts, n_shifts, numbers, mirror, rows, columns):
    k_first, k_step, max_shift, tolerance = numbers
    # As on the CPU, a transform is divided by its length and the product multiplied by it.
    a = _orders(coarse, rows, cuda.to_device(_NO_SHIFT), 1, k_first, k_step, np.float32(1.0))
    b = _orders(coarse, columns, shifts, n_shifts, k_first, k_step, np.float32(1.0 / POINTS))
    peaks = (len(columns), len(rows), PEAKS)
    peak_value = cuda.device_array(peaks, dtype=np.float32)
    peak_place = cuda.device_array(peaks, dtype=np.int32)
    search[((len(rows) + ROWS - 1) // ROWS, len(columns)), SEARCH_THREADS](
        *a, *b, len(rows), n_shifts, rows.start, columns.start, 2 if mirror else 1, detail,
        tolerance, peak_value, peak_place,
    )  # fmt: skip
    shape = (len(rows), len(columns))
    found = (
        cuda.device_array(shape, dtype=np.float32),
        cuda.device_array(shape, dtype=np.float32),
        cuda.device_array((*shape, 2), dtype=np.float32),
        cuda.device_array(shape, dtype=np.bool_),
    )
    climb_pairs[shape, WARP](
        *samples, detail, shifts, k_first, k_step, max_shift, tolerance, peak_value, peak_place,
        rows.start, columns.start, *found,
    )  # fmt: skip
    return found


def _orders(coarse, images, shifts, n_shifts, k_first, k_step, weight):
    length = len(images) * n_shifts * RINGS * ORDERS
    real = cuda.device_array(length, dtype=np.float32)
    imaginary = cuda.device_array(length, dtype=np.float32)
    shifted_orders[(len(images), n_shifts), ORDER_THREADS](
        coarse, images.start, shifts, k_first, k_step, weight, real, imaginary
    )
    return real, imaginary
