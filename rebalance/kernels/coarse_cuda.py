"""The exhaustive search of `coarse_cpu` on a card: every angle, shift of a grid, and hand.

A block of 256 threads takes 16 rows and one column. A warp keeps the coefficients of two rows in
registers, an angular order a lane, and multiplies them with those of the column at two shifts at a
time; 32 transforms of 64 points follow in shared memory, eight threads each (`fft64_cuda`), and
each thread keeps the maximum over the shifts at eight angles and both hands. The peaks over angle
are picked before the block ends, so that no map of correlations ever reaches device memory.
"""

from __future__ import annotations

import numpy as np
from numba import cuda, float32, int32

from rebalance.kernels.coarse_cpu import ORDERS, RINGS
from rebalance.kernels.compile_cuda import device, kernel
from rebalance.kernels.correlation_cpu import PEAKS
from rebalance.kernels.fft64_cuda import HELD, STRIDE, first_half, put_twiddles, second_half
from rebalance.kernels.lane_fft_cpu import POINTS
from rebalance.kernels.turn_cuda import turn

ORDER_THREADS = RINGS * HELD
"""Threads of a block of `shifted_orders`: one transform a ring."""

ROWS = 16
"""Rows of a block of `search`."""

SHIFTS = 2
"""Shifts of one pass of `search`."""

TRANSFORMS = ROWS * SHIFTS
SEARCH_THREADS = TRANSFORMS * HELD
_ORDER_PLACES = RINGS * STRIDE
_SEARCH_PLACES = TRANSFORMS * STRIDE
_ROWS_OF_WARP = ROWS * 32 // SEARCH_THREADS
_ZERO = np.float32(0.0)
_LOWEST = np.float32(-np.inf)
_NONE = -1
_LOWER = np.int32(0x7FFF)
_UPPER = np.int32(0x7FFF0000)


