"""The exhaustive search of `coarse_cpu` on a GPU: every angle, shift of a grid, and hand.

A block of 256 threads takes 16 rows and one column. A warp keeps the coefficients of two rows in
registers, an angular order a lane, and multiplies them with those of the column at two shifts at a
time; 32 transforms of 64 points follow in shared memory, eight threads each (`fft64_cuda`), and
each thread keeps the maximum over the shifts at eight angles and both hands. The peaks over angle
are picked before the block ends, so that no map of correlations ever reaches device memory.
"""

from __future__ import annotations

import numpy as np
from numba import cuda, float32, int32, uint64

from rebalance.kernels.coarse_cpu import ORDERS, RINGS
from rebalance.kernels.compile_cuda import device, kernel
from rebalance.kernels.correlation_cpu import FEW_PEAKS, MUCH, PEAKS
from rebalance.kernels.fft64_cuda import HELD, PITCH, STRIDE, first_half, put_twiddles, second_half
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
_ROWS_OF_WARP = ROWS * ORDERS // SEARCH_THREADS

# Lengths of shared memory, in floats.
_ORDER_PLACES = RINGS * STRIDE
_COLUMN_PLACES = SHIFTS * RINGS * ORDERS
_SEARCH_PLACES = TRANSFORMS * STRIDE

# Unsigned places spare the check for negative ones; with constants they fold into the load.
_HELD = np.uint64(HELD)
_ORDERS = np.uint64(ORDERS)
_STRIDE = np.uint64(STRIDE)
_COEFFICIENTS = np.uint64(RINGS * ORDERS)
_LOADED = np.uint64(SHIFTS * RINGS * ORDERS)
_NEXT_ROW = np.uint64(SHIFTS * STRIDE)

