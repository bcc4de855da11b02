"""A 64-point FFT of 16 signals at once, laid out across the vector lanes.

With n = n₁ + 8 n₂ and m = m₂ + 8 m₁: eight transforms of eight points, twiddles, and eight more.
Arrays are flat and their offsets constants, so that the compiler can prove that the lanes may be
vectorised.
"""

from __future__ import annotations

import numpy as np

from rebalance.kernels.compile import inlined, jit

POINTS = 64
LANES = 16

POINT = 2 * LANES
"""Floats of one point of all signals: real parts, then imaginary parts."""

SIGNALS = POINTS * POINT
"""Floats of all signals."""

_TURN = np.exp(-2j * np.pi * np.arange(POINTS) / POINTS)
_COS = _TURN.real.astype(np.float32)
_SIN = _TURN.imag.astype(np.float32)
_HALF_ROOT = np.float32(np.sqrt(0.5))
_POSITIVE = 0xFFFFFFF

_POSITION = np.arange(POINTS)

FREQUENCY = _POSITION // 8 + 8 * (_POSITION % 8)
"""int64 (64,): the frequency that `forward` leaves at each position, and the reverse."""


@inlined
def _eight(r0, i0, r1, i1, r2, i2, r3, i3, r4, i4, r5, i5, r6, i6, r7, i7):
    """Forward transform of eight points, real and imaginary parts in turn."""
    sr0, si0, dr0, di0 = r0 + r4, i0 + i4, r0 - r4, i0 - i4
    sr1, si1, dr1, di1 = r1 + r5, i1 + i5, r1 - r5, i1 - i5
    sr2, si2, dr2, di2 = r2 + r6, i2 + i6, r2 - r6, i2 - i6
    sr3, si3, dr3, di3 = r3 + r7, i3 + i7, r3 - r7, i3 - i7
    # Even frequencies: four points of the sums.
    pr, pi, qr, qi = sr0 + sr2, si0 + si2, sr1 + sr3, si1 + si3
    ur, ui, vr, vi = sr0 - sr2, si0 - si2, si1 - si3, sr3 - sr1
    # Odd ones: of the differences, turned by eighths of a circle.
    er, ei = _HALF_ROOT * (dr1 + di1), _HALF_ROOT * (di1 - dr1)
    fr, fi = _HALF_ROOT * (di3 - dr3), -_HALF_ROOT * (dr3 + di3)
    ar, ai, br, bi = dr0 + di2, di0 - dr2, er + fr, ei + fi
    cr, ci, gr, gi = dr0 - di2, di0 + dr2, ei - fi, fr - er
    return (
        pr + qr, pi + qi, ar + br, ai + bi, ur + vr, ui + vi, cr + gr, ci + gi,
        pr - qr, pi - qi, ar - br, ai - bi, ur - vr, ui - vi, cr - gr, ci - gi,
    )  # fmt: skip


