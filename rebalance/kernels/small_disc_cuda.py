"""The search over a small disc on a GPU; the algorithm of `small_disc_cpu`.

Three launches a part of the tile, with nothing brought back between them: coefficients of the
columns at every shift, the correlation of each pair at every angle, hand and shift, and its top
between them. Angles are summed order by order: a GPU has arithmetic to spare, and what counts is
how often the coefficients are read.
"""

from __future__ import annotations

import numpy as np
from numba import cuda, float32, int32

from rebalance.kernels.ascent_cuda import ascent_step, edge_step
from rebalance.kernels.compile_cuda import device, kernel
from rebalance.kernels.lane_fft_cpu import LANES
from rebalance.kernels.limits import MAX_HALF
from rebalance.kernels.tops_cpu import BELOW, CLOSE, NEAR
from rebalance.kernels.turn_cuda import turn
from rebalance.kernels.upload_cuda import GPU, on_gpu

THREADS = 128
"""Of a block of the first two launches."""

WARP = 32
"""Of a block of the last, which looks at one pair."""

SCRATCH_BYTES = 2**29
"""Device memory that the correlations of one launch may take."""

ROWS = 2**9
"""Rows of one launch at most."""

MAX_ANGLES = 64 * 36
"""Angles of the full circle at most: those of `MAX_HALF` orders."""

MAX_SHIFTS = 32
"""Shifts at most."""

CANDIDATES = 128
"""Peaks of a pair at most that are looked at between the points of the grid."""

_SUMS = 4
_BEST = 2 * MAX_ANGLES
_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)
_EIGHTH = np.float32(0.125)
_TWO = np.float32(2.0)
_LOWEST = np.float32(-9.0)
_BELOW = np.float32(BELOW)
_CLOSE = np.float32(CLOSE)
_TWO_PI = np.float32(2.0 * np.pi)


@kernel
def shift_orders(orders, first_ring, terms, first_column, out):
    """b⁺ and b⁻ of columns at every shift: `small_disc_cpu.shift_orders`.

    One block a column and shift.

    Parameters
    ----------
    orders : float32 (B, M, K, 2, LANES)
    first_ring : int64 (M,)
    terms : float32 (S, 2 n_max + 1, K, 2)
    first_column : int
    out : float32 (columns, S, M, K, 2)
        0 below the first ring; written.
    """
    column, s = cuda.blockIdx.x, cuda.blockIdx.y
    image = first_column + column
    block, lane = image // LANES, image % LANES
    n_orders, n_rings = orders.shape[1], orders.shape[2]
    n_terms = terms.shape[1]
    for item in range(cuda.threadIdx.x, n_orders * n_rings, cuda.blockDim.x):
        m, k = item // n_rings, item % n_rings
        real = _ZERO
        imaginary = _ZERO
        if k >= first_ring[m]:
            for term in range(n_terms):
                order = m - term + n_terms // 2
                of = abs(order)
                if of < n_orders:
                    plus = orders[block, of, k, 0, lane]
                    minus = orders[block, of, k, 1, lane]
                    r, i = _HALF * (plus + minus), _HALF * (plus - minus)
                    if order < 0:
                        # b_{−m} = (−1)^m conj(b_m)
                        if of % 2 == 1:
                            r = -r
                        else:
                            i = -i
                    c, d = terms[s, term, k, 0], terms[s, term, k, 1]
                    real += c * r - d * i
                    imaginary += d * r + c * i
        out[column, s, m, k, 0] = real + imaginary
        out[column, s, m, k, 1] = real - imaginary


