"""The best alignment of every pair of a tile: coarse search, then the best peaks at full band."""

from __future__ import annotations

import numpy as np

from rebalance.kernels.coarse_cpu import ORDERS, RINGS, row_orders, search, shifted_orders
from rebalance.kernels.compile import jit
from rebalance.kernels.lane_fft_cpu import FREQUENCY, LANES, POINTS
from rebalance.kernels.refine_cpu import COMPONENTS, SCRATCH, STRIDE, SUMS, climb, expand_column

FEW_PEAKS = 6
"""Peaks over angle of the coarse search that are climbed, where finer rings add little."""

PEAKS = 24
"""Angles of the coarse search that are climbed, peaks or not, where finer rings add much: several
peaks of the full band lie on one of the lowest rings."""

MUCH = 0.02
"""What finer rings may add to a correlation from which on every angle may be climbed."""

SLACK = 0.02
"""How much more than another a peak of the coarse search may gain off the points of its grid."""

LOW_STEPS = 1
"""Evaluations of a peak on the lowest rings."""

FULL_STEPS = 6
"""Evaluations at most of a climb at full band."""


@jit
def _pick_peaks(
    best, best_shift, lane, hands, every, peak_value, peak_hand, peak_angle, peak_shift
):
    """The highest angles of both hands, every one or the local maxima; number found."""
    found = 0
    most = PEAKS if every else FEW_PEAKS
    for hand in range(hands):
        for position in range(POINTS):
            angle = FREQUENCY[position]
            value = best[hand, position, lane]
            before = best[hand, FREQUENCY[(angle + POINTS - 1) % POINTS], lane]
            after = best[hand, FREQUENCY[(angle + 1) % POINTS], lane]
            if not every and (value < before or value <= after):
                continue
            if found == most and value <= peak_value[most - 1]:
                continue
            place = min(found, most - 1)
            while place > 0 and peak_value[place - 1] < value:
                peak_value[place] = peak_value[place - 1]
                peak_hand[place] = peak_hand[place - 1]
                peak_angle[place] = peak_angle[place - 1]
                peak_shift[place] = peak_shift[place - 1]
                place -= 1
            peak_value[place] = value
            peak_hand[place] = hand
            peak_angle[place] = angle
            peak_shift[place] = best_shift[hand, position, lane]
            found = min(found + 1, most)
    return found


