"""How well two groupings agree, beyond chance."""

from __future__ import annotations

import numpy as np

from rebalance.model import IntArray


def adjusted_rand(one: IntArray, other: IntArray) -> float:
    r"""The adjusted Rand index: 1 for the same groups, 0 on average for groups by chance.

    With :math:`n_{ij}` the items in group i of one and group j of the other, a and b its sums,
    and :math:`P(x) = \sum x (x - 1) / 2`, it is [1]_

    .. math:: (P(n) - e) / ((P(a) + P(b)) / 2 - e), \quad e = P(a) P(b) / P(N).

    That of scikit-learn is the same; loading it takes as long as all the rest of a scan.

    Parameters
    ----------
    one, other : int64 (N,)
        Labels, any numbers.

    References
    ----------
    .. [1] L. Hubert and P. Arabie, "Comparing partitions", J. Classif. 2 (1985) 193,
       doi:10.1007/BF01908075, equation 5.
    """
    first, second = (np.unique(label, return_inverse=True)[1] for label in (one, other))
    width = int(second.max(initial=0)) + 1
    together = _pairs(np.bincount(first * width + second))
    in_one, in_other = _pairs(np.bincount(first)), _pairs(np.bincount(second))
    all_pairs = _pairs(np.array([len(one)]))
    expected = in_one * in_other / all_pairs if all_pairs else 0.0
    most = (in_one + in_other) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)


def _pairs(counts: IntArray) -> int:
    """Pairs within groups of so many."""
    return int((counts * (counts - 1) // 2).sum())
