"""Climbing a peak of the correlation C(θ, t) at full band, by Newton steps.

For samples Â, B̂ of two images on rings k and angles φ, and θ on the grid of angles,

    C(θ, t) = 2 Re Σ_k Σ_{φ<π} conj(Â(k, φ)) e^{−2πi k t·u(φ)} B̂(k, φ − θ)

needs no interpolation: a rotation by a whole number of samples is an index, a shift a phase. With
the first two derivatives of B̂ along φ, one pass over the samples gives C, its gradient and its
Hessian in (θ, t_x, t_y); the peak between the samples is that of the quadratic.
"""

from __future__ import annotations

import numpy as np

from rebalance.kernels.ascent_cpu import ascent_step, edge_step
from rebalance.kernels.compile import jit
from rebalance.kernels.limits import MAX_HALF
from rebalance.kernels.turn_cpu import turn

BLOCK = 32
"""Angles that are summed side by side; the half circle is a multiple of it."""

COMPONENTS = 6
"""Re B, Im B, Re B′, Im B′, Re B″, Im B″."""

STRIDE = 3 * MAX_HALF + 16
"""Distance of the components of an expanded ring: a constant that the compiler can see."""

SUMS = 10
"""C, C_θ, C_θθ, C_x, C_y, C_θx, C_θy, C_xx, C_xy, C_yy."""

PITCH = MAX_HALF + 16
"""Distance of the rows of the scratch of `evaluate`."""

TOTALS = 10 * PITCH
"""Where the sums over angles begin in it."""

SCRATCH = TOTALS + SUMS * BLOCK
"""Its length."""

CLOSE = 0.08
"""A Newton step shorter than this, in periods of the highest frequency, is the last."""

HOPELESS = 0.005
"""A climb ends when its predicted top is this much below what is to be beaten."""

_POSITIVE = 0xFFFFFFF


@jit
def _lay_circle(values, mirror, flip, sign, at, half, out):
    """Lay out one component of one ring.

    Half circles alternate between B̂ and its conjugate, which `sign` · `flip` says of this one.
    """
    at &= _POSITIVE
    half &= _POSITIVE
    if mirror:
        # φ → π − φ: angle p is sample H − p, and the one at H conjugates sample 0.
        out[at] = sign * values[0]
        for s in range(1, half):
            out[at + s] = flip * values[half - s]
    else:
        for s in range(half):
            out[at + s] = values[s]
    turned = sign * flip
    for s in range(half):
        out[at + half + s] = turned * out[at + s]
    for s in range(half):
        out[at + 2 * half + s] = out[at + s]


@jit
def expand_column(real, imaginary, mirror, out):
    """Lay a half circle out over one and a half, so that any rotation is one slice.

    Parameters
    ----------
    real, imaginary : float32 (3, K, H)
        B̂, ∂B̂/∂φ and ∂²B̂/∂φ² on the half circle; H at most `MAX_HALF`.
    mirror : bool
        Of the image flipped in x: B̂(k, π − φ).
    out : float32 (K · COMPONENTS · STRIDE,)
        Component c of ring r at angle index p, 0 ≤ p < 3H, at ((r · 6) + c) · STRIDE + p; written.
    """
    n_rings, half = real.shape[1], real.shape[2]
    for ring in range(n_rings):
        flip = np.float32(1.0)
        for derivative in range(3):
            at = (ring * COMPONENTS + 2 * derivative) * STRIDE
            _lay_circle(real[derivative, ring], mirror, flip, flip, at, half, out)
            _lay_circle(imaginary[derivative, ring], mirror, flip, -flip, at + STRIDE, half, out)
            if mirror:
                flip = -flip


@jit
def _start_phases(ux, uy, k_first, k_step, tx, ty, w):
    """Phase of the first ring (rows 0, 1) and from ring to ring (rows 2, 3); sums 4 to 9 are 0."""
    half = ux.shape[0] & _POSITIVE
    for q in range(half):
        along = ux[q] * tx + uy[q] * ty
        w[q], w[PITCH + q] = turn(-k_first * along)
        w[2 * PITCH + q], w[3 * PITCH + q] = turn(-k_step * along)
    for row in range(4, 10):
        for q in range(half):
            w[row * PITCH + q] = 0.0


