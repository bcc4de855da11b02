"""The best alignment of every pair where shifts are small: an exhaustive search at full band.

With a_m(k), b_m(k) the angular Fourier coefficients of two images on all rings, and t_s a few
shifts of the second before it is turned,

    C(θ; t_s) = Σ_m e^{−imθ} Σ_k conj(a_m(k)) b_m(k; t_s)

at every angle and, with b_m replaced by its conjugate, for the mirror image. Within a small disc C
at any shift is a weighted sum of C at these, and at any angle one of C at angles near it; so the
top is found between the points of the grid without another look at the images.

The two hands C⁰ and C¹ are the parts of one complex sum, Z_m = C⁰_m + i C¹_m. With a^± = Re a ±
Im a and b^± likewise, its parts are four real products,

    Z_m = Σ_k a⁺b⁺ + i a⁻b⁺,   Z_{−m} = Σ_k a⁻b⁻ + i a⁺b⁻.
"""

from __future__ import annotations

import numpy as np

from rebalance.kernels.compile import inlined, jit
from rebalance.kernels.lane_fft_cpu import FREQUENCY, LANES, POINT, POINTS, SIGNALS, forward
from rebalance.kernels.tops_cpu import (
    MOST,
    NEAR,
    find_peaks,
    find_top,
    gather,
    highest_angle,
    highest_shift,
    peak_heights,
)

PASS = 4
"""Rings that are summed side by side; rings are padded to a multiple of it."""

COLUMNS = 4
"""Columns that are compared with a block of rows at a time, so that it is read once for them."""

_PAIR = 8 * LANES
"""Floats of an order of the spectrum: Z_m and Z_{−m}, two parts, two shifts."""

_POSITIVE = 0xFFFFFFF


@jit
def shift_orders(orders, first_ring, kernel, out):
    """Angular coefficients of `LANES` images at every shift, by a convolution over orders.

    e^{−2πi k·t} = Σ_n c_n(k, t) e^{inφ} with c_n = (−i)^n J_n(2πk|t|) e^{−in arg t} (Jacobi–Anger),
    so b_m(k; t) = Σ_n c_n(k, t) b_{m−n}(k).

    Parameters
    ----------
    orders : float32 (M, K, 2, LANES)
        b⁺ and b⁻ of images side by side.
    first_ring : int64 (M,)
        The first ring on which an order has power, a multiple of `PASS`.
    kernel : float32 (S, 2 n_max + 1, K, 2)
        c_n.
    out : float32 (LANES, S, M, K, 2)
        b⁺ and b⁻; written from the first ring on.
    """
    n_orders, n_rings, n_shifts = orders.shape[0], orders.shape[1], kernel.shape[0]
    reach = kernel.shape[1] // 2
    sums = np.empty(n_shifts * POINT, dtype=np.float32)
    flat = orders.reshape(n_orders * n_rings * POINT)
    half = np.float32(0.5)
    for m in range(n_orders):
        for k in range(first_ring[m], n_rings):
            for x in range(n_shifts * POINT):
                sums[x] = 0.0
            for n in range(max(-reach, m - n_orders + 1), reach + 1):
                # b_{−m} = (−1)^m conj(b_m)
                of = abs(m - n)
                sign = np.float32(1.0)
                if m < n and of % 2:
                    sign = np.float32(-1.0)
                other = -sign if m < n else sign
                at = ((of * n_rings + k) * POINT) & _POSITIVE
                for s in range(0, n_shifts, 2):
                    c, d = kernel[s, reach + n, k, 0], kernel[s, reach + n, k, 1]
                    e, f = kernel[s + 1, reach + n, k, 0], kernel[s + 1, reach + n, k, 1]
                    cr, ci, dr, di = sign * c, other * c, sign * d, other * d
                    er, ei, fr, fi = sign * e, other * e, sign * f, other * f
                    to = (s * POINT) & _POSITIVE
                    for w in range(LANES):
                        r = flat[at + w] + flat[at + LANES + w]
                        i = flat[at + w] - flat[at + LANES + w]
                        sums[to + w] += cr * r - di * i
                        sums[to + LANES + w] += dr * r + ci * i
                        sums[to + POINT + w] += er * r - fi * i
                        sums[to + POINT + LANES + w] += fr * r + ei * i
            for s in range(n_shifts):
                for w in range(LANES):
                    r, i = half * sums[s * POINT + w], half * sums[s * POINT + LANES + w]
                    out[w, s, m, k, 0] = r + i
                    out[w, s, m, k, 1] = r - i


