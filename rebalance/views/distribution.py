"""Uniformity of the particles' viewing directions, from the views of their class averages.

Each particle is given the posterior of its average and all its copies under the point group.
Averages that fit no view are not counted.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rebalance.blas import single_threaded
from rebalance.model import BoolArray, DoubleArray, FloatArray, IntArray, ViewBalance, Views
from rebalance.views.uniformity import fourier_directions, slice_kernel, uniformity_of_density

N_DIRECTIONS = 1_000
"""Of Fourier space."""

DRAWS = 20
"""Times that as many particles are dropped at random."""


def shows_view(views: Views) -> BoolArray:
    """Which averages have a view: they took part, and fit.

    Parameters
    ----------
    views : Views

    Returns
    -------
    bool (N,)
    """
    took_part: BoolArray = views.posterior.sum(axis=1) > 0
    return took_part & ~views.is_misfit


def slice_densities(views: Views, n_directions: int = N_DIRECTIONS) -> FloatArray:
    """The density that a particle of each average adds to each Fourier direction.

    Parameters
    ----------
    views : Views
    n_directions : int
        K, spread over half a sphere.

    Returns
    -------
    float32 (N, K)
        The mean of `slice_kernel` over the posterior and the point group; 0 without a view.
    """
    directions = fourier_directions(n_directions)
    half = len(views.sampled) // 2
    # A view and its opposite share a slice.
    posterior = views.posterior[:, :half] + views.posterior[:, half:]
    kernel = np.zeros((half, n_directions), dtype=np.float32)
    for operation in views.operations:
        # The copies of a view at a direction are the view at copies of the direction.
        kernel += slice_kernel(views.sampled[:half], directions @ operation)
    with single_threaded():
        densities: FloatArray = posterior @ (kernel / np.float32(len(views.operations)))
    densities[~shows_view(views)] = 0
    return densities


def uniformity_of_counts(densities: FloatArray, counts: npt.ArrayLike) -> float:
    """Uniformity U for a number of particles of each average (`uniformity`).

    Parameters
    ----------
    densities : float32 (N, K)
        As `slice_densities` gives them.
    counts : (N,)
        Particles of each average, also in parts; those without a view don't count.

    Returns
    -------
    float
        From 1, all directions alike, towards 0. 0 for no particles.
    """
    weight = np.where(densities.any(axis=1), np.asarray(counts, dtype=np.float64), 0.0)
    total = weight.sum()
    if not total > 0:
        return 0.0
    return uniformity_of_density((weight[:, None] * densities).sum(axis=0) / total)


def capped(counts: IntArray, label: IntArray, cap: float | None) -> DoubleArray:
    """Particles that a cap on superclasses keeps of each average: in proportion, on average.

    Parameters
    ----------
    counts : int64 (N,)
    label : int64 (N,)
        Superclass of each average, −1 for none: nothing of it is kept.
    cap : float or None
        Most particles of a superclass.

    Returns
    -------
    float64 (N,)
    """
    used = label >= 0
    kept = np.where(used, counts, 0).astype(np.float64)
    if cap is None or not used.any():
        return kept
    size = np.bincount(label[used], weights=counts[used])
    share = np.minimum(1.0, cap / np.maximum(size, 1))
    kept[used] *= share[label[used]]
    return kept


def view_balance(
    views: Views,
    before: IntArray,
    after: IntArray | None = None,
    rng: np.random.Generator | None = None,
) -> ViewBalance:
    """Uniformity of views before and after a selection, and after random dropping.

    With gaps, the score can change just by dropping particles. The gain of a selection is therefore
    the difference to dropping the same number at random.

    Parameters
    ----------
    views : Views
    before : int64 (N,)
        Particles of each average.
    after : int64 (N,), optional
        Those kept of them.
    rng : numpy.random.Generator, optional
        For those dropped at random.
    """
    has_view = shows_view(views)
    densities = slice_densities(views)
    was = np.where(has_view, before, 0)
    uniformity = uniformity_of_counts(densities, was)
    if after is None:
        return ViewBalance(views.class_id, was, uniformity)
    kept = np.where(has_view, after, 0)
    rng = np.random.default_rng(0) if rng is None else rng
    drawn = rng.multivariate_hypergeometric(was, int(kept.sum()), size=DRAWS, method="marginals")
    chance = np.array([uniformity_of_counts(densities, counts) for counts in drawn])
    return ViewBalance(
        views.class_id,
        was,
        uniformity,
        kept,
        uniformity_of_counts(densities, kept),
        float(chance.mean()),
        float(chance.std(ddof=1)),
    )