@jit
def _add_rings(a_real, a_imaginary, column, ring, start, half, k, k_odd, w):
    """Add two rings to the sums over rings, which stay apart by angle in rows 4 to 9.

    Two rings a pass, so that the sums are loaded and stored half as often, and the whole half
    circle, so that memory is read in long runs. The scratch is flat and its offsets are constants,
    indices are masked to be seen as positive: that is what the compiler needs to prove that the
    loop may be vectorised.
    """
    even = (ring * COMPONENTS * STRIDE + start) & _POSITIVE
    odd = even + COMPONENTS * STRIDE
    kk = k * k
    kk_odd = k_odd * k_odd
    for q in range(half):
        pr = w[q]
        pi = w[PITCH + q]
        sr = w[2 * PITCH + q]
        si = w[3 * PITCH + q]
        ar = a_real[ring, q]
        ai = a_imaginary[ring, q]
        zr = ar * pr + ai * pi
        zi = ar * pi - ai * pr
        qr = pr * sr - pi * si
        qi = pr * si + pi * sr
        ar = a_real[ring + 1, q]
        ai = a_imaginary[ring + 1, q]
        yr = ar * qr + ai * qi
        yi = ar * qi - ai * qr
        w[q] = qr * sr - qi * si
        w[PITCH + q] = qr * si + qi * sr
        br = column[even + q]
        bi = column[even + STRIDE + q]
        cr = column[odd + q]
        ci = column[odd + STRIDE + q]
        value = zr * br - zi * bi
        other = yr * cr - yi * ci
        w[4 * PITCH + q] += value + other
        w[5 * PITCH + q] += kk * value + kk_odd * other
        w[6 * PITCH + q] += k * (zr * bi + zi * br) + k_odd * (yr * ci + yi * cr)
        br = column[even + 2 * STRIDE + q]
        bi = column[even + 3 * STRIDE + q]
        cr = column[odd + 2 * STRIDE + q]
        ci = column[odd + 3 * STRIDE + q]
        w[7 * PITCH + q] += zr * br - zi * bi + (yr * cr - yi * ci)
        w[8 * PITCH + q] += k * (zr * bi + zi * br) + k_odd * (yr * ci + yi * cr)
        br = column[even + 4 * STRIDE + q]
        bi = column[even + 5 * STRIDE + q]
        cr = column[odd + 4 * STRIDE + q]
        ci = column[odd + 5 * STRIDE + q]
        w[9 * PITCH + q] += zr * br - zi * bi + (yr * cr - yi * ci)


@jit
def _sum_angles(ux, uy, w):
    """Sum the rows 4 to 9 over every 32nd angle, times the components of u that a shift brings."""
    for lane in range(SUMS * BLOCK):
        w[TOTALS + lane] = 0.0
    for first in range(0, ux.shape[0], BLOCK):
        q0 = first & _POSITIVE
        for lane in range(BLOCK):
            w[TOTALS + lane] += w[4 * PITCH + q0 + lane]
            w[TOTALS + BLOCK + lane] += w[7 * PITCH + q0 + lane]
            w[TOTALS + 2 * BLOCK + lane] += w[9 * PITCH + q0 + lane]
        for lane in range(BLOCK):
            x = ux[q0 + lane]
            y = uy[q0 + lane]
            w[TOTALS + 3 * BLOCK + lane] += x * w[6 * PITCH + q0 + lane]
            w[TOTALS + 4 * BLOCK + lane] += y * w[6 * PITCH + q0 + lane]
            w[TOTALS + 5 * BLOCK + lane] += x * w[8 * PITCH + q0 + lane]
            w[TOTALS + 6 * BLOCK + lane] += y * w[8 * PITCH + q0 + lane]
        for lane in range(BLOCK):
            x = ux[q0 + lane]
            y = uy[q0 + lane]
            curved = w[5 * PITCH + q0 + lane]
            w[TOTALS + 7 * BLOCK + lane] += x * x * curved
            w[TOTALS + 8 * BLOCK + lane] += x * y * curved
            w[TOTALS + 9 * BLOCK + lane] += y * y * curved


