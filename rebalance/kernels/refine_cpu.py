"""Climbing a peak of the correlation C(θ, t) at full band, by Newton steps.

For samples Â, B̂ of two images on rings k and angles φ, and θ on the grid of angles,

    C(θ, t) = 2 Re Σ_k Σ_{φ<π} conj(Â(k, φ)) e^{−2πi k t·u(φ)} B̂(k, φ − θ)

needs no interpolation: a rotation by a whole number of samples is an index, a shift a phase. With
the first two derivatives of B̂ along φ, one pass over the samples gives C, its gradient and its
Hessian in (θ, t_x, t_y); the peak between the samples is that of the quadratic.
"""

from __future__ import annotations

import numpy as np

from rebalance.kernels.compile import jit
from rebalance.kernels.limits import MAX_HALF
from rebalance.kernels.turn_cpu import turn

BLOCK = 32
"""Angles a pass; the half circle is a multiple of it."""

COMPONENTS = 6
"""Re B, Im B, Re B′, Im B′, Re B″, Im B″."""

STRIDE = 3 * MAX_HALF + 16
"""Distance of the components of an expanded ring: a constant that the compiler can see."""

SUMS = 10
"""C, C_θ, C_θθ, C_x, C_y, C_θx, C_θy, C_xx, C_xy, C_yy."""

SCRATCH = 20 * BLOCK
"""Length of the scratch that `evaluate` wants."""

CLOSE = 0.08
"""A Newton step shorter than this, in periods of the highest frequency, is the last."""

HOPELESS = 0.005
"""A climb ends when its predicted top is this much below what is to be beaten."""

_POSITIVE = 0xFFFFFFF


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
            # Half circles alternate between B̂ and its conjugate.
            sign = np.float32(1.0)
            for first in range(0, 3 * half, half):
                if mirror:
                    # φ → π − φ: angle p is sample H − p, and the one at H conjugates sample 0.
                    out[at + first] = flip * real[derivative, ring, 0]
                    out[at + first + STRIDE] = -flip * sign * imaginary[derivative, ring, 0]
                    for s in range(1, half):
                        out[at + first + s] = flip * real[derivative, ring, half - s]
                        out[at + first + s + STRIDE] = (
                            flip * sign * imaginary[derivative, ring, half - s]
                        )
                else:
                    for s in range(half):
                        out[at + first + s] = real[derivative, ring, s]
                        out[at + first + s + STRIDE] = sign * imaginary[derivative, ring, s]
                sign = -sign
            if mirror:
                flip = -flip


