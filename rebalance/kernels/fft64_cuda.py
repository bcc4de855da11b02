"""A 64-point FFT by eight threads that hold eight points each.

With n = n₂ + 8 n₁ and m = m₁ + 8 m₂, w = e^{−2πi/64}:

    X[m₁ + 8 m₂] = Σ_{n₂} (w⁸)^{n₂ m₂} · w^{n₂ m₁} · Σ_{n₁} (w⁸)^{n₁ m₁} x[n₂ + 8 n₁]

Thread n₂ computes the inner sum for all m₁ (`eight`) and multiplies by the twiddles; the points
change hands through shared memory, and thread m₁ computes the outer sum for all m₂ (`eight`).
"""

from __future__ import annotations

import numpy as np

from rebalance.kernels.compile_cuda import device
from rebalance.kernels.lane_fft_cpu import POINTS
from rebalance.kernels.turn_cuda import turn

HELD = 8
"""Points that a thread holds, and threads of one transform."""

STRIDE = 72
"""Floats of shared memory from one transform to the next. Place n₂ + 8 n₁ holds a point before
the transform, place n₂ + 9 m₁ half-way through: both without bank conflicts for the four
transforms of a warp."""

PITCH = 9
"""Places from one m₁ to the next, half-way through."""

# Unsigned places spare the check for negative ones; with constants they fold into the load.
_ONE = np.uint64(1)
_HELD = np.uint64(HELD)
_PITCH = np.uint64(PITCH)
_HALF_ROOT = np.float32(np.sqrt(0.5))


@device
def eight(real, imaginary):
    """An 8-point FFT of what a thread holds, in place.

    Parameters
    ----------
    real, imaginary : float32 (8,), registers
    """
    r04 = real[0] + real[4]
    i04 = imaginary[0] + imaginary[4]
    r0m4 = real[0] - real[4]
    i0m4 = imaginary[0] - imaginary[4]
    r26 = real[2] + real[6]
    i26 = imaginary[2] + imaginary[6]
    r2m6 = real[2] - real[6]
    i2m6 = imaginary[2] - imaginary[6]
    r15 = real[1] + real[5]
    i15 = imaginary[1] + imaginary[5]
    r1m5 = real[1] - real[5]
    i1m5 = imaginary[1] - imaginary[5]
    r37 = real[3] + real[7]
    i37 = imaginary[3] + imaginary[7]
    r3m7 = real[3] - real[7]
    i3m7 = imaginary[3] - imaginary[7]
    # Four points each of the even and the odd places; a factor −i swaps real and imaginary.
    er0 = r04 + r26
    ei0 = i04 + i26
    er1 = r0m4 + i2m6
    ei1 = i0m4 - r2m6
    er2 = r04 - r26
    ei2 = i04 - i26
    er3 = r0m4 - i2m6
    ei3 = i0m4 + r2m6
    or0 = r15 + r37
    oi0 = i15 + i37
    or1 = r1m5 + i3m7
    oi1 = i1m5 - r3m7
    or2 = i15 - i37
    oi2 = r37 - r15
    or3 = r1m5 - i3m7
    oi3 = i1m5 + r3m7
    # (1 − i)/√2 and (−1 − i)/√2
    tr1 = _HALF_ROOT * (or1 + oi1)
    ti1 = _HALF_ROOT * (oi1 - or1)
    tr3 = _HALF_ROOT * (oi3 - or3)
    ti3 = -_HALF_ROOT * (or3 + oi3)
    real[0] = er0 + or0
    imaginary[0] = ei0 + oi0
    real[1] = er1 + tr1
    imaginary[1] = ei1 + ti1
    real[2] = er2 + or2
    imaginary[2] = ei2 + oi2
    real[3] = er3 + tr3
    imaginary[3] = ei3 + ti3
    real[4] = er0 - or0
    imaginary[4] = ei0 - oi0
    real[5] = er1 - tr1
    imaginary[5] = ei1 - ti1
    real[6] = er2 - or2
    imaginary[6] = ei2 - oi2
    real[7] = er3 - tr3
    imaginary[7] = ei3 - ti3


@device
def put_twiddles(thread, cosine, sine):
    """w^{n₂ m₁} for all n₂ and m₁, where all transforms of a block find it.

    Parameters
    ----------
    thread : int
        Threads 0 … 63 put one each.
    cosine, sine : float32 (64,), shared
        Place n₂ + 8 m₁; written, to be followed by a barrier.
    """
    if thread < POINTS:
        power = -(thread % HELD) * (thread // HELD)
        cosine[thread], sine[thread] = turn(np.float32(power) * np.float32(1.0 / POINTS))


@device
def first_half(real, imaginary, thread, cosine, sine, place, shared_real, shared_imaginary):
    """The inner sums and the twiddles, put where the other threads find them.

    Parameters
    ----------
    real, imaginary : float32 (8,), registers
        x[n₂ + 8 n₁] by n₁; overwritten.
    thread : uint64
        n₂, 0 … 7.
    cosine, sine : float32 (64,), shared
        From `put_twiddles`.
    place : uint64
        Of n₂ in the shared memory of this transform.
    shared_real, shared_imaginary : float32, shared
        Written; to be followed by a barrier.
    """
    eight(real, imaginary)
    for m in range(HELD):
        c = cosine[thread]
        s = sine[thread]
        shared_real[place] = real[m] * c - imaginary[m] * s
        shared_imaginary[place] = real[m] * s + imaginary[m] * c
        thread += _HELD
        place += _PITCH


@device
def second_half(place, shared_real, shared_imaginary, real, imaginary):
    """The outer sums: X[m₁ + 8 m₂] by m₂ in the registers of thread m₁.

    Parameters
    ----------
    place : uint64
        Of 9 m₁ in the shared memory of this transform.
    shared_real, shared_imaginary : float32, shared
        From `first_half`.
    real, imaginary : float32 (8,), registers
        Written.
    """
    for n in range(HELD):
        real[n] = shared_real[place]
        imaginary[n] = shared_imaginary[place]
        place += _ONE
    eight(real, imaginary)