@jit
def evaluate(
    a_real, a_imaginary, column, step, n_rings, ux, uy, k_first, k_step, tx, ty, work, out
):
    """C and its derivatives at rotation ``step`` · 2π / 2H and shift (tx, ty).

    Parameters
    ----------
    a_real, a_imaginary : float32 (K, H)
        K even.
    column : float32, flat
        From `expand_column`.
    step : int
        Rotation in samples, 0 ≤ step < 2H.
    n_rings : int
        The lowest rings to use, an even number.
    ux, uy : float32 (H,)
        Cosine and sine of the angles.
    k_first, k_step : float32
    tx, ty : float32
        Pixels.
    work : float32 (SCRATCH,)
    out : float64 (10,)
        See `SUMS`; per radian and per pixel; written.
    """
    half = ux.shape[0]
    start = (2 * half - step) % (2 * half)
    _start_phases(ux, uy, k_first, k_step, tx, ty, work)
    for ring in range(0, n_rings, 2):
        k = k_first + np.float32(ring) * k_step
        _add_rings(a_real, a_imaginary, column, ring, start, half, k, k + k_step, work)
    _sum_angles(ux, uy, work)
    for row in range(SUMS):
        total = 0.0
        for lane in range(BLOCK):
            total += work[TOTALS + row * BLOCK + lane]
        out[row] = 2.0 * total
    # B̂(φ − θ): one minus sign for each derivative along θ; shifts bring −2πi k u.
    out[1] = -out[1]
    out[3] *= 2.0 * np.pi
    out[4] *= 2.0 * np.pi
    out[5] *= -2.0 * np.pi
    out[6] *= -2.0 * np.pi
    out[7] *= -4.0 * np.pi**2
    out[8] *= -4.0 * np.pi**2
    out[9] *= -4.0 * np.pi**2


@jit
def climb(
    a_real, a_imaginary, column, n_rings, ux, uy, k_first, k_step, max_shift, max_steps, beat,
    point, work, derivatives, step,
):  # fmt: skip
    """Climb from a point to the peak near it, on the lowest rings.

    Parameters
    ----------
    max_shift : float
        Radius of the disc of shifts in pixels; a step that would leave it goes along its edge.
    max_steps : int
        Evaluations at most.
    beat : float
        Correlation that the peak must reach to be of use; a climb that will not is given up.
    point : float64 (3,)
        (θ in radians, t_x, t_y); read and written.

    Returns
    -------
    float
        C at the point, from the quadratic of the last evaluation.
    """
    half = ux.shape[0]
    spacing = np.pi / half
    k_high = k_first + n_rings * k_step
    arm = 0.25 * half / (np.pi * k_high) if k_high > 0 else 1.0
    limit = 0.2 / k_high
    close = CLOSE / k_high
    value = -2.0
    for _ in range(max_steps):
        nearest = int(np.floor(point[0] / spacing + 0.5))
        evaluate(
            a_real, a_imaginary, column, nearest % (2 * half), n_rings, ux, uy,
            np.float32(k_first), np.float32(k_step), np.float32(point[1]), np.float32(point[2]),
            work, derivatives,
        )  # fmt: skip
        newton = ascent_step(derivatives, arm, limit, step)
        x = point[1] + step[1]
        y = point[2] + step[2]
        length = np.sqrt(x * x + y * y)
        if length > max_shift:
            newton = edge_step(derivatives, arm, limit, point[1], point[2], max_shift, step)
        d = derivatives
        value = (
            d[0]
            + d[1] * step[0] + d[3] * step[1] + d[4] * step[2]
            + 0.5 * (d[2] * step[0] ** 2 + d[7] * step[1] ** 2 + d[9] * step[2] ** 2)
            + d[5] * step[0] * step[1] + d[6] * step[0] * step[2] + d[8] * step[1] * step[2]
        )  # fmt: skip
        point[0] = nearest * spacing + step[0]
        point[1] += step[1]
        point[2] += step[2]
        if value + HOPELESS < beat:
            break
        moved = np.sqrt(step[1] ** 2 + step[2] ** 2)
        if newton and moved < close and abs(step[0]) < 0.6 * spacing:
            break
    return value
