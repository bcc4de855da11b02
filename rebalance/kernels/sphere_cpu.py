"""Power cells of points on the sphere; poses summed over small cells of it."""

from __future__ import annotations

import numpy as np

from rebalance.kernels.compile import inlined, jit

FIXED_POINT = 2.0**32
"""Parts of 1 in which directions are summed: whole numbers, so that their order is all one."""


@jit
def power_cells(centre, weight, at, owner, neighbour, n_angles, area, moment, change, reach):
    """Area and middle of the cell of each centre, and how its area goes with the weights.

    A direction d is in the cell of the centre c with the least |d − c|² − w. Along a great circle
    from c the cell ends where it meets the first neighbour c', at the angle r where
    c·(c − c') cos r + t·(c − c') sin r = (w' − w) / 2, t the tangent. That is integrated over t.

    Parameters
    ----------
    centre : float64 (B, 3)
    weight : float64 (B,)
    at : float64 (M, 3)
        Centres and their copies.
    owner : int64 (M,)
        The centre of each.
    neighbour : int64 (B, K)
        Rows of ``at``, not the centre itself.
    n_angles : int
        Tangents.
    area : float64 (B,)
        Steradians; 0 for a cell that doesn't hold its own centre.
    moment : float64 (B, 3)
        ∫ d over the cell.
    change : float64 (B, K)
        What area is lost to each neighbour as its weight grows by 1.
    reach : float64 (B,)
        The largest angle from the centre, radians.
    """
    n_neighbours = neighbour.shape[1]
    along = np.empty(n_neighbours)
    first = np.empty(n_neighbours)
    second = np.empty(n_neighbours)
    lead = np.empty(n_neighbours)
    step = 2 * np.pi / n_angles
    e1 = np.empty(3)
    e2 = np.empty(3)
    for k in range(centre.shape[0]):
        x, y, z = centre[k, 0], centre[k, 1], centre[k, 2]
        # A basis of the tangent plane without a special case but at one point.
        sign = 1.0 if z >= 0 else -1.0
        p = -1.0 / (sign + z)
        q = x * y * p
        e1[0], e1[1], e1[2] = 1.0 + sign * x * x * p, sign * q, -sign * x
        e2[0], e2[1], e2[2] = q, sign + y * y * p, -y
        inside = True
        for j in range(n_neighbours):
            row = neighbour[k, j]
            other = at[row]
            along[j] = 1.0 - (x * other[0] + y * other[1] + z * other[2])
            first[j] = -(e1[0] * other[0] + e1[1] * other[1] + e1[2] * other[2])
            second[j] = -(e2[0] * other[0] + e2[1] * other[1] + e2[2] * other[2])
            lead[j] = 0.5 * (weight[owner[row]] - weight[k])
            inside = inside and along[j] > lead[j]
            change[k, j] = 0.0
        area[k] = 0.0
        moment[k] = 0.0
        reach[k] = 0.0
        if not inside:
            continue
        for m in range(n_angles):
            c, s = np.cos((m + 0.5) * step), np.sin((m + 0.5) * step)
            least, nearest, steep = np.inf, -1, 1.0
            for j in range(n_neighbours):
                b = c * first[j] + s * second[j]
                square = b * b + along[j] * along[j] - lead[j] * lead[j]
                if square <= 0:
                    continue
                root = np.sqrt(square)
                if root <= b:
                    continue
                # tan(r / 2)
                half = (along[j] - lead[j]) / (root - b)
                if half < least:
                    least, nearest, steep = half, j, root
            if nearest < 0:
                cosine, sine, r = -1.0, 0.0, np.pi
            else:
                cosine = (1.0 - least * least) / (1.0 + least * least)
                sine = 2.0 * least / (1.0 + least * least)
                r = 2.0 * np.arctan(least)
                change[k, nearest] += step * 0.5 * sine / steep
            area[k] += step * (1.0 - cosine)
            up = step * 0.5 * sine * sine
            out = step * 0.5 * (r - sine * cosine)
            for d in range(3):
                moment[k, d] += up * centre[k, d] + out * (c * e1[d] + s * e2[d])
            reach[k] = max(reach[k], r)