@jit
def _add_block(a_real, a_imaginary, column, q0, p0, n_rings, ux, uy, k_first, k_step, tx, ty, w):
    """Add one block of angles to the sums in rows 10 to 19 of the scratch ``w``.

    The scratch is flat and its offsets are constants, indices are masked to be seen as positive,
    and no loop reads from more than a few arrays: all three are what the compiler needs to prove
    that a loop may be vectorised.
    """
    q0 &= _POSITIVE
    p0 &= _POSITIVE
    for lane in range(BLOCK):
        along = ux[q0 + lane] * tx + uy[q0 + lane] * ty
        w[lane], w[BLOCK + lane] = turn(-k_first * along)
        w[2 * BLOCK + lane], w[3 * BLOCK + lane] = turn(-k_step * along)
    for lane in range(6 * BLOCK):
        w[4 * BLOCK + lane] = 0.0
    for ring in range(0, n_rings, 2):
        # Two rings a pass, so that the sums are loaded and stored half as often.
        k = k_first + np.float32(ring) * k_step
        k_odd = k + k_step
        kk = k * k
        kk_odd = k_odd * k_odd
        even = (ring * COMPONENTS * STRIDE + p0) & _POSITIVE
        odd = even + COMPONENTS * STRIDE
        for lane in range(BLOCK):
            pr = w[lane]
            pi = w[BLOCK + lane]
            sr = w[2 * BLOCK + lane]
            si = w[3 * BLOCK + lane]
            ar = a_real[ring, q0 + lane]
            ai = a_imaginary[ring, q0 + lane]
            zr = ar * pr + ai * pi
            zi = ar * pi - ai * pr
            qr = pr * sr - pi * si
            qi = pr * si + pi * sr
            ar = a_real[ring + 1, q0 + lane]
            ai = a_imaginary[ring + 1, q0 + lane]
            yr = ar * qr + ai * qi
            yi = ar * qi - ai * qr
            w[lane] = qr * sr - qi * si
            w[BLOCK + lane] = qr * si + qi * sr
            br = column[even + lane]
            bi = column[even + STRIDE + lane]
            cr = column[odd + lane]
            ci = column[odd + STRIDE + lane]
            value = zr * br - zi * bi
            other = yr * cr - yi * ci
            w[4 * BLOCK + lane] += value + other
            w[5 * BLOCK + lane] += kk * value + kk_odd * other
            w[6 * BLOCK + lane] += k * (zr * bi + zi * br) + k_odd * (yr * ci + yi * cr)
            br = column[even + 2 * STRIDE + lane]
            bi = column[even + 3 * STRIDE + lane]
            cr = column[odd + 2 * STRIDE + lane]
            ci = column[odd + 3 * STRIDE + lane]
            w[7 * BLOCK + lane] += zr * br - zi * bi + (yr * cr - yi * ci)
            w[8 * BLOCK + lane] += k * (zr * bi + zi * br) + k_odd * (yr * ci + yi * cr)
            br = column[even + 4 * STRIDE + lane]
            bi = column[even + 5 * STRIDE + lane]
            cr = column[odd + 4 * STRIDE + lane]
            ci = column[odd + 5 * STRIDE + lane]
            w[9 * BLOCK + lane] += zr * br - zi * bi + (yr * cr - yi * ci)
    for lane in range(BLOCK):
        x = ux[q0 + lane]
        y = uy[q0 + lane]
        w[10 * BLOCK + lane] += w[4 * BLOCK + lane]
        w[11 * BLOCK + lane] += w[7 * BLOCK + lane]
        w[12 * BLOCK + lane] += w[9 * BLOCK + lane]
        w[13 * BLOCK + lane] += x * w[6 * BLOCK + lane]
        w[14 * BLOCK + lane] += y * w[6 * BLOCK + lane]
        w[15 * BLOCK + lane] += x * w[8 * BLOCK + lane]
        w[16 * BLOCK + lane] += y * w[8 * BLOCK + lane]
        w[17 * BLOCK + lane] += x * x * w[5 * BLOCK + lane]
        w[18 * BLOCK + lane] += x * y * w[5 * BLOCK + lane]
        w[19 * BLOCK + lane] += y * y * w[5 * BLOCK + lane]


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
    for lane in range(SUMS * BLOCK):
        work[10 * BLOCK + lane] = 0.0
    for q0 in range(0, half, BLOCK):
        _add_block(
            a_real, a_imaginary, column, q0, start + q0, n_rings, ux, uy, k_first, k_step, tx, ty,
            work,
        )  # fmt: skip
    for row in range(SUMS):
        total = 0.0
        for lane in range(BLOCK):
            total += work[(10 + row) * BLOCK + lane]
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
def ascent_step(derivatives, arm, limit, step):
    """The step to the top of the quadratic model, damped where it curves upwards, cut to a limit.

    Parameters
    ----------
    derivatives : float64 (10,)
        From `evaluate`.
    arm : float
        Pixels that one radian is worth.
    limit : float
        Longest step in pixels, rotation counted by the arm.
    step : float64 (3,)
        (θ, x, y); written.

    Returns
    -------
    bool
        True if it is the plain Newton step.
    """
    gt = derivatives[1] / arm
    gx = derivatives[3]
    gy = derivatives[4]
    tt = -derivatives[2] / (arm * arm)
    tx = -derivatives[5] / arm
    ty = -derivatives[6] / arm
    xx = -derivatives[7]
    xy = -derivatives[8]
    yy = -derivatives[9]
    damping = 0.0
    floor = 1e-3 * (abs(tt) + abs(xx) + abs(yy)) + 1e-12
    for _ in range(12):
        # Cholesky of the damped curvature.
        l00 = tt + damping
        if l00 > 0.0:
            l10 = tx / l00
            l20 = ty / l00
            d1 = xx + damping - l10 * tx
            if d1 > 0.0:
                l21 = (xy - l10 * ty) / d1
                d2 = yy + damping - l20 * ty - l21 * (xy - l10 * ty)
                if d2 > 0.0:
                    z1 = gx - l10 * gt
                    z2 = gy - l20 * gt - l21 * z1
                    py = z2 / d2
                    px = z1 / d1 - l21 * py
                    pt = gt / l00 - l10 * px - l20 * py
                    length = np.sqrt(pt * pt + px * px + py * py)
                    scale = min(1.0, limit / length) if length > 0.0 else 1.0
                    step[0] = scale * pt / arm
                    step[1] = scale * px
                    step[2] = scale * py
                    return damping == 0.0 and scale == 1.0
        damping = max(floor, 4.0 * damping)
    length = np.sqrt(gt * gt + gx * gx + gy * gy) + 1e-300
    step[0] = gt / length * limit / arm
    step[1] = gx / length * limit
    step[2] = gy / length * limit
    return False


