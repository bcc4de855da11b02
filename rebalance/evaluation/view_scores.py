"""Scores of superclasses and affinities against known views: spread, and rank correlation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rebalance.evaluation.known_views import KnownViews
from rebalance.evaluation.oracle import oracle_superclasses
from rebalance.evaluation.scores import BELOW, Score
from rebalance.model import Affinity, DoubleArray, IntArray, Superclasses
from rebalance.orientations.view_angles import Symmetry, angle_between_views, modal_view, unit


def spread_within(
    group: npt.ArrayLike,
    views: npt.ArrayLike,
    symmetry: Symmetry = "C1",
    *,
    axial: bool = True,
    weights: npt.ArrayLike | None = None,
) -> tuple[float, DoubleArray]:
    """Median angle of views to the modal view of their group.

    Parameters
    ----------
    group : int (P,)
        Group of each view, 0 … K − 1; −1 for none.
    views : (P, 3)
        NaN where one is unknown.
    symmetry : str or float64 (G, 3, 3)
    axial : bool
    weights : (P,), optional
        E.g. particles of each view.

    Returns
    -------
    overall : float
        Degrees; median over all views in a group, NaN if there is none.
    of_group : float64 (K,)
        The same within each group.
    """
    group = np.asarray(group, dtype=np.int64)
    directions = unit(views)
    weight = np.ones(len(group)) if weights is None else np.asarray(weights, dtype=np.float64)
    known = (group >= 0) & np.isfinite(directions).all(axis=1) & (weight > 0)
    off = np.full(len(group), np.nan)
    of_group = np.full(int(group.max(initial=-1)) + 1, np.nan)
    for number in np.unique(group[known]):
        rows = np.flatnonzero(known & (group == number))
        centre = modal_view(directions[rows], symmetry, axial=axial, weights=weight[rows])
        off[rows] = angle_between_views(directions[rows], centre[None], symmetry, axial=axial)[:, 0]
        of_group[number] = weighted_median(off[rows], weight[rows])
    return weighted_median(off[known], weight[known]), of_group


def weighted_median(values: DoubleArray, weight: DoubleArray | IntArray) -> float:
    """Median of values that stand for so many each; NaN of none.

    Parameters
    ----------
    values : float64 (n,)
    weight : (n,)
    """
    if len(values) == 0 or not weight.sum() > 0:
        return float("nan")
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weight[order])
    half = below[-1] / 2
    at = int(np.searchsorted(below, half))
    if below[at] > half or at + 1 == len(values):
        return float(values[order[at]])
    return float((values[order[at]] + values[order[at + 1]]) / 2)


def affinity_against_angle(
    affinity: npt.ArrayLike, angle: npt.ArrayLike, below: float | None = None
) -> tuple[float, int]:
    """Spearman rank correlation of affinity with angle between views, over pairs.

    Parameters
    ----------
    affinity : (N, N)
    angle : (N, N)
        Degrees; NaN in rows of averages whose view is unknown.
    below : float, optional
        Only pairs of a smaller angle: far views are all unlike, in no particular order.

    Returns
    -------
    correlation : float
        −1 if affinity falls strictly with angle; NaN with fewer than 3 pairs, or if one of the two
        does not vary.
    n_pairs : int
    """
    from scipy.stats import spearmanr

    pairs = np.triu_indices(len(np.asarray(angle)), 1)
    of_affinity = np.asarray(affinity, dtype=np.float64)[pairs]
    of_angle = np.asarray(angle, dtype=np.float64)[pairs]
    use = np.isfinite(of_angle) & np.isfinite(of_affinity)
    if below is not None:
        use &= of_angle < below
    of_affinity, of_angle = of_affinity[use], of_angle[use]
    n = len(of_angle)
    if n < 3 or np.ptp(of_affinity) == 0 or np.ptp(of_angle) == 0:
        return float("nan"), n
    return float(spearmanr(of_affinity, of_angle).statistic), n


def affinity_scores(affinity: Affinity | None, views: KnownViews) -> list[Score]:
    """``affinity_vs_angle`` of all pairs, and of pairs of near views."""
    keys = (("affinity_vs_angle", None), ("affinity_vs_angle_below_40", BELOW))
    if affinity is None:
        return [Score(key, why_not="there is no affinity") for key, _ in keys]
    values = hashlib.sha256(affinity.values.tobytes()).digest()
    return views.remembered(
        (values, affinity.class_id.tobytes(), affinity.is_empty.tobytes()),
        lambda: _against_angle(affinity, views, keys),
    )


def _against_angle(
    affinity: Affinity, views: KnownViews, keys: Sequence[tuple[str, float | None]]
) -> list[Score]:
    usable = ~affinity.is_empty
    angle = views.angles_of_classes(affinity.class_id)
    angle[~usable, :] = angle[:, ~usable] = np.nan
    scores = []
    for key, below in keys:
        value, n = affinity_against_angle(affinity.values, angle, below)
        reason = "" if np.isfinite(value) else f"only {n} pairs of averages have known views"
        if n >= 3 and reason:
            reason = "affinity or angle is the same for all pairs"
        scores.append(Score(key, value, n=f"{n:,} pairs", why_not=reason))
    return scores


def spread_scores(
    superclasses: Superclasses, views: KnownViews, n_oracle: int
) -> tuple[list[Score], DoubleArray]:
    """``view_spread`` and that of the oracle's superclasses; and the spread of each superclass.

    Parameters
    ----------
    superclasses : Superclasses
    views : KnownViews
    n_oracle : int
        Superclasses that the oracle makes.
    """
    overall, of_each = _spread_of(superclasses, views)
    used = superclasses.class_id[superclasses.label >= 0]
    best, _ = _spread_of(oracle_superclasses(views, used, n_oracle), views)
    n = int(np.count_nonzero(views.is_known & np.isin(views.particles.class_id, used)))
    kept = (n, n)
    return [
        Score("view_spread", overall, kept=kept),
        Score("view_spread_of_oracle", best, kept=kept),
    ], of_each


def _spread_of(superclasses: Superclasses, views: KnownViews) -> tuple[float, DoubleArray]:
    """`spread_within`, of what many superclasses have in common once."""
    off = [views.off_modal_view(members) for members in superclasses]
    of_each = np.array([weighted_median(*one) for one in off])
    if not off:
        return float("nan"), of_each
    angle, count = (np.concatenate(part) for part in zip(*off, strict=True))
    return weighted_median(angle, count), of_each
