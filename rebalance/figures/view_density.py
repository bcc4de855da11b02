"""How densely particles look from each direction, smoothed for the eye."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rebalance.model import DoubleArray, Views

WIDTH = 7.0
"""Degrees."""


def smoothed(
    views: Views, counts: npt.ArrayLike, at: DoubleArray, width: float = WIDTH
) -> DoubleArray:
    """Density of views: 1 where as many look from as if all directions had the same.

    The kernel is exp(κ (cos² δ − 1) / 2), κ = 1 / width²: near its middle a Gaussian of the angle
    δ, and the same for opposite views.

    Parameters
    ----------
    views : Views
    counts : (N,)
        Particles of each average; of some that have no posterior nothing is seen.
    at : float64 (M, 3)
        Unit vectors in the frame of the map; NaN gives NaN.
    width : float
        Degrees.

    Returns
    -------
    float64 (M,)
        0 everywhere for no particles.
    """
    half = len(views.sampled) // 2
    # No long sums by BLAS: their last bits would go with the number of threads.
    both = np.einsum("n,nd->d", np.asarray(counts, dtype=np.float64), views.posterior)
    share = both[:half] + both[half:]
    total = share.sum()
    density = np.zeros(len(at))
    if not total > 0:
        return density
    kappa = 1 / np.deg2rad(width) ** 2
    narrow = at.astype(np.float32)
    weights = (share / total).astype(np.float32)
    for operation in views.operations:
        kernel = narrow @ (views.sampled[:half] @ operation.T).T.astype(np.float32)
        np.square(kernel, out=kernel)
        kernel -= 1
        kernel *= np.float32(kappa / 2)
        density += np.einsum("md,d->m", np.exp(kernel, out=kernel), weights)
    t, weight = np.polynomial.legendre.leggauss(200)
    even = float((np.exp(kappa * (t**2 - 1) / 2) * weight).sum() / 2)
    return density / (len(views.operations) * even)
