"""Correlation at any small shift or turn, as a weighted sum of that at a few of them.

A correlation over shifts within a small disc is band-limited: with u(φ) a unit vector it is a sum
of waves e^{2πi k u·t} over the rings k of the band, and along the angle one of waves e^{imθ}. The
weights with the least mean square error for waves of random phase are those of kriging (Matheron
1963, doi:10.2113/gsecongeo.58.8.1246). Their strength is taken as 1 / k for a ring and as
1 / √(1 + |m|) for an order: between what plain and whitened averages have.
"""

from __future__ import annotations

import numpy as np

from rebalance.model import DoubleArray

CIRCLES = (
    (0.0, ((2, 0.0),)),
    (0.8, ((1, 0.0), (5, 0.85))),
    (1.6, ((3, 0.38), (7, 0.92))),
    (2.15, ((3, 0.38), (9, 0.92))),
    (3.2, ((1, 0.0), (6, 0.5), (11, 0.94))),
    (3.7, ((2, 0.2), (7, 0.55), (13, 0.94))),
    (4.7, ((3, 0.25), (9, 0.6), (16, 0.95))),
)
"""Shifts that are enough for a phase of the finest ring at the edge of the disc in radians: circles
of so many, with a radius as a part of the disc's. The error of a wave is then below a hundredth,
root mean square."""

WIDEST = CIRCLES[-1][0]
"""Phase beyond which a disc isn't small."""

_TABLE_STEP, _TABLE_PHASE = 1 / 6, 0.45
"""Step of the table of shifts at most, as a part of the disc's radius and in phase."""

_RIDGE = 1e-6
"""Added to the variance: float32 values are no better than that."""

_ANGLES = 48
"""Of the quadrature over directions."""


def shift_nodes(max_shift: float, k_high: float) -> DoubleArray:
    """The shifts at which the correlation is computed, an even number of them.

    Parameters
    ----------
    max_shift : float
        Radius of the disc, pixels.
    k_high : float
        End of the band, cycles per pixel.

    Returns
    -------
    float64 (S, 2)
        (x, y), pixels.
    """
    phase = 2 * np.pi * k_high * max_shift
    circles = next(circles for widest, circles in CIRCLES if phase <= widest)
    points = []
    for number, (count, radius) in enumerate(circles):
        angle = 2 * np.pi * np.arange(count) / count + 0.3 * (number % 2 == 0)
        points.append(radius * max_shift * np.stack((np.cos(angle), np.sin(angle)), axis=1))
    return np.concatenate(points)


def shift_table(max_shift: float, k_high: float) -> DoubleArray:
    """Shifts near which the top is looked for: a hexagonal grid and the edge, float64 (P, 2)."""
    phase = 2 * np.pi * k_high * max_shift
    step = min(_TABLE_STEP, _TABLE_PHASE / phase) if phase > 0 else _TABLE_STEP
    reach = int(1 / step) + 2
    row, column = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    grid = np.stack((column + 0.5 * (row % 2), row * np.sqrt(0.75)), axis=-1).reshape(-1, 2) * step
    grid = grid[np.hypot(grid[:, 0], grid[:, 1]) < 1 - 0.5 * step]
    n_edge = int(np.ceil(2 * np.pi / step))
    angle = 2 * np.pi * np.arange(n_edge) / n_edge
    edge = np.stack((np.cos(angle), np.sin(angle)), axis=1)
    # The smallest first: ties go to them.
    grid = grid[np.argsort(np.hypot(grid[:, 0], grid[:, 1]), kind="stable")]
    return max_shift * np.concatenate((grid, edge))


def shift_weights(nodes: DoubleArray, points: DoubleArray, rings: DoubleArray) -> DoubleArray:
    """Weights of the nodes for a correlation at points, and for its derivatives.

    Parameters
    ----------
    nodes : float64 (S, 2)
    points : float64 (P, 2)
        Pixels.
    rings : float64 (K,)
        Cycles per pixel.

    Returns
    -------
    float64 (6, S, P)
        Of the value, and of its derivatives x, y, xx, xy, yy.
    """
    angle = 2 * np.pi * (np.arange(_ANGLES) + 0.5) / _ANGLES
    wave = 2 * np.pi * np.outer(rings, np.cos(angle)).ravel()
    other = 2 * np.pi * np.outer(rings, np.sin(angle)).ravel()
    strength = _root_of_share(np.repeat(1 / rings, _ANGLES))
    at_nodes = np.exp(1j * (nodes[:, :1] * wave + nodes[:, 1:] * other)) * strength
    at_points = np.exp(1j * (points[:, :1] * wave + points[:, 1:] * other)) * strength
    covariance = (at_nodes.conj() @ at_nodes.T).real + _RIDGE * np.eye(len(nodes))
    slopes = (
        np.ones_like(wave), 1j * wave, 1j * other, -(wave**2), -wave * other, -(other**2),
    )  # fmt: skip
    between = [(at_nodes.conj() @ (at_points * slope).T).real for slope in slopes]
    return np.stack([np.linalg.solve(covariance, one) for one in between])


def turn_table(n_angles: int, near: int, n_orders: int, n_turns: int) -> tuple[
    DoubleArray, DoubleArray
]:  # fmt: skip
    """Turns within half a step of the grid of angles, and weights of the angles about one.

    Parameters
    ----------
    n_angles : int
        Of the grid, on the full circle.
    near : int
        Angles that are used, an odd number.
    n_orders : int
        Orders of the band, from 0.
    n_turns : int

    Returns
    -------
    float64 (D,)
        Radians.
    float64 (3, near, D)
        Weights of the value, and of its first two derivatives by the angle.
    """
    step = 2 * np.pi / n_angles
    turns = np.linspace(-0.55, 0.55, n_turns) * step
    grid = (np.arange(near) - near // 2) * step
    order = np.arange(-n_orders + 1, n_orders)
    strength = _root_of_share(1 / np.sqrt(1 + np.abs(order)))
    at_grid = np.exp(1j * grid[:, None] * order) * strength
    at_turns = np.exp(1j * turns[:, None] * order) * strength
    covariance = (at_grid.conj() @ at_grid.T).real + _RIDGE * np.eye(near)
    between = [(at_grid.conj() @ (at_turns * (1j * order) ** d).T).real for d in range(3)]
    return turns, np.stack([np.linalg.solve(covariance, one) for one in between])


def _root_of_share(power: DoubleArray) -> DoubleArray:
    return np.asarray(np.sqrt(power / power.sum()))
