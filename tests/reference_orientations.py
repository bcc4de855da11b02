"""Slow, obviously right versions of what is computed from directions of view, in float64."""

from __future__ import annotations

import math

import numpy as np


def expanded(direction: np.ndarray, operations: np.ndarray) -> list[np.ndarray]:
    """Every copy of every direction that is finite, one by one."""
    return [turn @ n for n in direction if np.isfinite(n).all() for turn in operations]


def slices_by_loops(
    direction: np.ndarray, operations: np.ndarray, radius: float = 50.0, n_directions: int = 5_000
) -> tuple[np.ndarray, np.ndarray]:
    """Directions of Fourier space, and how many slices pass within half a pixel of each."""
    golden = math.pi * (3 - math.sqrt(5))
    directions = np.zeros((n_directions, 3))
    for j in range(n_directions):
        z = (j + 0.5) / n_directions
        across = math.sqrt(1 - z * z)
        directions[j] = (across * math.cos(golden * j), across * math.sin(golden * j), z)
    copies = expanded(direction, operations)
    slices = np.zeros(n_directions)
    for j in range(n_directions):
        for n in copies:
            if abs(directions[j] @ n) * radius < 0.5:
                slices[j] += 1
    return directions, slices


def scf_by_loops(slices: np.ndarray) -> tuple[float, float]:
    """SCF and SCF* as in the papers."""
    sampled = [s for s in slices if s > 0]
    if not sampled:
        return 0.0, 0.0
    mean_of_inverse = sum(1 / s for s in sampled) / len(sampled)
    mean = sum(slices) / len(slices)
    scf = 1 / (mean_of_inverse * mean)
    gaps = (len(slices) - len(sampled)) / len(slices)
    return scf, scf / (1 + gaps / (1 - gaps) * mean * scf / 2)


def bins_by_loops(
    direction: np.ndarray,
    centre: np.ndarray,
    weight: np.ndarray,
    operations: np.ndarray,
    antipodal: bool,
) -> np.ndarray:
    """The bin of the copy of a centre with the least |d − c|² − w; −1 for NaN."""
    found = np.full(len(direction), -1)
    for i, d in enumerate(direction):
        if np.isnan(d).any():
            continue
        least = math.inf
        for k, (c, w) in enumerate(zip(centre, weight, strict=True)):
            for turn in operations:
                for sign in (1, -1) if antipodal else (1,):
                    distance = ((d - sign * turn @ c) ** 2).sum() - w
                    if distance < least:
                        least, found[i] = distance, k
    return found


def cap_limit(half_angle: float) -> tuple[float, float]:
    """SCF of very many views spread evenly over a cap, and the share of directions in its gap.

    The slices that pass a direction u are those of views on the great circle perpendicular to it:
    as many as the arc of that circle inside the cap is long. Its nearest point to the cap's axis
    is 90° − β off, β being the angle of u from the axis; cos β is uniform over half a sphere.
    """
    edge = math.radians(half_angle)
    cosine = (np.arange(200_000) + 0.5) / 200_000
    nearest = np.arcsin(cosine)
    sampled = nearest < edge
    arc = np.arccos(np.cos(edge) / np.cos(nearest[sampled]))
    mean = arc.sum() / len(cosine)
    return float(1 / (np.mean(1 / arc) * mean)), 1 - float(sampled.mean())