@kernel
def correlate(orders, b, first_ring, cosine, sine, first_row, first_column, values):
    """C of every pair at every angle, hand and shift: `small_disc_cpu.correlate`.

    One block a pair; two shifts at a time.

    Parameters
    ----------
    orders : float32 (B, M, K, 2, LANES)
    b : float32 (columns, S, M, K, 2)
        From `shift_orders`.
    first_ring : int64 (M,)
    cosine, sine : float32 (A,)
        Of the angles of the circle.
    first_row, first_column : int
        The images of the first row and column.
    values : float32 (rows, columns, S, 2, A)
        By hand and angle; written where row < column.
    """
    spectrum = cuda.shared.array((2, _SUMS, MAX_HALF), float32)
    row, column = cuda.blockIdx.x, cuda.blockIdx.y
    image = first_row + row
    if image >= first_column + column:
        return
    block, lane = image // LANES, image % LANES
    n_orders, n_rings, n_angles = orders.shape[1], orders.shape[2], cosine.shape[0]
    for shift in range(0, b.shape[1], 2):
        for m in range(cuda.threadIdx.x, n_orders, cuda.blockDim.x):
            r0, i0, r1, i1 = _ZERO, _ZERO, _ZERO, _ZERO
            s0, j0, s1, j1 = _ZERO, _ZERO, _ZERO, _ZERO
            for k in range(first_ring[m], n_rings):
                plus, minus = orders[block, m, k, 0, lane], orders[block, m, k, 1, lane]
                bp, bm = b[column, shift, m, k, 0], b[column, shift, m, k, 1]
                r0 += plus * bp
                i0 += minus * bp
                r1 += minus * bm
                i1 += plus * bm
                bp, bm = b[column, shift + 1, m, k, 0], b[column, shift + 1, m, k, 1]
                s0 += plus * bp
                j0 += minus * bp
                s1 += minus * bm
                j1 += plus * bm
            # Z_m e^{−imθ} + Z_{−m} e^{imθ}, by cosine and sine; order 0 is its own opposite.
            if m == 0:
                r1, i1, s1, j1 = _ZERO, _ZERO, _ZERO, _ZERO
            spectrum[0, 0, m] = r0 + r1
            spectrum[0, 1, m] = i0 - i1
            spectrum[0, 2, m] = i0 + i1
            spectrum[0, 3, m] = r1 - r0
            spectrum[1, 0, m] = s0 + s1
            spectrum[1, 1, m] = j0 - j1
            spectrum[1, 2, m] = j0 + j1
            spectrum[1, 3, m] = s1 - s0
        cuda.syncthreads()
        for angle in range(cuda.threadIdx.x, n_angles, cuda.blockDim.x):
            r0, i0, s0, j0 = _ZERO, _ZERO, _ZERO, _ZERO
            at = 0
            for m in range(n_orders):
                c, s = cosine[at], sine[at]
                r0 += spectrum[0, 0, m] * c + spectrum[0, 1, m] * s
                i0 += spectrum[0, 2, m] * c + spectrum[0, 3, m] * s
                s0 += spectrum[1, 0, m] * c + spectrum[1, 1, m] * s
                j0 += spectrum[1, 2, m] * c + spectrum[1, 3, m] * s
                at += angle
                if at >= n_angles:
                    at -= n_angles
            values[row, column, shift, 0, angle] = r0
            values[row, column, shift, 1, angle] = i0
            values[row, column, shift + 1, 0, angle] = s0
            values[row, column, shift + 1, 1, angle] = j0
        cuda.syncthreads()


@device
def highest_of(value, place, lane, of_value, of_place):
    """The highest value of a warp and its place, the lowest where they are equal; for all lanes."""
    of_value[lane] = value
    of_place[lane] = place
    cuda.syncthreads()
    top, at = of_value[0], of_place[0]
    for other in range(1, WARP):
        v, p = of_value[other], of_place[other]
        if v > top or (v == top and p < at):
            top, at = v, p
    cuda.syncthreads()
    return top, at


@device
def peak_height(best, hand, angle, n_angles, least):
    """Top of the parabola over three angles, if the middle one is a peak that is high enough."""
    before = best[hand * n_angles + (angle - 1 if angle > 0 else n_angles - 1)]
    value = best[hand * n_angles + angle]
    after = best[hand * n_angles + (angle + 1 if angle + 1 < n_angles else 0)]
    if value < least or value < before or value <= after:
        return _LOWEST
    curvature = before + after - _TWO * value
    slope = after - before
    if curvature >= _ZERO:
        return value
    return value - _EIGHTH * slope * slope / curvature


