"""Scores of agreement: superclasses against the true groups, and against those of the oracle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rebalance.evaluation.matched_truth import MatchedTruth
from rebalance.evaluation.oracle import oracle_superclasses
from rebalance.evaluation.scores import Score
from rebalance.model import Superclasses

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


def agreement_scores(
    superclasses: Superclasses, matched: MatchedTruth, n_oracle: int
) -> list[Score]:
    """``ari``, ``ami`` and, where views are known, ``ari_with_oracle``.

    Parameters
    ----------
    superclasses : Superclasses
    matched : MatchedTruth
    n_oracle : int
        Superclasses that the oracle makes.
    """
    truth, views = matched.truth, matched.views
    scores = []
    names = {} if truth.group is None else truth.group
    labelled = [
        (names[int(number)], int(label))
        for number, label in zip(superclasses.class_id, superclasses.label, strict=True)
        if label >= 0 and int(number) in names
    ]
    why_not = ""
    if truth.group is None:
        why_not = "the truth has no groups"
    elif not truth.groups_are_views:
        why_not = "the true views are continuous, so there are no true groups"
    elif len(labelled) < 2:
        why_not = "fewer than two averages have a true group and a superclass"
    if why_not:
        scores += [Score(key, why_not=why_not) for key in ("ari", "ami")]
    else:
        a, b = zip(*labelled, strict=True)
        n = f"{len(labelled)} averages"
        scores += [
            Score("ari", adjusted_rand(a, b), n=n),
            Score("ami", adjusted_mutual_information(a, b), n=n),
        ]
    if views is not None:
        used = [n for n in superclasses.class_id[superclasses.label >= 0] if n in views.modal_views]
        if len(used) > 1:
            oracle = oracle_superclasses(views, np.array(used), n_oracle)
            ours = dict(zip(superclasses.class_id.tolist(), superclasses.label, strict=True))
            pair = [ours[int(number)] for number in oracle.class_id]
            value = adjusted_rand(pair, oracle.label)
            scores.append(Score("ari_with_oracle", value, n=f"{len(pair)} averages"))
        else:
            reason = "fewer than two averages have a known view"
            scores.append(Score("ari_with_oracle", why_not=reason))
    return scores
