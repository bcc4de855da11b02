"""Judges a result by a truth: every score that the truth allows, and why others can't be."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.errors import InputError, OptionError
from rebalance.evaluation.agreement import adjusted_mutual_information, adjusted_rand
from rebalance.evaluation.balance_scores import Balance, balance_scores
from rebalance.evaluation.curves import Curve
from rebalance.evaluation.curves import oracle_superclasses as oracle_of
from rebalance.evaluation.evaluation import BELOW, SCORES, Evaluation, Score
from rebalance.evaluation.judged import Judged, judged_run, mirrors_of, read_judged
from rebalance.evaluation.known_views import MIXED_BEYOND, KnownViews
from rebalance.evaluation.one_thread import one_thread
from rebalance.evaluation.placed import Placed, place
from rebalance.evaluation.truth import Truth, truth_of_simulation
from rebalance.evaluation.view_scores import affinity_against_angle, weighted_median
from rebalance.left_out import name_classes
from rebalance.model import Affinity, DoubleArray, ParticleTable, RunResult, Superclasses
from rebalance.strategies.caps import decide_cap

SEEDS = 20


def evaluate(
    result: Path | str | RunResult | Superclasses | Judged,
    truth: Path | str | Truth | Placed | KnownViews | Any | None = None,
    *,
    affinity: Affinity | None = None,
    particles: ParticleTable | None = None,
    job: Path | str | None = None,
    factor: str | float | None = None,
    max_size: int | None = None,
    strategy: str | None = None,
    strategy_options: Mapping[str, Any] | None = None,
    oracle_superclasses: int | None = None,
    seeds: int = SEEDS,
) -> Evaluation:
    """Score superclasses against known views or groups.

    >>> evaluate(superclasses, views, affinity=affinity).value("share_of_oracle_gain")

    Parameters
    ----------
    result : path, RunResult, Superclasses or Judged
        A results folder of `rebalance run`, a table of class numbers and labels, or what
        `rebalance.run` or `rebalance.cluster` gave.
    truth : path, Truth, Placed, KnownViews or SimulatedClassification, optional
        A file or folder (`read_truth`); looked for near the classification when not given. To
        judge many results of one data set, `place` the truth once: densities and the oracle are
        then computed once too.
    affinity : Affinity, optional
        Beside superclasses.
    particles : ParticleTable, optional
        Beside superclasses.
    job : path, optional
        The classification that a table of labels is of.
    factor : str or float, optional
        Rebalance factor at which uniformity is given, instead of the run's.
    max_size : int, optional
        The same as a largest superclass.
    strategy, strategy_options
        By which particles are dropped, instead of the run's.
    oracle_superclasses : int, optional
        Number that the oracle makes; as many as the result by default. To compare results of
        different numbers, above all each class by itself, give all the same.
    seeds : int
        Selections of each kind; for a mean that means something, at least 20.

    Returns
    -------
    Evaluation

    Raises
    ------
    InputError
        If a file can't be read, or if truth and result are of different data.
    OptionError
        If seeds, factor or max_size are out of range.
    """
    if seeds < 1:
        raise OptionError(f"{seeds} seeds are given; at least 1 is needed, and 20 for a mean.")
    if oracle_superclasses is not None and oracle_superclasses < 1:
        raise OptionError(
            f"The oracle can't make {oracle_superclasses} superclasses; give at least 1."
        )
    decide_cap(1, factor, max_size)
    judged = _judged(result, affinity, particles, job)
    placed = _placed(truth, judged)
    balance = Balance(
        factor=judged.factor if factor is max_size is None else _text(factor),
        max_size=judged.max_size if factor is max_size is None else max_size,
        strategy=strategy or judged.strategy,
        options=strategy_options
        if strategy_options is not None
        else ({} if strategy else judged.strategy_options),
        seeds=seeds,
    )
    superclasses, views = judged.superclasses, placed.views
    n_oracle = len(superclasses) if oracle_superclasses is None else oracle_superclasses
    _check_shared(superclasses, placed)
    curves: Mapping[str, Curve] = {}
    spread = None
    if views is None:
        reason = "the truth has no views"
        scores = _agreement(superclasses, placed, n_oracle)
    else:
        reason = "" if placed.are_counted else "no particle counts are known"
        with one_thread():
            # Many methods make the same superclasses of one data set: these are judged once.
            scores, spread, curves = views.remembered(
                (*_identity(superclasses), *_groups(placed), n_oracle, repr(balance)),
                lambda: _of_superclasses(superclasses, placed, views, balance, n_oracle),
            )
            scores = [*scores, *_affinity(judged, views)]
    found = {score.key: score for score in scores}
    return Evaluation(
        scores=tuple(found.get(key) or Score(key, why_not=reason) for key in SCORES),
        name=judged.name,
        n_superclasses=len(superclasses),
        n_averages=int(np.count_nonzero(superclasses.label >= 0)),
        n_particles=None if views is None or not placed.are_counted else len(views),
        seeds=seeds,
        factor=balance.words if placed.are_counted else "",
        curves=curves,
        spread=spread,
        truth=placed.truth.source,
        notes=(*judged.notes, *_notes(placed, judged)),
    )


def _identity(superclasses: Superclasses) -> tuple[object, ...]:
    """The same for superclasses of the same averages that leave out the same."""
    apart = tuple(sorted(superclasses.left_out)), tuple(sorted(superclasses.junk))
    return superclasses.class_id.tobytes(), superclasses.label.tobytes(), *apart


def _groups(placed: Placed) -> tuple[object, ...]:
    """The same for truths of the same groups."""
    group = placed.truth.group
    named = None if group is None else tuple(sorted(group.items()))
    return placed.are_counted, placed.truth.groups_are_views, named


def _of_superclasses(
    superclasses: Superclasses,
    placed: Placed,
    views: KnownViews,
    balance: Balance,
    n_oracle: int,
) -> tuple[list[Score], DoubleArray, Mapping[str, Curve]]:
    """Scores of superclasses, whatever affinity they are of; spreads, and curves."""
    of_spread, spread = _spread(superclasses, views, n_oracle)
    scores = [*_agreement(superclasses, placed, n_oracle), *of_spread]
    if not placed.are_counted:
        return scores, spread, {}
    of_balance, curves = balance_scores(superclasses, views, balance, n_oracle)
    return [*scores, *of_balance], spread, curves


def _text(factor: str | float | None) -> str | None:
    return None if factor is None else str(factor)


def _check_shared(superclasses: Superclasses, placed: Placed) -> None:
    """InputError if a truth says nothing of any class in a superclass: it is of other data."""
    truth, views = placed.truth, placed.views
    of_views: set[int] = set() if views is None else {*views.modal_views}
    known = {*(truth.group or {}), *of_views}
    used = set(superclasses.class_id[superclasses.label >= 0].tolist())
    if known & used:
        return
    raise InputError(
        f"It says nothing of any class of the result: it knows {name_classes(sorted(known))}, and "
        f"the superclasses are of {name_classes(sorted(used))}.",
        path=truth.source or None,
        hint="Give the truth of the classification that was grouped.",
    )


def _judged(
    result: Any, affinity: Affinity | None, particles: ParticleTable | None, job: Any
) -> Judged:
    if isinstance(result, Judged):
        return result
    if isinstance(result, RunResult):
        return judged_run(result)
    if isinstance(result, Superclasses):
        name = result.clustering or "superclasses"
        return Judged(result, affinity, particles, mirrors=mirrors_of(affinity), name=name)
    return read_judged(result, job)


def _placed(truth: Any, judged: Judged) -> Placed:
    from rebalance.evaluation.truth_files import find_truth, read_truth

    if isinstance(truth, KnownViews):
        return Placed(truth, True, Truth(particle_view=truth.view))
    if isinstance(truth, Placed):
        return truth
    if truth is None:
        truth = find_truth(judged.job, judged.source)
    if isinstance(truth, str | Path):
        truth = read_truth(truth)
    elif not isinstance(truth, Truth):
        truth = truth_of_simulation(truth)
    return place(truth, judged.particles, mirrors=judged.mirrors)


def _agreement(superclasses: Superclasses, placed: Placed, n_oracle: int) -> list[Score]:
    truth, views = placed.truth, placed.views
    scores = []
    names = {} if truth.group is None else truth.group
    judged = [
        (names[int(number)], int(label))
        for number, label in zip(superclasses.class_id, superclasses.label, strict=True)
        if label >= 0 and int(number) in names
    ]
    why_not = ""
    if truth.group is None:
        why_not = "the truth has no groups"
    elif not truth.groups_are_views:
        why_not = "the true views vary without steps, so there are no true groups"
    elif len(judged) < 2:
        why_not = "fewer than two averages have a true group and a superclass"
    if why_not:
        scores += [Score(key, why_not=why_not) for key in ("ari", "ami")]
    else:
        a, b = zip(*judged, strict=True)
        n = f"{len(judged)} averages"
        scores += [
            Score("ari", adjusted_rand(a, b), n=n),
            Score("ami", adjusted_mutual_information(a, b), n=n),
        ]
    if views is not None:
        used = [n for n in superclasses.class_id[superclasses.label >= 0] if n in views.modal_views]
        if len(used) > 1:
            oracle = oracle_of(views, np.array(used), n_oracle)
            ours = dict(zip(superclasses.class_id.tolist(), superclasses.label, strict=True))
            pair = [ours[int(number)] for number in oracle.class_id]
            value = adjusted_rand(pair, oracle.label)
            scores.append(Score("ari_with_oracle", value, n=f"{len(pair)} averages"))
        else:
            reason = "fewer than two averages have a known view"
            scores.append(Score("ari_with_oracle", why_not=reason))
    return scores


def _affinity(judged: Judged, views: KnownViews) -> list[Score]:
    keys = (("affinity_vs_angle", None), ("affinity_vs_angle_below_40", BELOW))
    affinity = judged.affinity
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
        reason = "" if np.isfinite(value) else f"only {n} pairs of averages are of known view"
        if n >= 3 and reason:
            reason = "affinity or angle is the same for all pairs"
        scores.append(Score(key, value, n=f"{n:,} pairs", why_not=reason))
    return scores


def _spread(
    superclasses: Superclasses, views: KnownViews, n_oracle: int
) -> tuple[list[Score], DoubleArray]:
    overall, of_each = _spread_of(superclasses, views)
    used = superclasses.class_id[superclasses.label >= 0]
    best, _ = _spread_of(oracle_of(views, used, n_oracle), views)
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


def _notes(placed: Placed, judged: Judged) -> list[str]:
    views, superclasses = placed.views, judged.superclasses
    notes = []
    strangers = sorted({*(placed.truth.group or {})} - {*superclasses.class_id.tolist()})
    if strangers:
        notes.append(
            f"The truth has groups for {name_classes(strangers)} too, which the result does not "
            "have: is it of other data?"
        )
    if views is None:
        return notes
    unknown = int(np.count_nonzero(~views.is_known))
    if unknown and placed.are_counted:
        notes.append(f"{unknown:,} of {len(views):,} particles have no known view: not judged.")
    if views.class_view is None:
        mixed = [n for n, angle in views.class_spread.items() if angle > MIXED_BEYOND]
        if mixed and judged.affinity is not None:
            notes.append(
                f"Class{'es' if len(mixed) > 1 else ''} {', '.join(map(str, mixed))}: particles "
                f"of mixed views (median over {MIXED_BEYOND:g}° from the modal one), left out of "
                "affinity against angle."
            )
    return notes
