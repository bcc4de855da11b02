"""Directions of view that are the same but for a point group and the mirror.

A molecule of symmetry G shows the same picture along v and along g·v, for every rotation g of G,
and its mirror image along −g·v. Views are therefore counted modulo the group and modulo the sign.
"""

from __future__ import annotations

import numpy as np

from rebalance.model import BoolArray, DoubleArray, IntArray


def closest(
    directions: DoubleArray, axes: DoubleArray, group: DoubleArray
) -> tuple[IntArray, BoolArray]:
    """Which axis a direction shows, modulo group and mirror, and whether from the opposite side.

    Parameters
    ----------
    directions : float64 (n, 3)
    axes : float64 (V, 3)
    group : float64 (G, 3, 3)

    Returns
    -------
    int64 (n,), bool (n,)
    """
    cosine = _signed_cosines(directions, axes, group)
    number = np.abs(cosine).argmax(axis=1).astype(np.int64)
    return number, cosine[np.arange(len(directions)), number] < 0


def angles(directions: DoubleArray, axes: DoubleArray, group: DoubleArray) -> DoubleArray:
    """Angle in radians of each direction with each axis, modulo group and mirror; (n, V)."""
    return np.arccos(np.clip(np.abs(_signed_cosines(directions, axes, group)), 0, 1))


def separation(axes: DoubleArray, group: DoubleArray) -> float:
    """Smallest angle between two of the axes, modulo group and mirror; degrees, inf for one."""
    apart = angles(axes, axes, group)
    np.fill_diagonal(apart, np.inf)
    return float(np.rad2deg(apart.min(initial=np.inf)))


def spread_views(
    n: int, group: DoubleArray, rng: np.random.Generator, fixed: DoubleArray | None = None
) -> DoubleArray:
    """Axes that keep as far away from each other as they can, modulo group and mirror.

    Every axis repels all images of the others under the group and their opposites, ever more
    sharply; its own images it doesn't mind, so that views down a symmetry axis occur.

    Parameters
    ----------
    n : int
    group : float64 (G, 3, 3)
    rng : numpy.random.Generator
    fixed : float64 (m, 3), optional
        Unit vectors that are to be the first m ≤ n axes.

    Returns
    -------
    float64 (n, 3)
    """
    held = np.zeros((0, 3)) if fixed is None else fixed
    # What n axes and their images can have: caps that cover four fifths of the sphere.
    expected = min(np.pi / 2, 2 * np.sqrt(1.6 / (n * len(group))))
    rounds = int(np.clip(4e8 / (len(group) * n**2), 20, 400))
    best, best_separation = held, -1.0
    for _ in range(3 if len(group) * n**2 < 3_000 else 1):
        free = rng.standard_normal((n - len(held), 3))
        axes = np.concatenate([held, free / np.linalg.norm(free, axis=1, keepdims=True)])
        for cooling in np.linspace(1, 0, rounds, endpoint=False) if n > 1 else ():
            image = np.einsum("gij,vj->gvi", group, axes)
            cosine = np.einsum("vi,gwi->gvw", axes, image)
            cosine[:, np.arange(n), np.arange(n)] = 0
            sharpness = (3 + 9 * (1 - cooling)) / expected**2
            force = np.sign(cosine) * np.abs(cosine) ** sharpness
            push = -np.einsum("gvw,gwi->vi", force, image)
            push -= (push * axes).sum(axis=1, keepdims=True) * axes
            push[: len(held)] = 0
            # Each its own step: a lone pair that is close must not hold up the others.
            length = np.linalg.norm(push, axis=1, keepdims=True)
            axes = axes + 0.25 * cooling * expected * push / np.maximum(length, 1e-12)
            axes /= np.linalg.norm(axes, axis=1, keepdims=True)
        reached = separation(axes, group)
        if reached > best_separation:
            best, best_separation = axes, reached
    return best


def _signed_cosines(directions: DoubleArray, axes: DoubleArray, group: DoubleArray) -> DoubleArray:
    """The cosine of largest size between each direction and the images of each axis; (n, V)."""
    largest = directions @ axes.T
    for turn in group[1:]:
        cosine = directions @ (axes @ turn.T).T
        largest = np.where(np.abs(cosine) > np.abs(largest), cosine, largest)
    return largest