@kernel
def shifted_orders(polar, first, shifts, k_first, k_step, weight, out_real, out_imaginary):
    """Angular Fourier coefficients of images at every shift of a grid; a block an image and shift.

    Parameters
    ----------
    polar : complex64 (N, RINGS, 64)
        Samples of the lowest rings on the full circle.
    first : int
        Image of the first block.
    shifts : float32 (2, S)
        Pixels.
    k_first, k_step : float32
        Frequency of the first ring and spacing of the rings, cycles per pixel.
    weight : float32
        Multiplies the coefficients.
    out_real, out_imaginary : float32 (images, S, RINGS, ORDERS)
        Written.
    """
    middle_real = cuda.shared.array(_ORDER_PLACES, float32)
    middle_imaginary = cuda.shared.array(_ORDER_PLACES, float32)
    real = cuda.local.array(HELD, float32)
    imaginary = cuda.local.array(HELD, float32)
    cosine = cuda.shared.array(POINTS, float32)
    sine = cuda.shared.array(POINTS, float32)
    image = cuda.blockIdx.x
    shift = cuda.blockIdx.y
    ring = cuda.threadIdx.x // HELD
    thread = cuda.threadIdx.x % HELD
    k = k_first + np.float32(ring) * k_step
    x = k * shifts[0, shift]
    y = k * shifts[1, shift]
    put_twiddles(cuda.threadIdx.x, cosine, sine)
    cuda.syncthreads()
    for n in range(HELD // 2):
        point = thread + HELD * n
        ux, uy = turn(np.float32(point) * np.float32(1.0 / POINTS))
        c, s = turn(-(ux * x + uy * y))
        value = polar[first + image, ring, point]
        real[n] = value.real * c - value.imag * s
        imaginary[n] = value.real * s + value.imag * c
        # The other half circle is the conjugate.
        real[n + HELD // 2] = real[n]
        imaginary[n + HELD // 2] = -imaginary[n]
    base = ring * STRIDE
    first_half(thread, real, imaginary, cosine, sine, base, middle_real, middle_imaginary)
    cuda.syncthreads()
    second_half(thread, base, middle_real, middle_imaginary, real, imaginary)
    for m in range(ORDERS // HELD):
        order = thread + HELD * m
        out_real[image, shift, ring, order] = weight * real[m]
        out_imaginary[image, shift, ring, order] = weight * imaginary[m]


@device
def _put_spectrum(
    a_real, a_imaginary, column_real, column_imaginary, order, place, real, imaginary
):
    """The spectra of both hands, Z_m = C⁰_m + i C¹_m, of one row and shift at orders ±m.

    Parameters
    ----------
    a_real, a_imaginary : float32 (RINGS,), registers
        Coefficients of the row at this order.
    column_real, column_imaginary : float32 (RINGS, ORDERS), shared
        Coefficients of the column at this shift.
    order : int
    place : int
        Place of order 0 of this transform in ``real`` and ``imaginary``.
    real, imaginary : float32, shared
        Written.
    """
    rr = _ZERO
    ii = _ZERO
    ri = _ZERO
    ir = _ZERO
    for ring in range(RINGS):
        br = column_real[ring, order]
        bi = column_imaginary[ring, order]
        rr += a_real[ring] * br
        ii += a_imaginary[ring] * bi
        ri += a_real[ring] * bi
        ir += a_imaginary[ring] * br
    real[place + order] = rr + ii + ri + ir
    imaginary[place + order] = ri - ir + rr - ii
    # Z_{−m} = conj(C⁰_m) + i conj(C¹_m); at −0 order 32 is put, which is not compared.
    opposite = ORDERS if order == 0 else POINTS - order
    keep = _ZERO if order == 0 else np.float32(1.0)
    real[place + opposite] = keep * (rr + ii - ri - ir)
    imaginary[place + opposite] = keep * (ir - ri + rr - ii)


@device
def _load_columns(b_real, b_imaginary, column, shift, thread, column_real, column_imaginary):
    """Bring the coefficients of one column at the shifts of a pass into shared memory."""
    for item in range(thread, SHIFTS * RINGS * ORDERS, SEARCH_THREADS):
        which = item // (RINGS * ORDERS)
        ring = item // ORDERS % RINGS
        order = item % ORDERS
        if shift + which < b_real.shape[1]:
            column_real[which, ring, order] = b_real[column, shift + which, ring, order]
            column_imaginary[which, ring, order] = b_imaginary[column, shift + which, ring, order]


@device
def _pick_peaks(best, best_shift, base, hands, peak_value, peak_place):
    """The highest local maxima over angle of both hands, highest first, as on the CPU.

    Parameters
    ----------
    best, best_shift : float32 (2, …), shared
        By hand; angle 0 at ``base``.
    hands : int
    peak_value : float32 (PEAKS,), shared
        Written.
    peak_place : int32 (PEAKS,), shared
        (shift · 64 + angle) · 2 + hand; −1 where there are fewer peaks; written.
    """
    for peak in range(PEAKS):
        peak_value[peak] = _LOWEST
        peak_place[peak] = _NONE
    for hand in range(hands):
        for angle in range(POINTS):
            value = best[hand, base + angle]
            before = best[hand, base + (angle + POINTS - 1) % POINTS]
            after = best[hand, base + (angle + 1) % POINTS]
            if value < before or value <= after or value <= peak_value[PEAKS - 1]:
                continue
            place = PEAKS - 1
            while place > 0 and peak_value[place - 1] < value:
                peak_value[place] = peak_value[place - 1]
                peak_place[place] = peak_place[place - 1]
                place -= 1
            shift = int32(best_shift[hand, base + angle])
            peak_value[place] = value
            peak_place[place] = int32((shift * POINTS + angle) * 2 + hand)


@kernel
def search(a_real, a_imaginary, b_real, b_imaginary, row_start, column_start, hands, peak_place):
    """The peaks over angle of the best shift, for every pair row < column; a block 16 rows.

    Parameters
    ----------
    a_real, a_imaginary : float32 (rows, 1, RINGS, ORDERS)
        Coefficients of the rows, unshifted.
    b_real, b_imaginary : float32 (columns, S, RINGS, ORDERS)
        Coefficients of the columns; S sorted by length, so that ties go to the smallest shift.
    row_start, column_start : int
        The images of the first row and column.
    hands : int
        1, or 2 with the mirror image.
    peak_place : int32 (columns, rows, PEAKS)
        See `_pick_peaks`; written.
    """
    column_real = cuda.shared.array((SHIFTS, RINGS, ORDERS), float32)
    column_imaginary = cuda.shared.array((SHIFTS, RINGS, ORDERS), float32)
    # Spectra, and at the end the best correlations by hand.
    spectrum = cuda.shared.array((2, _SEARCH_PLACES), float32)
    # The transforms half-way, and at the end the best shifts by hand.
    middle = cuda.shared.array((2, _SEARCH_PLACES), float32)
    picked_value = cuda.shared.array((ROWS, PEAKS), float32)
    picked_place = cuda.shared.array((ROWS, PEAKS), int32)
    a0_real = cuda.local.array(RINGS, float32)
    a0_imaginary = cuda.local.array(RINGS, float32)
    a1_real = cuda.local.array(RINGS, float32)
    a1_imaginary = cuda.local.array(RINGS, float32)
    real = cuda.local.array(HELD, float32)
    imaginary = cuda.local.array(HELD, float32)
    cosine = cuda.shared.array(POINTS, float32)
    sine = cuda.shared.array(POINTS, float32)
    best0 = cuda.local.array(HELD, float32)
    best1 = cuda.local.array(HELD, float32)
    best_shift = cuda.local.array(HELD, int32)

    n_rows = a_real.shape[0]
    n_shifts = b_real.shape[1]
    column = cuda.blockIdx.y
    first_row = cuda.blockIdx.x * ROWS
    if row_start + first_row >= column_start + column:
        return
    thread = cuda.threadIdx.x
    order = thread % ORDERS
    own = thread // ORDERS * _ROWS_OF_WARP
    # Rows past the last are computed as zeros: every thread reaches every barrier.
    for ring in range(RINGS):
        a0_real[ring] = _ZERO
        a0_imaginary[ring] = _ZERO
        a1_real[ring] = _ZERO
        a1_imaginary[ring] = _ZERO
        if first_row + own < n_rows:
            a0_real[ring] = a_real[first_row + own, 0, ring, order]
            a0_imaginary[ring] = a_imaginary[first_row + own, 0, ring, order]
        if first_row + own + 1 < n_rows:
            a1_real[ring] = a_real[first_row + own + 1, 0, ring, order]
            a1_imaginary[ring] = a_imaginary[first_row + own + 1, 0, ring, order]
    transform = thread // HELD
    lane = thread % HELD
    base = transform * STRIDE
    which = transform % SHIFTS
    put_twiddles(thread, cosine, sine)
    for m in range(HELD):
        best0[m] = _LOWEST
        best1[m] = _LOWEST
        best_shift[m] = 0

    _load_columns(b_real, b_imaginary, column, 0, thread, column_real, column_imaginary)
    cuda.syncthreads()
    for shift in range(0, n_shifts, SHIFTS):
        for s in range(SHIFTS):
            _put_spectrum(
                a0_real, a0_imaginary, column_real[s], column_imaginary[s], order,
                (own * SHIFTS + s) * STRIDE, spectrum[0], spectrum[1],
            )  # fmt: skip
            _put_spectrum(
                a1_real, a1_imaginary, column_real[s], column_imaginary[s], order,
                ((own + 1) * SHIFTS + s) * STRIDE, spectrum[0], spectrum[1],
            )  # fmt: skip
        cuda.syncthreads()
        _load_columns(
            b_real, b_imaginary, column, shift + SHIFTS, thread, column_real, column_imaginary
        )
        for n in range(HELD):
            real[n] = spectrum[0, base + lane + HELD * n]
            imaginary[n] = spectrum[1, base + lane + HELD * n]
        first_half(lane, real, imaginary, cosine, sine, base, middle[0], middle[1])
        cuda.syncthreads()
        second_half(lane, base, middle[0], middle[1], real, imaginary)
        if shift + which < n_shifts:
            current = int32(shift + which)
            for m in range(HELD):
                # The shifts of both hands share a register.
                if real[m] > best0[m]:
                    best0[m] = real[m]
                    best_shift[m] = (best_shift[m] & _UPPER) | current
                if imaginary[m] > best1[m]:
                    best1[m] = imaginary[m]
                    best_shift[m] = (best_shift[m] & _LOWER) | (current << 16)
    cuda.syncthreads()
    for m in range(HELD):
        place = base + lane + HELD * m
        spectrum[0, place] = best0[m]
        spectrum[1, place] = best1[m]
        middle[0, place] = np.float32(best_shift[m] & _LOWER)
        middle[1, place] = np.float32(best_shift[m] >> 16)
    cuda.syncthreads()
    if which == 0:
        # Of the two shifts of each pass, at the same angles: the better, then the smaller.
        for m in range(HELD):
            place = base + lane + HELD * m
            other = place + STRIDE
            for hand in range(2):
                value = spectrum[hand, place]
                rival = spectrum[hand, other]
                if rival > value or (rival == value and middle[hand, other] < middle[hand, place]):
                    spectrum[hand, place] = rival
                    middle[hand, place] = middle[hand, other]
    cuda.syncthreads()
    if thread < ROWS and first_row + thread < n_rows:
        place = thread * SHIFTS * STRIDE
        _pick_peaks(spectrum, middle, place, hands, picked_value[thread], picked_place[thread])
        for peak in range(PEAKS):
            peak_place[column, first_row + thread, peak] = picked_place[thread, peak]