@inlined
def _sum_rings(a, b, shift, m, first, n_rings, spectrum):
    """Z_m and Z_{−m} at two shifts, for `LANES` rows.

    Two shifts and four rings a pass keep the multipliers busy while sums wait for each other.
    """
    to = (m * _PAIR) & _POSITIVE
    for w in range(_PAIR):
        spectrum[to + w] = 0.0
    for ring in range(first, n_rings, PASS):
        bp0, bm0 = b[shift, m, ring, 0], b[shift, m, ring, 1]
        bp1, bm1 = b[shift, m, ring + 1, 0], b[shift, m, ring + 1, 1]
        bp2, bm2 = b[shift, m, ring + 2, 0], b[shift, m, ring + 2, 1]
        bp3, bm3 = b[shift, m, ring + 3, 0], b[shift, m, ring + 3, 1]
        cp0, cm0 = b[shift + 1, m, ring, 0], b[shift + 1, m, ring, 1]
        cp1, cm1 = b[shift + 1, m, ring + 1, 0], b[shift + 1, m, ring + 1, 1]
        cp2, cm2 = b[shift + 1, m, ring + 2, 0], b[shift + 1, m, ring + 2, 1]
        cp3, cm3 = b[shift + 1, m, ring + 3, 0], b[shift + 1, m, ring + 3, 1]
        at = ((m * n_rings + ring) * POINT) & _POSITIVE
        for w in range(LANES):
            p0, m0 = a[at + w], a[at + LANES + w]
            p1, m1 = a[at + 2 * LANES + w], a[at + 3 * LANES + w]
            p2, m2 = a[at + 4 * LANES + w], a[at + 5 * LANES + w]
            p3, m3 = a[at + 6 * LANES + w], a[at + 7 * LANES + w]
            spectrum[to + w] += p0 * bp0 + p1 * bp1 + p2 * bp2 + p3 * bp3
            spectrum[to + LANES + w] += m0 * bp0 + m1 * bp1 + m2 * bp2 + m3 * bp3
            spectrum[to + 2 * LANES + w] += m0 * bm0 + m1 * bm1 + m2 * bm2 + m3 * bm3
            spectrum[to + 3 * LANES + w] += p0 * bm0 + p1 * bm1 + p2 * bm2 + p3 * bm3
            spectrum[to + 4 * LANES + w] += p0 * cp0 + p1 * cp1 + p2 * cp2 + p3 * cp3
            spectrum[to + 5 * LANES + w] += m0 * cp0 + m1 * cp1 + m2 * cp2 + m3 * cp3
            spectrum[to + 6 * LANES + w] += m0 * cm0 + m1 * cm1 + m2 * cm2 + m3 * cm3
            spectrum[to + 7 * LANES + w] += p0 * cm0 + p1 * cm1 + p2 * cm2 + p3 * cm3


@inlined
def _transform(spectrum, second, source, twiddles, residue, signals, scratch, out, to):
    """C at the angles that leave a residue modulo q, A = 64 q: orders modulo 64, each turned."""
    q = twiddles.shape[2]
    for n in range(POINTS):
        x = (n * POINT) & _POSITIVE
        if q == 3:
            c0, s0 = twiddles[residue, n, 0, 0], twiddles[residue, n, 0, 1]
            c1, s1 = twiddles[residue, n, 1, 0], twiddles[residue, n, 1, 1]
            c2, s2 = twiddles[residue, n, 2, 0], twiddles[residue, n, 2, 1]
            y0 = (source[n] + second) & _POSITIVE
            y1 = (source[n + POINTS] + second) & _POSITIVE
            y2 = (source[n + 2 * POINTS] + second) & _POSITIVE
            for w in range(LANES):
                r0, i0 = spectrum[y0 + w], spectrum[y0 + LANES + w]
                r1, i1 = spectrum[y1 + w], spectrum[y1 + LANES + w]
                r2, i2 = spectrum[y2 + w], spectrum[y2 + LANES + w]
                signals[x + w] = r0 * c0 + i0 * s0 + r1 * c1 + i1 * s1 + r2 * c2 + i2 * s2
                signals[x + LANES + w] = i0 * c0 - r0 * s0 + i1 * c1 - r1 * s1 + i2 * c2 - r2 * s2
            continue
        for w in range(POINT):
            signals[x + w] = 0.0
        for part in range(q):
            c, s = twiddles[residue, n, part, 0], twiddles[residue, n, part, 1]
            y = (source[n + part * POINTS] + second) & _POSITIVE
            for w in range(LANES):
                r, i = spectrum[y + w], spectrum[y + LANES + w]
                signals[x + w] += r * c + i * s
                signals[x + LANES + w] += i * c - r * s
    forward(signals, 0, scratch, out, to)


