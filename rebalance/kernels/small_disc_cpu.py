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

from rebalance.kernels.ascent_cpu import ascent_step, edge_step
from rebalance.kernels.compile import inlined, jit
from rebalance.kernels.lane_fft_cpu import FREQUENCY, LANES, POINT, POINTS, SIGNALS, forward

PASS = 4
"""Rings that are summed side by side; rings are padded to a multiple of it."""

NEAR = 9
"""Angles from which C between them is made: four to either side."""

MOST = 64
"""Peaks over angle and hand that are looked at between the points of the grid, at most."""

NO_PEAK = -9.0
"""The height of an angle that is no peak."""

BELOW = 0.3
"""Part of the highest value by which a peak may be lower and still be looked at, before the top of
the parabola over three angles is known; it is more than the grid of angles costs."""

CLOSE = 0.025
"""The same, once that is known: more than the grid of shifts costs."""

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
def _highest_shift(values, pitch, n_shifts, size, best):
    """The highest value over shifts, at every angle, hand and row."""
    for x in range(size):
        best[x] = values[x]
    for s in range(1, n_shifts):
        at = (s * pitch) & _POSITIVE
        for x in range(size):
            best[x] = max(best[x], values[at + x])


@jit
def _highest_angle(values, top):
    """The highest of all for each row."""
    for w in range(LANES):
        top[w] = np.float32(NO_PEAK)
    for first in range(0, len(values), LANES):
        at = first & _POSITIVE
        for w in range(LANES):
            top[w] = max(top[w], values[at + w])


@jit
def _peak_heights(best, place, hands, top, least, heights):
    """Top of the parabola over three angles where the middle one is a peak, else `NO_PEAK`.

    Parameters
    ----------
    best : float32 (A · POINT,)
    place : int64 (A,)
    hands : int
    top : float32 (LANES,)
        Highest of each row.
    least : float32 (LANES,)
        Written: what a peak must reach.
    heights : float32 (hands · A · LANES,)
        By hand, angle and row; written.
    """
    n_angles = len(place)
    for w in range(LANES):
        least[w] = top[w] - np.float32(BELOW) * abs(top[w])
    for hand in range(hands):
        for angle in range(n_angles):
            x = (place[angle] * POINT + hand * LANES) & _POSITIVE
            y = (place[angle - 1 if angle > 0 else n_angles - 1] * POINT + hand * LANES) & _POSITIVE
            z = (place[angle + 1 if angle + 1 < n_angles else 0] * POINT + hand * LANES) & _POSITIVE
            to = ((hand * n_angles + angle) * LANES) & _POSITIVE
            for w in range(LANES):
                value, before, after = best[x + w], best[y + w], best[z + w]
                slope = after - before
                curvature = before + after - np.float32(2.0) * value
                height = value - np.float32(0.125) * slope * slope / curvature
                is_peak = (value >= least[w]) & (value >= before) & (value > after)
                heights[to + w] = height if is_peak else np.float32(NO_PEAK)


@jit
def _find_peaks(heights, top, is_high, words, peak_at, n_peaks):
    """Peaks that may be the highest between the points of the grid, of every row.

    Parameters
    ----------
    heights : float32 (hands · A · LANES,)
        From `_peak_heights`.
    top : float32 (LANES,)
        Highest of them; read, and overwritten by what a peak must reach.
    is_high : uint8 (hands · A · LANES,)
        Scratch.
    words : uint64 (hands · A · LANES / 8,)
        The same memory.
    peak_at : int64 (LANES, MOST)
        hand · A + angle; written.
    n_peaks : int64 (LANES,)
        Written.
    """
    for w in range(LANES):
        top[w] -= np.float32(CLOSE) * abs(top[w])
        n_peaks[w] = 0
    for at in range(0, len(heights), LANES):
        x = at & _POSITIVE
        for w in range(LANES):
            is_high[x + w] = 1 if heights[x + w] >= top[w] else 0
    for word in range(len(words)):
        if words[word] == 0:
            continue
        for at in range(8 * word, 8 * word + 8):
            w = at % LANES
            if is_high[at] and n_peaks[w] < MOST:
                peak_at[w, n_peaks[w]] = at // LANES
                n_peaks[w] += 1


@jit
def _highest(table, values, n_rows, width, sums, best, where):
    """Where the sum of rows of a table, weighted by values, is highest; ties go to the first.

    Parameters
    ----------
    table : float32 (rows, width)
        Width a multiple of `LANES`.
    values : float32 (rows,)
    sums : float32 (width,)
    best : float32 (LANES,)
    where : int32 (LANES,)
    """
    for p in range(width):
        sums[p] = 0.0
    for row in range(n_rows):
        v = values[row]
        for p in range(width):
            sums[p] += v * table[row, p]
    for w in range(LANES):
        best[w] = sums[w]
        where[w] = 0
    for first in range(LANES, width, LANES):
        at = first & _POSITIVE
        for w in range(LANES):
            above = sums[at + w] > best[w]
            best[w] = sums[at + w] if above else best[w]
            where[w] = at if above else where[w]
    found = 0
    for w in range(1, LANES):
        if best[w] > best[found] or (best[w] == best[found] and where[w] < where[found]):
            found = w
    return where[found] + found