@inlined
def _cell(x, y, z, n_rings, steps, first):
    """The cell of a direction: rings of one latitude, each cut into equal steps."""
    tilt = np.arctan2(np.sqrt(x * x + y * y), z)
    ring = min(int(tilt * (n_rings / np.pi)), n_rings - 1)
    turn = np.arctan2(y, x) / (2 * np.pi)
    turn -= np.floor(turn)
    return first[ring] + min(int(turn * steps[ring]), steps[ring] - 1)


@jit
def sum_over_cells(direction, operations, inner, steps, first, cell, count, total):
    """Poses of each small cell of one unit of the sphere, and the sum of their directions.

    Parameters
    ----------
    direction : float64 (P, 3)
        Unit vectors; NaN for no pose.
    operations : float64 (G, 3, 3)
    inner : float64 (G, 3)
        What each operation takes into one direction: the unit is what lies nearest it, of all
        copies and their opposites.
    steps, first : int64 (n_rings,)
        Cells of each ring, and the number of the first.
    cell : int32 (P,)
        Of each pose; −1 without one.
    count : int64 (C,)
        Added to.
    total : int64 (C, 3)
        Sums in parts of 1 / FIXED_POINT; added to.
    """
    n_rings = steps.shape[0]
    for i in range(direction.shape[0]):
        x, y, z = direction[i, 0], direction[i, 1], direction[i, 2]
        if not (np.isfinite(x) and np.isfinite(y) and np.isfinite(z)):
            cell[i] = -1
            continue
        nearest, most, sign = 0, -1.0, 1.0
        for g in range(inner.shape[0]):
            height = x * inner[g, 0] + y * inner[g, 1] + z * inner[g, 2]
            if abs(height) > most:
                nearest, most, sign = g, abs(height), 1.0 if height >= 0 else -1.0
        turn = operations[nearest]
        fx = sign * (turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z)
        fy = sign * (turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z)
        fz = sign * (turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z)
        number = _cell(fx, fy, fz, n_rings, steps, first)
        cell[i] = number
        count[number] += 1
        total[number, 0] += int(np.rint(fx * FIXED_POINT))
        total[number, 1] += int(np.rint(fy * FIXED_POINT))
        total[number, 2] += int(np.rint(fz * FIXED_POINT))


@jit
def passed_by(view, operations, directions, width, n, passed):
    """Which directions the slices of views and their copies pass: |u · g v| < width.

    Parameters
    ----------
    view : float64 (C, 3)
        Unit vectors.
    operations : float64 (G, 3, 3)
    directions : float64 (D, 3)
    width : float
    n : int64 (C,)
        How many each view passes, its copies counted one by one.
    passed : int16 (L,)
        Their numbers, view after view; of length 0 where only ``n`` is wanted.
    """
    fill = passed.shape[0] > 0
    end = 0
    for i in range(view.shape[0]):
        begin = end
        for g in range(operations.shape[0]):
            turn = operations[g]
            x = turn[0, 0] * view[i, 0] + turn[0, 1] * view[i, 1] + turn[0, 2] * view[i, 2]
            y = turn[1, 0] * view[i, 0] + turn[1, 1] * view[i, 1] + turn[1, 2] * view[i, 2]
            z = turn[2, 0] * view[i, 0] + turn[2, 1] * view[i, 1] + turn[2, 2] * view[i, 2]
            for j in range(directions.shape[0]):
                off = x * directions[j, 0] + y * directions[j, 1] + z * directions[j, 2]
                if abs(off) < width:
                    if fill:
                        passed[end] = j
                    end += 1
        n[i] = end - begin


@jit
def add_slices(start, passed, count, slices):
    """Slices that pass each direction, by the number of particles of each view.

    Parameters
    ----------
    start : int64 (C + 1,)
    passed : int16 (L,)
        Directions that view c passes: ``passed[start[c] : start[c + 1]]``.
    count : int64 (C,)
    slices : int64 (D,)
        Added to.
    """
    for i in range(count.shape[0]):
        if count[i] == 0:
            continue
        for at in range(start[i], start[i + 1]):
            slices[passed[at]] += count[i]
