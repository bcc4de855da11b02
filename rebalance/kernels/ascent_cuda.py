"""The steps of a climb on a GPU: those of `ascent_cpu`, in float32."""

from __future__ import annotations

import math

import numpy as np

from rebalance.kernels.compile_cuda import device
from rebalance.kernels.turn_cuda import turn

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_TWO = np.float32(2.0)
_FOUR = np.float32(4.0)
_TWO_PI = np.float32(2.0 * np.pi)
_DAMPINGS = 12
_FLOOR = np.float32(1e-3)
_TINY = np.float32(1e-12)


@device
def ascent_step(d, arm, limit):
    """The step of `ascent_cpu.ascent_step`, in float32.

    Parameters
    ----------
    d : float32 (SUMS,)
        From `evaluate`.
    arm : float32
        Pixels that one radian is worth.
    limit : float32
        Longest step in pixels, rotation counted by the arm.

    Returns
    -------
    theta, x, y : float32
    newton : bool
        True if it is the plain Newton step.
    """
    gt = d[1] / arm
    gx = d[3]
    gy = d[4]
    tt = -d[2] / (arm * arm)
    tx = -d[5] / arm
    ty = -d[6] / arm
    xx = -d[7]
    xy = -d[8]
    yy = -d[9]
    damping = _ZERO
    floor = _FLOOR * (abs(tt) + abs(xx) + abs(yy)) + _TINY
    for _ in range(_DAMPINGS):
        # Cholesky of the damped curvature.
        l00 = tt + damping
        if l00 > _ZERO:
            l10 = tx / l00
            l20 = ty / l00
            d1 = xx + damping - l10 * tx
            if d1 > _ZERO:
                rest = xy - l10 * ty
                l21 = rest / d1
                d2 = yy + damping - l20 * ty - l21 * rest
                if d2 > _ZERO:
                    z1 = gx - l10 * gt
                    z2 = gy - l20 * gt - l21 * z1
                    py = z2 / d2
                    px = z1 / d1 - l21 * py
                    pt = gt / l00 - l10 * px - l20 * py
                    scale = limit / max(math.sqrt(pt * pt + px * px + py * py), limit)
                    newton = damping == _ZERO and scale == _ONE
                    return scale * pt / arm, scale * px, scale * py, newton
        damping = max(floor, _FOUR * damping)
    scale = limit / (math.sqrt(gt * gt + gx * gx + gy * gy) + _TINY * _TINY)
    return gt * scale / arm, gx * scale, gy * scale, False


@device
def edge_step(d, arm, limit, x, y, to_x, to_y, max_shift):
    """The step of `ascent_cpu.edge_step`, in float32 and without arc tangent.

    Parameters
    ----------
    d : float32 (SUMS,)
        From `evaluate`.
    arm, limit : float32
        As in `ascent_step`.
    x, y : float32
        The shift now.
    to_x, to_y : float32
        Where the free step leads, outside the disc.
    max_shift : float32
        Radius of the disc.

    Returns
    -------
    theta, x, y : float32
    newton : bool
        True if it is the plain Newton step.
    """
    length = math.sqrt(to_x * to_x + to_y * to_y)
    nx = to_x / length
    ny = to_y / length
    dx = max_shift * nx - x
    dy = max_shift * ny - y
    gt = (d[1] + d[5] * dx + d[6] * dy) / arm
    gx = d[3] + d[7] * dx + d[8] * dy
    gy = d[4] + d[8] * dx + d[9] * dy
    along = gy * nx - gx * ny
    tt = -d[2] / (arm * arm)
    ta = -(d[6] * nx - d[5] * ny) / arm
    aa = -(d[7] * ny * ny - _TWO * d[8] * nx * ny + d[9] * nx * nx)
    if max_shift > _ZERO:
        # The edge bends away from the outward slope.
        aa += (gx * nx + gy * ny) / max_shift
    damping = _ZERO
    floor = _FLOOR * (abs(tt) + abs(aa)) + _TINY
    for _ in range(_DAMPINGS):
        determinant = (tt + damping) * (aa + damping) - ta * ta
        if tt + damping > _ZERO and determinant > _ZERO:
            turning = ((aa + damping) * gt - ta * along) / determinant
            arc = ((tt + damping) * along - ta * gt) / determinant
            scale = limit / max(math.sqrt(turning * turning + arc * arc), limit)
            newton = damping == _ZERO and scale == _ONE
            c, s = _ONE, _ZERO
            if max_shift > _ZERO:
                c, s = turn(scale * arc / (_TWO_PI * max_shift))
            return (
                scale * turning / arm,
                max_shift * (nx * c - ny * s) - x,
                max_shift * (ny * c + nx * s) - y,
                newton,
            )
        damping = max(floor, _FOUR * damping)
    return _ZERO, dx, dy, False
