"""Directions of known distributions."""

from __future__ import annotations

import numpy as np

from rebalance.model import DoubleArray


def uniform(n: int, rng: np.random.Generator) -> DoubleArray:
    """All over the sphere."""
    direction = rng.normal(size=(n, 3))
    return direction / np.linalg.norm(direction, axis=1, keepdims=True)


def band(n: int, rng: np.random.Generator, half_width: float = 0.0) -> DoubleArray:
    """Side views all around z, so many degrees up and down."""
    height = rng.uniform(-1, 1, n) * np.sin(np.deg2rad(half_width))
    return _at(height, rng)


def cap(n: int, rng: np.random.Generator, half_angle: float) -> DoubleArray:
    """Within so many degrees of z."""
    return _at(rng.uniform(np.cos(np.deg2rad(half_angle)), 1, n), rng)


def clusters(n: int, rng: np.random.Generator, k: int = 12, spread: float = 2.0) -> DoubleArray:
    """About a few directions, unevenly many of each."""
    middle = uniform(k, rng)
    share = rng.dirichlet(np.ones(k))
    direction = middle[rng.choice(k, n, p=share)]
    direction = direction + np.deg2rad(spread) * rng.normal(size=(n, 3))
    return direction / np.linalg.norm(direction, axis=1, keepdims=True)


def _at(height: DoubleArray, rng: np.random.Generator) -> DoubleArray:
    turn = rng.uniform(0, 2 * np.pi, len(height))
    across = np.sqrt(1 - height**2)
    return np.stack([across * np.cos(turn), across * np.sin(turn), height], axis=1)