_ZERO = np.float32(0.0)
_LOWEST = np.float32(-np.inf)
_NONE = -1
_MUCH = np.float32(MUCH)
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
    out_real, out_imaginary : float32 (images · S · RINGS · ORDERS,)
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
    place = uint64(ring * STRIDE + thread)
    first_half(real, imaginary, uint64(thread), cosine, sine, place, middle_real, middle_imaginary)
    cuda.syncthreads()
    place = uint64(ring * STRIDE + PITCH * thread)
    second_half(place, middle_real, middle_imaginary, real, imaginary)
    place = uint64(((image * cuda.gridDim.y + shift) * RINGS + ring) * ORDERS + thread)
    for m in range(ORDERS // HELD):
        out_real[place] = weight * real[m]
        out_imaginary[place] = weight * imaginary[m]
        place += _HELD


@device
def _multiply(a_real, a_imaginary, column_real, column_imaginary, place):
    """The four real products over the rings that make up both hands, of one row and order.

    Parameters
    ----------
    a_real, a_imaginary : float32 (RINGS,), registers
        Coefficients of the row at this order.
    column_real, column_imaginary : float32, shared
        Coefficients of the column.
    place : uint64
        Of this shift and order on the first ring.

    Returns
    -------
    rr, ii, ri, ir : float32
    """
    rr = _ZERO
    ii = _ZERO
    ri = _ZERO
    ir = _ZERO
    for ring in range(RINGS):
        br = column_real[place]
        bi = column_imaginary[place]
        rr += a_real[ring] * br
        ii += a_imaginary[ring] * bi
        ri += a_real[ring] * bi
        ir += a_imaginary[ring] * br
        place += _ORDERS
    return rr, ii, ri, ir


@device
def _put_spectrum(products, place, opposite, keep, real, imaginary):
    """The spectra of both hands, Z_m = C⁰_m + i C¹_m, of one row and shift at orders ±m.

    Parameters
    ----------
    products : tuple of float32
        From `_multiply`.
    place, opposite : uint64
        Of orders m and −m in ``real`` and ``imaginary``.
    keep : float32
        1; 0 for m = 0, whose opposite is order 32, which is not compared.
    real, imaginary : float32, shared
        Written.
    """
    rr, ii, ri, ir = products
    # Z_{−m} = conj(C⁰_m) + i conj(C¹_m)
    real[place] = rr + ii + ri + ir
    imaginary[place] = ri - ir + rr - ii
    real[opposite] = keep * (rr + ii - ri - ir)
    imaginary[opposite] = keep * (ir - ri + rr - ii)


@device
def _load_column(b_real, b_imaginary, start, count, thread, column_real, column_imaginary):
    """Bring ``count`` coefficients of a column, from a place on, into shared memory; then zeros."""
    item = thread
    while item < SHIFTS * RINGS * ORDERS:
        real = _ZERO
        imaginary = _ZERO
        if item < count:
            real = b_real[start + uint64(item)]
            imaginary = b_imaginary[start + uint64(item)]
        column_real[uint64(item)] = real
        column_imaginary[uint64(item)] = imaginary
        item += SEARCH_THREADS


@device
def _keep_better(best, best_shift, place):
    """Of the two shifts of a pass, at the same angle: the better, then the smaller."""
    rival = place + _STRIDE
    higher = best[rival] > best[place]
    if higher or (best[rival] == best[place] and best_shift[rival] < best_shift[place]):
        best[place] = best[rival]
        best_shift[place] = best_shift[rival]


@device
def _pick_peaks(best, best_shift, place, hand, every, peak_value, peak_place):
    """Enter the angles of one hand, every one or the local maxima, among the highest in order.

    Parameters
    ----------
    best, best_shift : float32, shared
        Correlation and shift; angle 0 at ``place``.
    place : int
    hand : int
    every : bool
    peak_value : float32 (PEAKS,), shared
        Read and written.
    peak_place : int32 (PEAKS,), shared
        (shift · 64 + angle) · 2 + hand; read and written.
    """
    most = PEAKS if every else FEW_PEAKS
    for angle in range(POINTS):
        value = best[place + angle]
        before = best[place + (angle + POINTS - 1) % POINTS]
        after = best[place + (angle + 1) % POINTS]
        if not every and (value < before or value <= after):
            continue
        if value <= peak_value[most - 1]:
            continue
        rank = most - 1
        while rank > 0 and peak_value[rank - 1] < value:
            peak_value[rank] = peak_value[rank - 1]
            peak_place[rank] = peak_place[rank - 1]
            rank -= 1
        peak_value[rank] = value
        peak_place[rank] = int32((int32(best_shift[place + angle]) * POINTS + angle) * 2 + hand)


@kernel
def search(
    a_real, a_imaginary, b_real, b_imaginary, n_rows, n_shifts, row_start, column_start, hands,
    detail, tolerance, peak_value, peak_place,
):  # fmt: skip
    """The peaks over angle of the best shift, for every pair row < column; a block 16 rows.

    Parameters
    ----------
    a_real, a_imaginary : float32 (rows · RINGS · ORDERS,)
        Coefficients of the rows, unshifted.
    b_real, b_imaginary : float32 (columns · S · RINGS · ORDERS,)
        Coefficients of the columns; S sorted by length, so that ties go to the smallest shift.
    n_rows, n_shifts : int
        S < 2¹⁵.
    row_start, column_start : int
        The images of the first row and column.
    hands : int
        1, or 2 with the mirror image.
    detail : float32 (N,)
    tolerance : float32
        As of `correlation_cpu.align_tile`.
    peak_value : float32 (columns, rows, PEAKS)
        Correlations, highest first; written.
    peak_place : int32 (columns, rows, PEAKS)
        (shift · 64 + angle) · 2 + hand, in the same order; −1 where there are fewer peaks; written.
    """
    column_real = cuda.shared.array(_COLUMN_PLACES, float32)
    column_imaginary = cuda.shared.array(_COLUMN_PLACES, float32)
    # Spectra; at the end the best correlations of the two hands.
    spectrum_real = cuda.shared.array(_SEARCH_PLACES, float32)
    spectrum_imaginary = cuda.shared.array(_SEARCH_PLACES, float32)
    # The transforms half-way; at the end the best shifts of the two hands.
    middle_real = cuda.shared.array(_SEARCH_PLACES, float32)
    middle_imaginary = cuda.shared.array(_SEARCH_PLACES, float32)
    picked_value = cuda.shared.array((ROWS, PEAKS), float32)
    picked_place = cuda.shared.array((ROWS, PEAKS), int32)
    cosine = cuda.shared.array(POINTS, float32)
    sine = cuda.shared.array(POINTS, float32)
    a0_real = cuda.local.array(RINGS, float32)
    a0_imaginary = cuda.local.array(RINGS, float32)
    a1_real = cuda.local.array(RINGS, float32)
    a1_imaginary = cuda.local.array(RINGS, float32)
    real = cuda.local.array(HELD, float32)
    imaginary = cuda.local.array(HELD, float32)
    best0 = cuda.local.array(HELD, float32)
    best1 = cuda.local.array(HELD, float32)
    best_shift = cuda.local.array(HELD, int32)

    column = cuda.blockIdx.y
    first_row = cuda.blockIdx.x * ROWS
    if row_start + first_row >= column_start + column:
        return
    thread = cuda.threadIdx.x
    order = thread % ORDERS
    own = thread // ORDERS * _ROWS_OF_WARP
    # Rows past the last are computed as zeros: every thread reaches every barrier.
    place = uint64((first_row + own) * RINGS * ORDERS + order)
    for ring in range(RINGS):
        a0_real[ring] = _ZERO
        a0_imaginary[ring] = _ZERO
        a1_real[ring] = _ZERO
        a1_imaginary[ring] = _ZERO
        if first_row + own < n_rows:
            a0_real[ring] = a_real[place]
            a0_imaginary[ring] = a_imaginary[place]
        if first_row + own + 1 < n_rows:
            a1_real[ring] = a_real[place + _COEFFICIENTS]
            a1_imaginary[ring] = a_imaginary[place + _COEFFICIENTS]
        place += _ORDERS
    # Where this thread puts the spectra of its rows and order, shift after shift.
    put = uint64(own * SHIFTS * STRIDE + order)
    put_opposite = uint64(own * SHIFTS * STRIDE + (ORDERS if order == 0 else POINTS - order))
    keep = _ZERO if order == 0 else np.float32(1.0)
    # Its part in the transforms: eight points of one row and shift of each pass.
    transform = thread // HELD
    lane = uint64(thread % HELD)
    which = transform % SHIFTS
    apart = uint64(transform * STRIDE + thread % HELD)
    together = uint64(transform * STRIDE + PITCH * (thread % HELD))
    put_twiddles(thread, cosine, sine)
    for m in range(HELD):
        best0[m] = _LOWEST
        best1[m] = _LOWEST
        best_shift[m] = 0

    start = uint64(column * n_shifts * RINGS * ORDERS)
    count = min(SHIFTS, n_shifts) * RINGS * ORDERS
    _load_column(b_real, b_imaginary, start, count, thread, column_real, column_imaginary)
    cuda.syncthreads()
    shift = 0
    while shift < n_shifts:
        for s in range(SHIFTS):
            # Both rows before either is put: what the column gives is loaded once.
            place = uint64(s * RINGS * ORDERS + order)
            row0 = _multiply(a0_real, a0_imaginary, column_real, column_imaginary, place)
            row1 = _multiply(a1_real, a1_imaginary, column_real, column_imaginary, place)
            at = put + uint64(s * STRIDE)
            opposite = put_opposite + uint64(s * STRIDE)
            _put_spectrum(row0, at, opposite, keep, spectrum_real, spectrum_imaginary)
            at += _NEXT_ROW
            opposite += _NEXT_ROW
            _put_spectrum(row1, at, opposite, keep, spectrum_real, spectrum_imaginary)
        cuda.syncthreads()
        start += _LOADED
        count = min(SHIFTS, n_shifts - shift - SHIFTS) * RINGS * ORDERS
        _load_column(b_real, b_imaginary, start, count, thread, column_real, column_imaginary)
        place = apart
        for n in range(HELD):
            real[n] = spectrum_real[place]
            imaginary[n] = spectrum_imaginary[place]
            place += _HELD
        first_half(real, imaginary, lane, cosine, sine, apart, middle_real, middle_imaginary)
        cuda.syncthreads()
        second_half(together, middle_real, middle_imaginary, real, imaginary)
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
        shift += SHIFTS
    cuda.syncthreads()
    place = apart
    for m in range(HELD):
        spectrum_real[place] = best0[m]
        spectrum_imaginary[place] = best1[m]
        middle_real[place] = np.float32(best_shift[m] & _LOWER)
        middle_imaginary[place] = np.float32(best_shift[m] >> 16)
        place += _HELD
    cuda.syncthreads()
    if which == 0:
        place = apart
        for _ in range(HELD):
            _keep_better(spectrum_real, middle_real, place)
            _keep_better(spectrum_imaginary, middle_imaginary, place)
            place += _HELD
    cuda.syncthreads()
    if thread < ROWS and first_row + thread < n_rows:
        values = picked_value[thread]
        places = picked_place[thread]
        for peak in range(PEAKS):
            values[peak] = _LOWEST
            places[peak] = _NONE
        angle0 = thread * SHIFTS * STRIDE
        of_row = detail[row_start + first_row + thread]
        every = tolerance * of_row * detail[column_start + column] > _MUCH
        _pick_peaks(spectrum_real, middle_real, angle0, 0, every, values, places)
        if hands > 1:
            _pick_peaks(spectrum_imaginary, middle_imaginary, angle0, 1, every, values, places)
        for peak in range(PEAKS):
            peak_value[column, first_row + thread, peak] = values[peak]
            peak_place[column, first_row + thread, peak] = places[peak]
