"""A simulated job with preferred views, and the particles that each condition keeps of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import rebalance
from rebalance.model import BoolArray, Dataset, DoubleArray, IntArray, Views, views_of
from rebalance.seeds import generator
from rebalance.views.uniformity import fourier_directions

SETTINGS: dict[str, Any] = {
    "continuous": True,
    "n_averages": 100,
    "n_particles": 4_000,
    "preferred_share": 0.85,
    "n_preferred": 2,
    "preferred_width": 10.0,
    "box": 48,
    "pixel_size": 5.3,
    "snr": 1.0,
    "n_empty": 0,
    "n_noise": 0,
    "n_junk": 0,
    "particle_images": True,
}
"""Of the simulation. The rest of the views is uniform."""
FACTORS = (0.3, 0.8)
UNIFORM, ALL = "views uniform, as many", "all"
FROM_VIEWS = "from the map of views"
N_BINS = 60
"""Of true views, modulo opposite ones."""


def superclasses_at(factor: float) -> str:
    """Name of the condition."""
    return f"balanced by superclasses, f = {factor}"


def true_views_at(factor: float) -> str:
    """Name of the condition."""
    return f"balanced by true views, as many as f = {factor} keeps"


def random_at(factor: float) -> str:
    """Name of the condition."""
    return f"at random, as many as f = {factor} keeps"


@dataclass(frozen=True, eq=False)
class Kept:
    """What each condition keeps of one job.

    Parameters
    ----------
    rows : mapping of condition to bool (P,)
    n_superclasses : int
        That ``-k auto`` took.
    views : Views or None
        Of the class averages; None where they are not to be trusted.
    """

    rows: dict[str, BoolArray]
    n_superclasses: int
    views: Views | None


def kept_of(dataset: Dataset, view: DoubleArray, seed: int) -> Kept:
    """Balance as `rebalance run -k auto -f` does; at random and by true views, to as many.

    Parameters
    ----------
    dataset : Dataset
        With class averages and particles.
    view : float64 (P, 3)
        True directions of view.
    seed : int
    """
    particles = dataset.particles
    assert particles is not None
    affinity = rebalance.affinity(dataset, threads=1)
    superclasses = rebalance.cluster(affinity, "auto")
    order = generator(seed, 1).permutation(len(view))
    by_view = rarest_first(view, generator(seed, 2))
    rows = {ALL: np.ones(len(view), dtype=np.bool_)}
    for factor in FACTORS:
        selected = rebalance.select(particles, superclasses, factor=factor, seed=seed).selected
        rows[superclasses_at(factor)] = selected
        number = int(selected.sum())
        rows[random_at(factor)] = _first(order, number)
        rows[true_views_at(factor)] = _first(by_view, number)
    return Kept(rows, len(superclasses), views_of(affinity))


def rarest_first(view: DoubleArray, rng: np.random.Generator) -> IntArray:
    """Particles in an order any beginning of which is as even over true views as can be.

    Parameters
    ----------
    view : float64 (P, 3)
        Unit vectors; opposite ones count as the same.
    rng : numpy.random.Generator
        In which order particles of one bin come.

    Returns
    -------
    int64 (P,)
    """
    at = np.abs(view @ fourier_directions(N_BINS).T).argmax(axis=1)
    shuffled = rng.permutation(len(view))
    turn = np.empty(len(view), dtype=np.int64)
    seen = np.zeros(N_BINS, dtype=np.int64)
    for row in shuffled:
        turn[row] = seen[at[row]]
        seen[at[row]] += 1
    return shuffled[np.argsort(turn[shuffled], kind="stable")]


def _first(order: IntArray, number: int) -> BoolArray:
    chosen = np.zeros(len(order), dtype=np.bool_)
    chosen[order[:number]] = True
    return chosen