@jit
def forward(source, at, scratch, out, to):
    """Forward transform of `LANES` signals.

    Parameters
    ----------
    source : float32, flat
        Signals, `SIGNALS` floats from ``at`` on: by point, part and lane.
    at : int
    scratch : float32 (SIGNALS,)
    out : float32, flat
        The same layout from ``to`` on, frequencies in the order of `FREQUENCY`; written. It may be
        ``source``.
    to : int
    """
    for n in range(8):
        c1, s1 = _COS[n], _SIN[n]
        c2, s2 = _COS[2 * n], _SIN[2 * n]
        c3, s3 = _COS[3 * n], _SIN[3 * n]
        c4, s4 = _COS[4 * n], _SIN[4 * n]
        c5, s5 = _COS[5 * n], _SIN[5 * n]
        c6, s6 = _COS[6 * n], _SIN[6 * n]
        c7, s7 = _COS[7 * n], _SIN[7 * n]
        x = (at + n * POINT) & _POSITIVE
        y = (n * POINT) & _POSITIVE
        for w in range(LANES):
            r0, i0, r1, i1, r2, i2, r3, i3, r4, i4, r5, i5, r6, i6, r7, i7 = _eight(
                source[x + w], source[x + LANES + w],
                source[x + 8 * POINT + w], source[x + 8 * POINT + LANES + w],
                source[x + 16 * POINT + w], source[x + 16 * POINT + LANES + w],
                source[x + 24 * POINT + w], source[x + 24 * POINT + LANES + w],
                source[x + 32 * POINT + w], source[x + 32 * POINT + LANES + w],
                source[x + 40 * POINT + w], source[x + 40 * POINT + LANES + w],
                source[x + 48 * POINT + w], source[x + 48 * POINT + LANES + w],
                source[x + 56 * POINT + w], source[x + 56 * POINT + LANES + w],
            )  # fmt: skip
            scratch[y + w], scratch[y + LANES + w] = r0, i0
            scratch[y + 8 * POINT + w] = r1 * c1 - i1 * s1
            scratch[y + 8 * POINT + LANES + w] = r1 * s1 + i1 * c1
            scratch[y + 16 * POINT + w] = r2 * c2 - i2 * s2
            scratch[y + 16 * POINT + LANES + w] = r2 * s2 + i2 * c2
            scratch[y + 24 * POINT + w] = r3 * c3 - i3 * s3
            scratch[y + 24 * POINT + LANES + w] = r3 * s3 + i3 * c3
            scratch[y + 32 * POINT + w] = r4 * c4 - i4 * s4
            scratch[y + 32 * POINT + LANES + w] = r4 * s4 + i4 * c4
            scratch[y + 40 * POINT + w] = r5 * c5 - i5 * s5
            scratch[y + 40 * POINT + LANES + w] = r5 * s5 + i5 * c5
            scratch[y + 48 * POINT + w] = r6 * c6 - i6 * s6
            scratch[y + 48 * POINT + LANES + w] = r6 * s6 + i6 * c6
            scratch[y + 56 * POINT + w] = r7 * c7 - i7 * s7
            scratch[y + 56 * POINT + LANES + w] = r7 * s7 + i7 * c7
    for m in range(8):
        x = (m * 8 * POINT) & _POSITIVE
        y = (to + m * 8 * POINT) & _POSITIVE
        for w in range(LANES):
            r0, i0, r1, i1, r2, i2, r3, i3, r4, i4, r5, i5, r6, i6, r7, i7 = _eight(
                scratch[x + w], scratch[x + LANES + w],
                scratch[x + POINT + w], scratch[x + POINT + LANES + w],
                scratch[x + 2 * POINT + w], scratch[x + 2 * POINT + LANES + w],
                scratch[x + 3 * POINT + w], scratch[x + 3 * POINT + LANES + w],
                scratch[x + 4 * POINT + w], scratch[x + 4 * POINT + LANES + w],
                scratch[x + 5 * POINT + w], scratch[x + 5 * POINT + LANES + w],
                scratch[x + 6 * POINT + w], scratch[x + 6 * POINT + LANES + w],
                scratch[x + 7 * POINT + w], scratch[x + 7 * POINT + LANES + w],
            )  # fmt: skip
            out[y + w], out[y + LANES + w] = r0, i0
            out[y + POINT + w], out[y + POINT + LANES + w] = r1, i1
            out[y + 2 * POINT + w], out[y + 2 * POINT + LANES + w] = r2, i2
            out[y + 3 * POINT + w], out[y + 3 * POINT + LANES + w] = r3, i3
            out[y + 4 * POINT + w], out[y + 4 * POINT + LANES + w] = r4, i4
            out[y + 5 * POINT + w], out[y + 5 * POINT + LANES + w] = r5, i5
            out[y + 6 * POINT + w], out[y + 6 * POINT + LANES + w] = r6, i6
            out[y + 7 * POINT + w], out[y + 7 * POINT + LANES + w] = r7, i7