@kernel
def find_tops(
    values, shift_table, turn_table, at_points, at_turns, points, turns, arm, limit, max_shift,
    hands, first_row, first_column, value, theta, shift, hand,
):  # fmt: skip
    """The top of C of every pair between angles and shifts, as `small_disc_cpu.align_tile` does.

    One warp a pair.

    Parameters
    ----------
    values : float32 (rows, columns, S, 2, A)
        From `correlate`.
    shift_table, turn_table, at_points, at_turns
        As of `small_disc_cpu.align_tile`.
    points : float32 (P, 2)
    turns : float32 (D,)
    arm, limit, max_shift : float32
    hands : int
        2 if the mirror image is tried, else 1.
    first_row, first_column : int
    value, theta : float32 (rows, columns)
        Written; 0 where row ≥ column.
    shift : float32 (rows, columns, 2)
    hand : bool (rows, columns)
    """
    best = cuda.shared.array(_BEST, float32)
    candidates = cuda.shared.array(CANDIDATES, int32)
    count = cuda.shared.array(1, int32)
    near = cuda.shared.array((NEAR, MAX_SHIFTS), float32)
    line = cuda.shared.array(MAX_SHIFTS, float32)
    lines = cuda.shared.array((6, NEAR), float32)
    d = cuda.shared.array(10, float32)
    of_value = cuda.shared.array(WARP, float32)
    of_place = cuda.shared.array(WARP, int32)
    lane = cuda.threadIdx.x
    row, column = cuda.blockIdx.x, cuda.blockIdx.y
    n_shifts, n_angles = values.shape[2], values.shape[4]
    n_points, n_turns = points.shape[0], turns.shape[0]
    top, top_theta, top_x, top_y = _LOWEST, _ZERO, _ZERO, _ZERO
    top_at = 0
    if first_row + row < first_column + column:
        highest = _LOWEST
        for at in range(lane, hands * n_angles, WARP):
            here = values[row, column, 0, at // n_angles, at % n_angles]
            for s in range(1, n_shifts):
                here = max(here, values[row, column, s, at // n_angles, at % n_angles])
            best[at] = here
            highest = max(highest, here)
        if lane == 0:
            count[0] = 0
        highest, _ = highest_of(highest, 0, lane, of_value, of_place)
        least = highest - _BELOW * abs(highest)
        for at in range(lane, hands * n_angles, WARP):
            height = peak_height(best, at // n_angles, at % n_angles, n_angles, least)
            highest = max(highest, height)
        highest, _ = highest_of(highest, 0, lane, of_value, of_place)
        enough = highest - _CLOSE * abs(highest)
        for at in range(lane, hands * n_angles, WARP):
            if peak_height(best, at // n_angles, at % n_angles, n_angles, least) >= enough:
                place = cuda.atomic.add(count, 0, 1)
                if place < CANDIDATES:
                    candidates[place] = at
        cuda.syncthreads()
        for number in range(min(count[0], CANDIDATES)):
            at = candidates[number]
            which, angle = at // n_angles, at % n_angles
            for item in range(lane, NEAR * n_shifts, WARP):
                a, s = item // n_shifts, item % n_shifts
                of = (angle + a - NEAR // 2 + n_angles) % n_angles
                near[a, s] = values[row, column, s, which, of]
            cuda.syncthreads()
            turned, point = n_turns // 2, 0
            for _ in range(2):
                for s in range(lane, n_shifts, WARP):
                    total = _ZERO
                    for a in range(NEAR):
                        total += at_turns[turned, 0, a] * near[a, s]
                    line[s] = total
                cuda.syncthreads()
                highest = _LOWEST
                place = 0
                for p in range(lane, n_points, WARP):
                    total = _ZERO
                    for s in range(n_shifts):
                        total += line[s] * shift_table[s, p]
                    if total > highest:
                        highest = total
                        place = p
                _, point = highest_of(highest, place, lane, of_value, of_place)
                if lane < NEAR:
                    total = _ZERO
                    for s in range(n_shifts):
                        total += at_points[point, 0, s] * near[lane, s]
                    lines[0, lane] = total
                cuda.syncthreads()
                highest = _LOWEST
                if lane < n_turns:
                    highest = _ZERO
                    for a in range(NEAR):
                        highest += lines[0, a] * turn_table[a, lane]
                _, turned = highest_of(highest, lane, lane, of_value, of_place)
            for item in range(lane, 6 * NEAR, WARP):
                total = _ZERO
                for s in range(n_shifts):
                    total += at_points[point, item // NEAR, s] * near[item % NEAR, s]
                lines[item // NEAR, item % NEAR] = total
            cuda.syncthreads()
            if lane < 10:
                # C, θ, θθ, x, y, θx, θy, xx, xy, yy: which line, and how often by θ.
                of = lane - 2 if lane < 5 else lane - 4
                derivative = 0
                if lane < 3:
                    of, derivative = 0, lane
                elif lane == 5 or lane == 6:
                    derivative = 1
                total = _ZERO
                for a in range(NEAR):
                    total += lines[of, a] * at_turns[turned, derivative, a]
                d[lane] = total
            cuda.syncthreads()
            x, y = points[point, 0], points[point, 1]
            dt, dx, dy, _ = ascent_step(d, arm, limit)
            if (x + dx) * (x + dx) + (y + dy) * (y + dy) > max_shift * max_shift:
                dt, dx, dy, _ = edge_step(d, arm, limit, x, y, x + dx, y + dy, max_shift)
            height = (
                d[0]
                + d[1] * dt + d[3] * dx + d[4] * dy
                + _HALF * (d[2] * dt * dt + d[7] * dx * dx + d[9] * dy * dy)
                + d[5] * dt * dx + d[6] * dt * dy + d[8] * dx * dy
            )  # fmt: skip
            if height < d[0]:
                height, dt, dx, dy = d[0], _ZERO, _ZERO, _ZERO
            # Candidates come in any order: of equal ones the first on the circle.
            if height > top or (height == top and at < top_at):
                top, top_at = height, at
                top_theta, top_x, top_y = turns[turned] + dt, x + dx, y + dy
            cuda.syncthreads()
    if lane == 0:
        if top > _LOWEST:
            which, angle = top_at // n_angles, top_at % n_angles
            top_theta += np.float32(angle) * (_TWO_PI / np.float32(n_angles))
            c, s = turn(top_theta / _TWO_PI)
            if which == 1:
                top_x = -top_x
            value[row, column] = top
            theta[row, column] = top_theta
            shift[row, column, 0] = c * top_x - s * top_y
            shift[row, column, 1] = s * top_x + c * top_y
            hand[row, column] = which == 1
        else:
            value[row, column] = _ZERO
            theta[row, column] = _ZERO
            shift[row, column, 0] = _ZERO
            shift[row, column, 1] = _ZERO
            hand[row, column] = False


def align_tile(
    orders, first_ring, terms, shift_table, turn_table, at_points, at_turns, points, turns,
    source, twiddles, place, arm, limit, max_shift, mirror, row_start, row_stop,
    column_start, column_stop, value, theta, shift, hand,
):  # fmt: skip
    """Best alignment of every pair row < column of a tile.

    Parameters
    ----------
    As of `small_disc_cpu.align_tile`. What belongs to the images is brought to the GPU once, so it
    must not be written to between tiles. Pairs with row ≥ column are written as 0. Threads take
    turns.
    """
    n_angles, n_shifts = len(place), len(terms)
    if n_angles > MAX_ANGLES or n_shifts > MAX_SHIFTS:
        raise ValueError(f"{n_angles} angles and {n_shifts} shifts don't fit a block")
    angle = 2 * np.pi * np.arange(n_angles) / n_angles
    with GPU:
        given = (on_gpu(orders), on_gpu(first_ring), on_gpu(terms))
        circle = [cuda.to_device(of(angle).astype(np.float32)) for of in (np.cos, np.sin)]
        tables = [on_gpu(table) for table in (shift_table, turn_table, at_points, at_turns)]
        tables += [cuda.to_device(table.astype(np.float32)) for table in (points, turns)]
        numbers = tuple(np.float32(number) for number in (arm, limit, max_shift))
        row_step = max(1, min(row_stop - row_start, ROWS))
        column_step = max(1, SCRATCH_BYTES // (row_step * n_shifts * 2 * n_angles * 4))
        for first_row in range(row_start, row_stop, row_step):
            for first_column in range(column_start, column_stop, column_step):
                rows = range(first_row, min(first_row + row_step, row_stop))
                columns = range(first_column, min(first_column + column_step, column_stop))
                part = (
                    slice(rows.start - row_start, rows.stop - row_start),
                    slice(columns.start - column_start, columns.stop - column_start),
                )
                found = _align(given, circle, tables, numbers, mirror, rows, columns)
                for whole, piece in zip((value, theta, shift, hand), found, strict=True):
                    whole[part] = piece.copy_to_host()


def _align(given, circle, tables, numbers, mirror, rows, columns):
    orders, first_ring, terms = given
    n_shifts, n_angles = terms.shape[0], circle[0].shape[0]
    shape = (len(rows), len(columns))
    b = cuda.device_array((len(columns), n_shifts, *orders.shape[1:3], 2), dtype=np.float32)
    shift_orders[(len(columns), n_shifts), THREADS](orders, first_ring, terms, columns.start, b)
    values = cuda.device_array((*shape, n_shifts, 2, n_angles), dtype=np.float32)
    correlate[shape, THREADS](orders, b, first_ring, *circle, rows.start, columns.start, values)
    found = (
        cuda.device_array(shape, dtype=np.float32),
        cuda.device_array(shape, dtype=np.float32),
        cuda.device_array((*shape, 2), dtype=np.float32),
        cuda.device_array(shape, dtype=np.bool_),
    )
    find_tops[shape, WARP](
        values, *tables, *numbers, 2 if mirror else 1, rows.start, columns.start, *found
    )
    return found
