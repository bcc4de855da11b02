"""How well superclasses agree with known groups of the class averages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Labels = Sequence[object] | npt.NDArray[np.generic]


def adjusted_rand(a: Labels, b: Labels) -> float:
    """Adjusted Rand index: 1 for the same groups, 0 on average by chance.

    Parameters
    ----------
    a, b : (N,)
        Labels of any kind.

    References
    ----------
    .. [1] L. Hubert and P. Arabie, "Comparing partitions", J. Classif. 2 (1985) 193.
    """
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(_numbered(a), _numbered(b)))


def adjusted_mutual_information(a: Labels, b: Labels) -> float:
    """Mutual information adjusted for chance: 1 for the same groups, 0 on average by chance.

    Unlike the Rand index it doesn't let large groups decide.

    Parameters
    ----------
    a, b : (N,)

    References
    ----------
    .. [1] N. X. Vinh, J. Epps and J. Bailey, "Information theoretic measures for clusterings
       comparison", J. Mach. Learn. Res. 11 (2010) 2837.
    """
    from sklearn.metrics import adjusted_mutual_info_score

    return float(adjusted_mutual_info_score(_numbered(a), _numbered(b)))


def _numbered(labels: Labels) -> npt.NDArray[np.int64]:
    return np.unique(np.asarray(labels).astype(str), return_inverse=True)[1].astype(np.int64)
