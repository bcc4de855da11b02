"""The top of a correlation between the shifts and angles at which it is known, on the CPU.

Peaks over angles of the highest over shifts are looked at closely: a table of shifts and one of
turns are weighted sums of what is known near a peak (`rebalance.imaging.small_shifts`), and the
derivatives of the weights give a Newton step.
"""

from __future__ import annotations

import numpy as np

from rebalance.kernels.ascent_cpu import ascent_step, edge_step
from rebalance.kernels.compile import jit
from rebalance.kernels.lane_fft_cpu import LANES, POINT

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

_POSITIVE = 0xFFFFFFF


@jit
def highest_shift(values, pitch, n_shifts, size, best):
    """The highest value over shifts, at every angle, hand and row."""
    for x in range(size):
        best[x] = values[x]
    for s in range(1, n_shifts):
        at = (s * pitch) & _POSITIVE
        for x in range(size):
            best[x] = max(best[x], values[at + x])


@jit
def highest_angle(values, top):
    """The highest of all for each row."""
    for w in range(LANES):
        top[w] = np.float32(NO_PEAK)
    for first in range(0, len(values), LANES):
        at = first & _POSITIVE
        for w in range(LANES):
            top[w] = max(top[w], values[at + w])


@jit
def peak_heights(best, place, hands, top, least, heights):
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
def find_peaks(heights, top, is_high, words, peak_at, n_peaks):
    """Peaks that may be the highest between the points of the grid, of every row.

    Parameters
    ----------
    heights : float32 (hands · A · LANES,)
        From `peak_heights`.
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
def gather(values, pitch, place, angle, hand, lane, n_shifts, by_angle, by_shift):
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
def find_top(by_angle, by_shift, shift_table, turn_table, at_points, at_turns, points, turns, arm,
           limit, max_shift, work, where, d, step, found):  # fmt: skip
    """The top near an angle of the grid, by tables of shifts and turns in turn, then Newton's step.

    Parameters
    ----------
    by_angle, by_shift : float32 (NEAR, S and more), (S, LANES)
        From `gather`; rows are whole vector blocks.
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