@jit
def correlate(a, b, first_ring, source, twiddles, pitch, spectrum, signals, scratch, out):
    """C of `LANES` rows and one column at every angle, hand and shift.

    Parameters
    ----------
    a : float32, flat (M, K, 2, LANES)
        a⁺ and a⁻ of the rows.
    b : float32 (S, M, K, 2)
        Of the column, from `shift_orders`; S even.
    first_ring : int64 (M,)
    source : int64 (A,)
        From `find_orders`.
    twiddles : float32 (q, 64, q, 2)
        From `make_twiddles`.
    pitch : int
        Floats of ``out`` from one shift to the next.
    spectrum : float32 ((M + 1) · 8 · LANES,)
        Scratch; the last order is 0.
    signals, scratch : float32 (SIGNALS,)
    out : float32, flat
        Of a shift: by angle (see `places`), hand and row; written.
    """
    n_orders, n_rings = b.shape[1], b.shape[2]
    for shift in range(0, b.shape[0], 2):
        for m in range(n_orders):
            _sum_rings(a, b, shift, m, first_ring[m], n_rings, spectrum)
        for second in range(2):
            for residue in range(len(twiddles)):
                _transform(
                    spectrum, second * 4 * LANES, source, twiddles, residue, signals, scratch,
                    out, (shift + second) * pitch + residue * SIGNALS,
                )  # fmt: skip


def find_orders(n_angles: int, n_orders: int) -> np.ndarray:
    """int64 (A,): where the spectrum holds each order modulo A; M is an order that is 0."""
    order = np.arange(n_angles)
    negative = n_angles - order
    at = np.full(n_angles, n_orders * _PAIR)
    at = np.where(negative < n_orders, negative * _PAIR + 2 * LANES, at)
    return np.where(order < n_orders, order * _PAIR, at)


def make_twiddles(n_angles: int) -> np.ndarray:
    """Cosine and sine of 2π (residue) (n + 64 part) / A, float32 (q, 64, q, 2)."""
    q = n_angles // POINTS
    n = np.arange(n_angles).reshape(q, POINTS).T
    angle = 2 * np.pi * (np.arange(q)[:, None, None] * n % n_angles) / n_angles
    return np.stack((np.cos(angle), np.sin(angle)), axis=-1).astype(np.float32)