@jit
def align_tile(
    polar_real, polar_imaginary, low_real, low_imaginary, coarse, detail, shifts, n_shifts,
    ux, uy, low_ux, low_uy, k_first, k_step,
    max_shift, mirror, tolerance, row_start, row_stop, column_start, column_stop,
    value, theta, shift, hand,
):  # fmt: skip
    """Best alignment of every pair row < column of a tile.

    Parameters
    ----------
    polar_real, polar_imaginary : float32 (N, 3, K, H)
        Samples and their first two derivatives along the angle; unit norm.
    low_real, low_imaginary : float32 (N, 3, Kl, Hl)
        The same of the lowest rings, on fewer angles.
    coarse : complex64 (N, RINGS, 64)
        Samples of the lowest rings on a full circle of 64 angles.
    detail : float32 (N,)
        Norm of the samples above the lowest rings.
    shifts : float32 (2, S)
        Grid of the coarse search, sorted by length, padded to a multiple of 32.
    n_shifts : int
        Shifts without the padding.
    ux, uy : float32 (H,)
    low_ux, low_uy : float32 (Hl,)
    k_first, k_step : float
        Cycles per pixel.
    max_shift : float
        Pixels.
    mirror : bool
        Whether to try the mirror image.
    tolerance : float
        Part of the largest possible gain of the details that a peak is given before it is
        passed over.
    row_start, row_stop, column_start, column_stop : int
    value : float32 (rows, columns)
        The maximum of C; written where row < column.
    theta : float32 (rows, columns)
        Radians, φ towards +y; written.
    shift : float32 (rows, columns, 2)
    hand : bool (rows, columns)
    """
    n_rings = polar_real.shape[2]
    hands = 2 if mirror else 1
    low_rings = low_real.shape[2]
    n_blocks = (row_stop - row_start + LANES - 1) // LANES
    a_real = np.empty((n_blocks, ORDERS, RINGS, LANES), dtype=np.float32)
    a_imaginary = np.empty((n_blocks, ORDERS, RINGS, LANES), dtype=np.float32)
    for block in range(n_blocks):
        first = row_start + block * LANES
        row_orders(coarse[first : min(first + LANES, row_stop)], a_real[block], a_imaginary[block])
    b_real = np.empty((shifts.shape[1], ORDERS, RINGS), dtype=np.float32)
    b_imaginary = np.empty((shifts.shape[1], ORDERS, RINGS), dtype=np.float32)
    column = np.empty((2, n_rings * COMPONENTS * STRIDE), dtype=np.float32)
    low_column = np.empty((2, low_rings * COMPONENTS * STRIDE), dtype=np.float32)
    best = np.empty((2, POINTS, LANES), dtype=np.float32)
    best_shift = np.empty((2, POINTS, LANES), dtype=np.int32)
    peak_value = np.empty(PEAKS, dtype=np.float64)
    peak_hand = np.empty(PEAKS, dtype=np.int64)
    peak_angle = np.empty(PEAKS, dtype=np.int64)
    peak_shift = np.empty(PEAKS, dtype=np.int64)
    peak_point = np.empty((PEAKS, 3), dtype=np.float64)
    work = np.empty(SCRATCH, dtype=np.float32)
    derivatives = np.empty(SUMS, dtype=np.float64)
    step = np.empty(3, dtype=np.float64)

    for j in range(column_start, column_stop):
        if j <= row_start:
            continue
        shifted_orders(coarse[j], shifts, n_shifts, k_first, k_step, b_real, b_imaginary)
        for h in range(hands):
            expand_column(polar_real[j], polar_imaginary[j], h == 1, column[h])
            expand_column(low_real[j], low_imaginary[j], h == 1, low_column[h])
        for block in range(n_blocks):
            first = row_start + block * LANES
            if first >= j:
                break
            search(
                a_real[block], a_imaginary[block], b_real, b_imaginary, n_shifts, best, best_shift
            )
            for i in range(first, min(first + LANES, row_stop, j)):
                margin = tolerance * detail[i] * detail[j]
                found = _pick_peaks(
                    best, best_shift, i - first, hands, margin > MUCH,
                    peak_value, peak_hand, peak_angle, peak_shift,
                )  # fmt: skip
                while found > 1 and peak_value[found - 1] + margin + SLACK < peak_value[0]:
                    found -= 1
                # One step on the lowest rings ranks the peaks; more would lead several to one top.
                for peak in range(found):
                    point = peak_point[peak]
                    angle = peak_angle[peak] * (2.0 * np.pi / POINTS)
                    sx = np.float64(shifts[0, peak_shift[peak]])
                    sy = np.float64(shifts[1, peak_shift[peak]])
                    if peak_hand[peak] == 1:
                        sx = -sx
                    point[0] = angle
                    point[1] = np.cos(angle) * sx - np.sin(angle) * sy
                    point[2] = np.sin(angle) * sx + np.cos(angle) * sy
                    peak_value[peak] = climb(
                        low_real[i, 0], low_imaginary[i, 0], low_column[peak_hand[peak]],
                        low_rings, low_ux, low_uy, k_first, k_step, max_shift, LOW_STEPS, -2.0,
                        point, work, derivatives, step,
                    )  # fmt: skip
                top = -2.0
                for _ in range(found):
                    peak = 0
                    for other in range(1, found):
                        if peak_value[other] > peak_value[peak]:
                            peak = other
                    low = peak_value[peak]
                    peak_value[peak] = -3.0
                    if low + margin <= top:
                        break
                    point = peak_point[peak]
                    at_peak = climb(
                        polar_real[i, 0], polar_imaginary[i, 0], column[peak_hand[peak]],
                        n_rings, ux, uy, k_first, k_step, max_shift, FULL_STEPS, top, point,
                        work, derivatives, step,
                    )  # fmt: skip
                    if at_peak > top:
                        top = at_peak
                        value[i - row_start, j - column_start] = at_peak
                        theta[i - row_start, j - column_start] = point[0]
                        shift[i - row_start, j - column_start, 0] = point[1]
                        shift[i - row_start, j - column_start, 1] = point[2]
                        hand[i - row_start, j - column_start] = peak_hand[peak] == 1
