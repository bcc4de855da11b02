"""Slow, obviously right versions of what is computed from directions of view, in float64."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import binom


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


def cap_slices(half_angle: float, cosine: np.ndarray, radius: float = 50.0) -> np.ndarray:
    """Share of views, spread evenly over a cap, whose slice passes each direction; by quadrature.

    The cosine is that of the direction's angle from the cap's axis. Of the views at one tilt from
    it, those pass whose azimuth φ has |sin β sin θ cos φ + cos β cos θ| < 1 / 2R.
    """
    width = 0.5 / radius
    edge = math.cos(math.radians(half_angle))
    share = np.zeros(len(cosine))
    steps = 20_000
    for height in edge + (np.arange(steps) + 0.5) / steps * (1 - edge):
        across = np.sqrt((1 - cosine**2) * (1 - height**2))
        from_, to = ((sign * width - cosine * height) / across for sign in (-1, 1))
        share += np.arccos(np.clip(from_, -1, 1)) - np.arccos(np.clip(to, -1, 1))
    return share / np.pi / steps


def expected_scf_star(share: np.ndarray, n: int) -> tuple[float, float]:
    """SCF* of n views at random, each passing direction j with the probability share_j.

    Means of 1/s, s and of directions sampled are taken for their expectations, over s binomial.
    Also returned: the share of directions that no slice passes.
    """
    most = int(n * share.max() + 12 * math.sqrt(n * share.max()) + 12)
    number = np.arange(1, most)
    chance = binom.pmf(number[:, None], n, share[None, :])
    sampled = float(np.mean(1 - (1 - share) ** n))
    inverse = float((chance / number[:, None]).sum(axis=0).mean()) / sampled
    mean = n * float(share.mean())
    scf = 1 / (inverse * mean)
    return scf / (1 + (1 - sampled) / sampled * mean * scf / 2), 1 - sampled