def places(n_angles: int) -> np.ndarray:
    """int64 (A,): where `correlate` leaves each angle."""
    angle = np.arange(n_angles)
    q = n_angles // POINTS
    return angle % q * POINTS + FREQUENCY[angle // q]


@jit
def align_tile(
    orders, first_ring, kernel, shift_table, turn_table, at_points, at_turns, points, turns,
    source, twiddles, place, arm, limit, max_shift, mirror, row_start, row_stop,
    column_start, column_stop, value, theta, shift, hand,
):  # fmt: skip
    """Best alignment of every pair row < column of a tile.

    Parameters
    ----------
    orders : float32 (B, M, K, 2, LANES)
        a⁺ and a⁻ of images side by side; the inner product of the coefficients, orders from −M to
        M, is that of the images, of unit norm.
    first_ring : int64 (M,)
    kernel : float32 (S, 2 n_max + 1, K, 2)
        See `shift_orders`; S even.
    shift_table, turn_table, at_points, at_turns, points, turns
        See `find_top`.
    source : int64 (A,)
        From `find_orders`.
    twiddles : float32 (q, 64, q, 2)
        From `make_twiddles`.
    place : int64 (A,)
        From `places`.
    arm, limit, max_shift : float
    mirror : bool
        Whether to try the mirror image.
    row_start, row_stop, column_start, column_stop : int
    value : float32 (rows, columns)
        The maximum of C; written where row < column.
    theta : float32 (rows, columns)
        Radians, φ towards +y; written.
    shift : float32 (rows, columns, 2)
    hand : bool (rows, columns)
    """
    n_orders, n_rings = orders.shape[1], orders.shape[2]
    n_shifts, n_angles = kernel.shape[0], len(place)
    hands = 2 if mirror else 1
    size = n_angles * POINT
    # A pitch that is no power of two: values of one angle at all shifts are read side by side.
    pitch = size + 5 * LANES
    b = np.empty((LANES, n_shifts, n_orders, n_rings, 2), dtype=np.float32)
    values = np.empty(n_shifts * pitch, dtype=np.float32)
    spectrum = np.zeros((n_orders + 1) * _PAIR, dtype=np.float32)
    signals = np.empty(SIGNALS, dtype=np.float32)
    scratch = np.empty(SIGNALS, dtype=np.float32)
    best = np.empty(size, dtype=np.float32)
    top = np.empty(LANES, dtype=np.float32)
    least = np.empty(LANES, dtype=np.float32)
    heights = np.empty(hands * n_angles * LANES, dtype=np.float32)
    words = np.empty(len(heights) // 8, dtype=np.uint64)
    is_high = words.view(np.uint8)
    peak_at = np.empty((LANES, MOST), dtype=np.int64)
    n_peaks = np.empty(LANES, dtype=np.int64)
    width = LANES * ((n_shifts + LANES - 1) // LANES)
    by_angle = np.zeros((NEAR, width), dtype=np.float32)
    by_shift = np.zeros((n_shifts, LANES), dtype=np.float32)
    work = np.empty(len(points) + LANES + width, dtype=np.float32)
    where = np.empty(LANES, dtype=np.int32)
    derivatives = np.empty(10, dtype=np.float64)
    step = np.empty(3, dtype=np.float64)
    found = np.empty(3, dtype=np.float64)
    flat = orders.reshape(orders.shape[0], n_orders * n_rings * POINT)

    for column_block in range(column_start // LANES, (column_stop + LANES - 1) // LANES):
        first_column = max(column_start, column_block * LANES)
        last_column = min(column_stop, (column_block + 1) * LANES)
        if last_column <= row_start + 1:
            continue
        shift_orders(orders[column_block], first_ring, kernel, b)
        for group in range(first_column, last_column, COLUMNS):
            for block in range(row_start // LANES, (row_stop + LANES - 1) // LANES):
                for j in range(group, min(group + COLUMNS, last_column)):
                    first = max(row_start, block * LANES)
                    last = min(row_stop, (block + 1) * LANES, j)
                    if first >= last:
                        continue
                    correlate(
                        flat[block], b[j - column_block * LANES], first_ring, source, twiddles,
                        pitch, spectrum, signals, scratch, values,
                    )  # fmt: skip
                    highest_shift(values, pitch, n_shifts, size, best)
                    highest_angle(best, top)
                    peak_heights(best, place, hands, top, least, heights)
                    highest_angle(heights, top)
                    find_peaks(heights, top, is_high, words, peak_at, n_peaks)
                    for i in range(first, last):
                        lane = i - block * LANES
                        highest = -2.0
                        for peak in range(n_peaks[lane]):
                            which, angle = divmod(peak_at[lane, peak], n_angles)
                            gather(
                                values, pitch, place, angle, which, lane, n_shifts,
                                by_angle, by_shift,
                            )  # fmt: skip
                            at_peak = find_top(
                                by_angle, by_shift, shift_table, turn_table, at_points, at_turns,
                                points, turns, arm, limit, max_shift, work, where, derivatives,
                                step, found,
                            )  # fmt: skip
                            if at_peak <= highest:
                                continue
                            highest = at_peak
                            turned = angle * (2.0 * np.pi / n_angles) + found[0]
                            sx = -found[1] if which == 1 else found[1]
                            sy = found[2]
                            value[i - row_start, j - column_start] = at_peak
                            theta[i - row_start, j - column_start] = turned
                            shift[i - row_start, j - column_start, 0] = (
                                np.cos(turned) * sx - np.sin(turned) * sy
                            )
                            shift[i - row_start, j - column_start, 1] = (
                                np.sin(turned) * sx + np.cos(turned) * sy
                            )
                            hand[i - row_start, j - column_start] = which == 1
