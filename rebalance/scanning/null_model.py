"""The silhouette expected by chance: that of averages with the same spread but without groups.

The silhouette alone favors two or three superclasses, or as many as there are averages, depending
on how the views are spread. What counts is how much higher it is than expected by chance.
"""

from __future__ import annotations

import numpy as np

from rebalance.model import DoubleArray, FloatArray


class Spread:
    r"""Normal distribution with the covariance of the averages, as their affinity tells it.

    With affinity a_ij taken as the correlation of two normalised images, their squared distance is
    d²_ij = 2 (1 − a_ij). Classical scaling [1]_ of it gives the principal axes of the averages and
    the variance λ along each; a sample is n points drawn from N(0, diag λ), as in the parametric
    null hypothesis of [2]_.

    Parameters
    ----------
    affinity : float (n, n)

    References
    ----------
    .. [1] J. C. Gower, "Some distance properties of latent root and vector methods used in
       multivariate analysis", Biometrika 53 (1966) 325.
    .. [2] Y. Liu, D. N. Hayes, A. Nobel and J. S. Marron, "Statistical significance of clustering
       for high-dimension, low–sample size data", J. Am. Stat. Assoc. 103 (2008) 1281,
       doi:10.1198/016214508000000454.
    """

    def __init__(self, affinity: FloatArray) -> None:
        n = len(affinity)
        squared = 2.0 * (1.0 - affinity.astype(np.float64))
        centred = squared - squared.mean(axis=0) - squared.mean(axis=1)[:, None] + squared.mean()
        variance = np.linalg.eigvalsh(-0.5 * centred) / n
        self.deviation: DoubleArray = np.sqrt(np.clip(variance, 0.0, None))

    def sample(self, rng: np.random.Generator) -> FloatArray:
        """The affinity of a sample, float32 (n, n)."""
        n = len(self.deviation)
        point = rng.standard_normal((n, n)) * self.deviation
        norm = (point**2).sum(axis=1)
        squared = norm[:, None] + norm[None, :] - 2.0 * point @ point.T
        affinity = np.clip(1.0 - 0.5 * squared, 0.0, 1.0)
        affinity = np.minimum(affinity, affinity.T)
        np.fill_diagonal(affinity, 1.0)
        return affinity.astype(np.float32)
