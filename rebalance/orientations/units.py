"""One unit of the sphere under a point group, and points spread evenly over the sphere."""

from __future__ import annotations

import numpy as np

from rebalance.model import BoolArray, DoubleArray, IntArray

_CANDIDATES = 400


def fibonacci_sphere(n: int) -> DoubleArray:
    """Unit vectors spread evenly over the sphere, by a Fibonacci spiral from z = 1 to −1.

    Returns
    -------
    float64 (n, 3)
    """
    z = 1.0 - (2.0 * np.arange(n) + 1.0) / n
    angle = np.pi * (3.0 - np.sqrt(5.0)) * np.arange(n)
    radius = np.sqrt(1.0 - z**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)


def inner_direction(operations: DoubleArray, antipodal: bool) -> DoubleArray:
    """A direction as far as may be from its own copies: the middle of a unit of the group.

    Parameters
    ----------
    operations : float64 (G, 3, 3)
        The identity first.
    antipodal : bool
        Its opposite is a copy too.

    Returns
    -------
    float64 (3,)
    """
    # Of the many that are as far, the first is taken.
    tried = fibonacci_sphere(_CANDIDATES)
    likeness = np.einsum("ni,gij,nj->gn", tried, operations[1:], tried)
    if antipodal:
        likeness = np.abs(likeness)
    apart = likeness.max(axis=0, initial=-1.0)
    best: DoubleArray = tried[int(np.argmin(np.round(apart, 6)))]
    return best


def nearest_copy(
    points: DoubleArray, operations: DoubleArray, inner: DoubleArray, antipodal: bool
) -> tuple[IntArray, BoolArray]:
    """Which operation takes each point nearest to a direction, and whether its opposite is.

    Parameters
    ----------
    points : float64 (N, 3)
    operations : float64 (G, 3, 3)
    inner : float64 (3,)
    antipodal : bool

    Returns
    -------
    int64 (N,), bool (N,)
    """
    nearest = np.zeros(len(points), dtype=np.int64)
    most = np.full(len(points), -np.inf)
    opposite = np.zeros(len(points), dtype=bool)
    for number, image in enumerate(np.einsum("gij,i->gj", operations, inner)):
        height = np.einsum("nj,j->n", points, image)
        size = np.abs(height) if antipodal else height
        closer = size > most
        nearest[closer], most[closer] = number, size[closer]
        opposite[closer] = height[closer] < 0 if antipodal else False
    return nearest, opposite
