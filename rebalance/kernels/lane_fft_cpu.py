"""A 64-point FFT of 32 signals at once, laid out across the vector lanes."""

from __future__ import annotations

import numpy as np

from rebalance.kernels.compile import jit

POINTS = 64
LANES = 32

_TURN = np.exp(-2j * np.pi * np.arange(POINTS) / POINTS)
_COS = _TURN.real.astype(np.float32)
_SIN = _TURN.imag.astype(np.float32)


_POSITION = np.arange(POINTS)

FREQUENCY = (_POSITION % 4) * 16 + (_POSITION // 4 % 4) * 4 + _POSITION // 16
"""int64 (64,): the frequency that `forward` leaves at each position, and the reverse."""


@jit
def forward(real, imaginary):
    """Forward transform along axis 0, in place, radix 4, output in base-4 digit-reversed order.

    Parameters
    ----------
    real, imaginary : float32 (64, 32)
    """
    span = POINTS
    while span > 1:
        quarter = span // 4
        stride = POINTS // span
        for base in range(0, POINTS, span):
            for j in range(quarter):
                i0 = base + j
                i1 = i0 + quarter
                i2 = i1 + quarter
                i3 = i2 + quarter
                c1 = _COS[j * stride]
                s1 = _SIN[j * stride]
                c2 = _COS[2 * j * stride]
                s2 = _SIN[2 * j * stride]
                c3 = _COS[3 * j * stride]
                s3 = _SIN[3 * j * stride]
                for w in range(LANES):
                    sum02r = real[i0, w] + real[i2, w]
                    sum02i = imaginary[i0, w] + imaginary[i2, w]
                    dif02r = real[i0, w] - real[i2, w]
                    dif02i = imaginary[i0, w] - imaginary[i2, w]
                    sum13r = real[i1, w] + real[i3, w]
                    sum13i = imaginary[i1, w] + imaginary[i3, w]
                    # (x1 − x3) · (−i)
                    dif13r = imaginary[i1, w] - imaginary[i3, w]
                    dif13i = real[i3, w] - real[i1, w]
                    real[i0, w] = sum02r + sum13r
                    imaginary[i0, w] = sum02i + sum13i
                    yr = dif02r + dif13r
                    yi = dif02i + dif13i
                    real[i1, w] = yr * c1 - yi * s1
                    imaginary[i1, w] = yr * s1 + yi * c1
                    yr = sum02r - sum13r
                    yi = sum02i - sum13i
                    real[i2, w] = yr * c2 - yi * s2
                    imaginary[i2, w] = yr * s2 + yi * c2
                    yr = dif02r - dif13r
                    yi = dif02i - dif13i
                    real[i3, w] = yr * c3 - yi * s3
                    imaginary[i3, w] = yr * s3 + yi * c3
        span = quarter
