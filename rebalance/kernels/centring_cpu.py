"""Where an object is, by a disc that moves to the centroid of what is under it."""

from __future__ import annotations

import numpy as np

from rebalance.kernels.compile import jit

STEPS = 50
CLOSE_ENOUGH = 0.005


@jit
def moving_centroid(images, radius, edge, farthest, centre, extent):
    """Centre and extent of the bright density of each image.

    Parameters
    ----------
    images : float32 (N, L, L)
        Smooth.
    radius, edge : float
        Soft disc: 0 beyond the radius, 1 inside radius − edge, linear between; pixels.
    farthest : float
        Longest distance of a centre from pixel (L/2, L/2).
    centre : float64 (N, 2)
        (x, y) from pixel (L/2, L/2); written.
    extent : float64 (N,)
        Radius about the centre that holds 95 % of the density above the mean under the disc;
        written.
    """
    box = images.shape[1]
    middle = box // 2
    shells = np.empty(box, dtype=np.float64)
    for n in range(images.shape[0]):
        cx = 0.0
        cy = 0.0
        for step in range(STEPS + 1):
            weight = 0.0
            total = 0.0
            for y in range(box):
                for x in range(box):
                    distance = np.sqrt((x - middle - cx) ** 2 + (y - middle - cy) ** 2)
                    window = min(max((radius - distance) / edge, 0.0), 1.0)
                    weight += window
                    total += window * images[n, y, x]
            mean = total / weight if weight > 0.0 else 0.0
            mass = 0.0
            mx = 0.0
            my = 0.0
            last = step == STEPS
            shells[:] = 0.0
            for y in range(box):
                for x in range(box):
                    dx = x - middle - cx
                    dy = y - middle - cy
                    distance = np.sqrt(dx * dx + dy * dy)
                    window = min(max((radius - distance) / edge, 0.0), 1.0)
                    density = window * max(images[n, y, x] - mean, 0.0)
                    mass += density
                    mx += density * dx
                    my += density * dy
                    shells[min(int(distance), box - 1)] += density
            if mass <= 0.0:
                last = True
            else:
                mx /= mass
                my /= mass
                if np.sqrt(mx * mx + my * my) < CLOSE_ENOUGH:
                    last = True
                else:
                    cx += mx
                    cy += my
            if last:
                break
        distance = np.sqrt(cx * cx + cy * cy)
        if distance > farthest:
            cx *= farthest / distance
            cy *= farthest / distance
        centre[n, 0] = cx
        centre[n, 1] = cy
        inside = 0.0
        extent[n] = radius
        for shell in range(box):
            inside += shells[shell]
            if inside >= 0.95 * mass:
                extent[n] = shell + 1.0
                break
