"""The step of a climb: to the top of the quadratic model, or along the edge of the disc."""

from __future__ import annotations

import numpy as np

from rebalance.kernels.compile import jit


@jit
def ascent_step(derivatives, arm, limit, step):
    """The step to the top of the quadratic model, damped where it curves upwards, cut to a limit.

    Parameters
    ----------
    derivatives : float64 (10,)
        From `refine_cpu.evaluate`.
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
        From `refine_cpu.evaluate`.
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
