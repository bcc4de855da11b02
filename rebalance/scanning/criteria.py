"""Measures of how good a number of superclasses is, from affinity and labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rebalance.model import DoubleArray, FloatArray, IntArray


def silhouette(
    affinity: FloatArray | DoubleArray, label: IntArray, weights: IntArray | None = None
) -> float:
    r"""Mean silhouette width of the averages, on the distance 1 − affinity.

    For an average in a superclass of more than one, s = (b − a) / max(a, b): a is its mean
    distance to the others of its superclass, b that to the nearest other superclass. An average
    by itself counts 0.

    Parameters
    ----------
    affinity : float (n, n)
    label : int64 (n,)
        0 … K−1, each at least once.
    weights : int64 (n,), optional
        Particles of each average: in the means, and in the mean over the averages.

    Returns
    -------
    float
        −1 to 1; 0 for a single superclass.

    References
    ----------
    P. J. Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster
    analysis", J. Comput. Appl. Math. 20 (1987) 53, doi:10.1016/0377-0427(87)90125-7.
    """
    n, k = len(label), int(label.max()) + 1
    if k < 2:
        return 0.0
    weight = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    distance = 1.0 - np.asarray(affinity, dtype=np.float64)
    np.fill_diagonal(distance, 0.0)
    member = np.zeros((n, k))
    member[np.arange(n), label] = weight
    total = member.sum(axis=0)
    to_group = distance @ member
    own = to_group[np.arange(n), label]
    others = total[label] - weight
    together = np.bincount(label, minlength=k)[label] > 1
    within = np.divide(own, others, out=np.zeros(n), where=together & (others > 0))
    to_group /= total
    to_group[np.arange(n), label] = np.inf
    nearest = to_group.min(axis=1)
    largest = np.maximum(within, nearest)
    width = np.divide(nearest - within, largest, out=np.zeros(n), where=together & (largest > 0))
    return float((width * weight).sum() / weight.sum())


def contrast(affinity: FloatArray, label: IntArray) -> float:
    """Mean affinity of pairs within superclasses minus that of pairs between them.

    Parameters
    ----------
    affinity : float (n, n)
    label : int64 (n,)

    Returns
    -------
    float
        NaN where there is no pair of one of the two kinds.
    """
    i, j = np.triu_indices(len(label), 1)
    value, same = affinity[i, j].astype(np.float64), label[i] == label[j]
    if same.all() or not same.any():
        return float("nan")
    return float(value[same].mean() - value[~same].mean())


def eigengaps(affinity: FloatArray, numbers: Sequence[int], power: float = 2.0) -> DoubleArray:
    r"""λ_K − λ_{K+1} of the normalised affinity D^{−1/2} W D^{−1/2}, W = affinity^power.

    Parameters
    ----------
    affinity : float (n, n)
    numbers : sequence of int
        Each K, 1 to n − 1; NaN for a larger one.
    power : float
        As in the spectral clustering.

    Returns
    -------
    float64 (M,)

    References
    ----------
    U. von Luxburg, "A tutorial on spectral clustering", Stat. Comput. 17 (2007) 395, section 8.3,
    doi:10.1007/s11222-007-9033-z.
    """
    weight = np.asarray(affinity, dtype=np.float64) ** power
    np.fill_diagonal(weight, 0.0)
    degree = weight.sum(axis=1)
    root = np.sqrt(np.where(degree > 0, degree, 1.0))
    value = np.linalg.eigvalsh(weight / root[:, None] / root[None, :])[::-1]
    return np.array([value[k - 1] - value[k] if k < len(value) else np.nan for k in numbers])
