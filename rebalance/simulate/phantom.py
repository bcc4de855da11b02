"""The molecule of the simulations: a lopsided rotary motor of Gaussian blobs, drawn by rule.

It is no one's structure. A hollow head of six unequal lobes with a crown on one side, a bent
stalk, a bowed arm and a ring-shaped foot with a wing make it asymmetric, so that every direction
shows a picture of its own and opposite directions show mirror images.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from rebalance.model import DoubleArray
from rebalance.simulate.blobs import Blobs


@cache
def phantom() -> Blobs:
    """The built-in molecule: some 280 blobs, 180 Å tall, of no symmetry.

    Returns
    -------
    Blobs
        Centerd on its center of mass.
    """
    parts = [
        *(_lobe(number, size) for number, size in enumerate((21.0, 18.0, 23.0, 17.0, 25.0, 18.0))),
        _domain((40.0, 14.0, 74.0), (11.0, 11.0, 17.0), 16),
        _chain([(4, -3, 60), (2, 4, 20), (-8, 6, -10), (-2, 0, -50)], 22, sigma=5.0, mass=1.6),
        _chain([(-64, -14, 52), (-74, -20, 15), (-62, -14, -20), (-32, -4, -52)], 20, 4.4, 1.4),
        _ring(radius=30.0, height=-48.0, n=18),
        _ring(radius=20.0, height=-58.0, n=12),
        _ring(radius=28.0, height=-67.0, n=16),
        _domain((50.0, -22.0, -56.0), (21.0, 14.0, 13.0), 24),
    ]
    table = np.concatenate(parts)
    centre, sigma, mass = table[:, :3], table[:, 3], table[:, 4]
    centre = centre - (mass[:, None] * centre).sum(axis=0) / mass.sum()
    return Blobs(centre, sigma, mass)


def _lobe(number: int, size: float) -> DoubleArray:
    angle = np.pi / 3 * number + 0.12 * np.sin(2.3 * number)
    middle = (42 * np.cos(angle), 42 * np.sin(angle), 38 + 6 * np.cos(1.7 * number))
    return _domain(middle, (0.85 * size, 0.85 * size, 1.35 * size), 26)


def _domain(
    middle: tuple[float, float, float], radii: tuple[float, float, float], n: int
) -> DoubleArray:
    # Fibonacci spiral on the ellipsoid, every third point drawn inwards to fill it.
    step = np.arange(n)
    z = 1 - (2 * step + 1) / n
    angle = step * np.pi * (3 - np.sqrt(5))
    ring = np.sqrt(1 - z**2)
    depth = np.where(step % 3 == 0, 0.4, 1.0)[:, None]
    unit = np.column_stack([ring * np.cos(angle), ring * np.sin(angle), z])
    return _rows(np.asarray(middle) + depth * unit * np.asarray(radii), 4.4, 1.0)


def _ring(radius: float, height: float, n: int) -> DoubleArray:
    angle = 2 * np.pi * np.arange(n) / n
    wobble = height + 2 * np.sin(3 * angle)
    points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), wobble])
    return _rows(points, 4.6, 1.5)


def _chain(knots: list[tuple[int, int, int]], n: int, sigma: float, mass: float) -> DoubleArray:
    # Bézier curve through the end knots, with a helical ripple so that it isn't a straight rod.
    t = np.linspace(0, 1, n)[:, None]
    a, b, c, d = np.asarray(knots, dtype=np.float64)
    curve = (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d
    turn = 1.9 * np.arange(n)[:, None]
    return _rows(curve + 3.5 * np.hstack([np.cos(turn), np.sin(turn), 0 * turn]), sigma, mass)


def _rows(points: DoubleArray, sigma: float, mass: float) -> DoubleArray:
    # Unequal weights give the grain that side chains and gaps give a real projection.
    weight = mass * (1 + 0.45 * np.sin(2.1 * np.arange(len(points))))
    return np.column_stack([points, np.full(len(points), sigma), weight])