@jit
def _gather(values, pitch, place, angle, hand, lane, n_shifts, by_angle, by_shift):
    """C at `NEAR` angles about one and at every shift, of one row and hand, in both orders."""
    n_angles = len(place)
    for a in range(NEAR):
        of = angle + a - NEAR // 2
        of = of + n_angles if of < 0 else of - n_angles if of >= n_angles else of
        at = place[of] * POINT + hand * LANES + lane
        for s in range(n_shifts):
            by_angle[a, s] = values[s * pitch + at]
            by_shift[s, a] = values[s * pitch + at]


@jit
def _combine(table, weights, n_rows, out):
    """Sum of rows of a table, weighted."""
    for first in range(0, table.shape[1], LANES):
        at = first & _POSITIVE
        for w in range(LANES):
            out[at + w] = 0.0
        for row in range(n_rows):
            weight = weights[row]
            for w in range(LANES):
                out[at + w] += weight * table[row, at + w]


@jit
def _climb(by_angle, by_shift, shift_table, turn_table, at_points, at_turns, points, turns, arm,
           limit, max_shift, work, where, d, step, found):  # fmt: skip
    """The top near an angle of the grid, by tables of shifts and turns in turn, then Newton's step.

    Parameters
    ----------
    by_angle, by_shift : float32 (NEAR, S and more), (S, LANES)
        From `_gather`; rows are whole vector blocks.
    shift_table : float32 (S, P)
        Weights of the shifts at the points of a table of them.
    turn_table : float32 (NEAR, D)
        Weights of the angles at turns from the angle of the grid.
    at_points : float32 (P, 6, S)
        Of the value, and of its derivatives x, y, xx, xy, yy.
    at_turns : float32 (D, 3, NEAR)
        Of the value, and of its first two derivatives.
    points : float64 (P, 2)
    turns : float64 (D,)
    arm, limit, max_shift : float
        As in `refine_cpu.climb`.
    work : float32 (P + LANES + S and more,)
    where : int32 (LANES,)
    d, step : float64 (10,), (3,)
    found : float64 (3,)
        Turn from the angle of the grid, and shift before the turn; written.

    Returns
    -------
    float
        C there.
    """
    n_shifts, width = shift_table.shape
    sums, best, line = work[:width], work[width : width + LANES], work[width + LANES :]
    turn, point = len(turns) // 2, 0
    for _ in range(2):
        _combine(by_angle, at_turns[turn, 0], NEAR, line)
        point = _highest(shift_table, line, n_shifts, width, sums, best, where)
        _combine(by_shift, at_points[point, 0], n_shifts, line)
        turn = _highest(turn_table, line, NEAR, len(turns), sums, best, where)
    # C, θ, θθ; then x, y with θx, θy; then xx, xy, yy: the order of `refine_cpu.SUMS`.
    for which in range(6):
        _combine(by_shift, at_points[point, which], n_shifts, line)
        for derivative in range(3 if which == 0 else 2 if which < 3 else 1):
            total = 0.0
            for a in range(NEAR):
                total += line[a] * at_turns[turn, derivative, a]
            if which == 0:
                d[derivative] = total
            elif which < 3:
                d[2 + which + 2 * derivative] = total
            else:
                d[4 + which] = total
    x, y = points[point, 0], points[point, 1]
    ascent_step(d, arm, limit, step)
    if np.sqrt((x + step[1]) ** 2 + (y + step[2]) ** 2) > max_shift:
        edge_step(d, arm, limit, x, y, max_shift, step)
    value = (
        d[0]
        + d[1] * step[0] + d[3] * step[1] + d[4] * step[2]
        + 0.5 * (d[2] * step[0] ** 2 + d[7] * step[1] ** 2 + d[9] * step[2] ** 2)
        + d[5] * step[0] * step[1] + d[6] * step[0] * step[2] + d[8] * step[1] * step[2]
    )  # fmt: skip
    if value < d[0]:
        step[:] = 0.0
        value = d[0]
    found[0] = turns[turn] + step[0]
    found[1] = x + step[1]
    found[2] = y + step[2]
    return value


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
        See `_climb`.
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
                    _highest_shift(values, pitch, n_shifts, size, best)
                    _highest_angle(best, top)
                    _peak_heights(best, place, hands, top, least, heights)
                    _highest_angle(heights, top)
                    _find_peaks(heights, top, is_high, words, peak_at, n_peaks)
                    for i in range(first, last):
                        lane = i - block * LANES
                        highest = -2.0
                        for peak in range(n_peaks[lane]):
                            which, angle = divmod(peak_at[lane, peak], n_angles)
                            _gather(
                                values, pitch, place, angle, which, lane, n_shifts,
                                by_angle, by_shift,
                            )  # fmt: skip
                            at_peak = _climb(
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