@jit
def edge_step(derivatives, arm, limit, x, y, max_shift, step):
    """A step along the edge of the disc of shifts, for a climb that would leave it.

    The quadratic model is taken at the point of the edge nearest to where the free step leads, in
    θ and the arc along the edge.

    Parameters
    ----------
    derivatives : float64 (10,)
        From `evaluate`.
    arm, limit : float
        As in `ascent_step`.
    x, y : float
        The shift now.
    max_shift : float
        Radius of the disc.
    step : float64 (3,)
        The free step; read and written.

    Returns
    -------
    bool
        True if it is the plain Newton step.
    """
    d = derivatives
    away = np.arctan2(y + step[2], x + step[1])
    nx = np.cos(away)
    ny = np.sin(away)
    dx = max_shift * nx - x
    dy = max_shift * ny - y
    gt = (d[1] + d[5] * dx + d[6] * dy) / arm
    gx = d[3] + d[7] * dx + d[8] * dy
    gy = d[4] + d[8] * dx + d[9] * dy
    along = gy * nx - gx * ny
    tt = -d[2] / (arm * arm)
    ta = -(d[6] * nx - d[5] * ny) / arm
    aa = -(d[7] * ny * ny - 2.0 * d[8] * nx * ny + d[9] * nx * nx)
    if max_shift > 0.0:
        # The edge bends away from the outward slope.
        aa += (gx * nx + gy * ny) / max_shift
    damping = 0.0
    floor = 1e-3 * (abs(tt) + abs(aa)) + 1e-12
    for _ in range(12):
        determinant = (tt + damping) * (aa + damping) - ta * ta
        if tt + damping > 0.0 and determinant > 0.0:
            break
        damping = max(floor, 4.0 * damping)
    else:
        step[0] = 0.0
        step[1] = dx
        step[2] = dy
        return False
    turn_step = ((aa + damping) * gt - ta * along) / determinant
    arc = ((tt + damping) * along - ta * gt) / determinant
    length = np.sqrt(turn_step * turn_step + arc * arc)
    scale = min(1.0, limit / length) if length > 0.0 else 1.0
    bearing = away + (scale * arc / max_shift if max_shift > 0.0 else 0.0)
    step[0] = scale * turn_step / arm
    step[1] = max_shift * np.cos(bearing) - x
    step[2] = max_shift * np.sin(bearing) - y
    return damping == 0.0 and scale == 1.0


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
