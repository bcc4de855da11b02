"""Evaluates a result by a truth: every score that the truth allows, and why others can't be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.blas import single_threaded
from rebalance.errors import InputError, OptionError
from rebalance.evaluation.agreement_scores import agreement_scores
from rebalance.evaluation.balance_curves import Curve
from rebalance.evaluation.balance_scores import Balance, balance_scores
from rebalance.evaluation.evaluated_result import (
    EvaluatedResult,
    mirrors_of,
    read_result,
    result_of_run,
)
from rebalance.evaluation.ground_truth import Truth, truth_of_simulation
from rebalance.evaluation.known_views import MIXED_BEYOND, KnownViews
from rebalance.evaluation.matched_truth import MatchedTruth, match_truth
from rebalance.evaluation.scores import SCORES, Evaluation, Score
from rebalance.evaluation.view_scores import affinity_scores, spread_scores
from rebalance.model import Affinity, DoubleArray, ParticleTable, RunResult, Superclasses
from rebalance.model.class_numbers import name_classes
from rebalance.strategies.caps import decide_cap

SEEDS = 20


def evaluate(
    result: Path | str | RunResult | Superclasses | EvaluatedResult,
    truth: Path | str | Truth | MatchedTruth | KnownViews | Any | None = None,
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
    result : path, RunResult, Superclasses or EvaluatedResult
        A results folder of `rebalance run`, a table of class numbers and labels, or what
        `rebalance.run` or `rebalance.cluster` gave.
    truth : path, Truth, MatchedTruth, KnownViews or SimulatedClassification, optional
        A file or folder (`read_truth`); looked for near the classification when not given. To
        evaluate many results of one data set, `match_truth` once: densities and the oracle are
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
        raise OptionError(f"seeds = {seeds}, but at least 1 is needed, and 20 for a good mean.")
    if oracle_superclasses is not None and oracle_superclasses < 1:
        raise OptionError(
            f"The oracle can't make {oracle_superclasses} superclasses; use at least 1."
        )
    decide_cap(1, factor, max_size)
    evaluated = _as_evaluated_result(result, affinity, particles, job)
    matched = _as_matched_truth(truth, evaluated)
    as_evaluated = factor is None and max_size is None
    balance = Balance(
        factor=evaluated.factor if as_evaluated else _text(factor),
        max_size=evaluated.max_size if as_evaluated else max_size,
        cap_from=evaluated.cap_from,
        strategy=strategy or evaluated.strategy,
        options=strategy_options
        if strategy_options is not None
        else ({} if strategy else evaluated.strategy_options),
        seeds=seeds,
    )
    superclasses, views = evaluated.superclasses, matched.views
    n_oracle = len(superclasses) if oracle_superclasses is None else oracle_superclasses
    _check_shared(superclasses, matched)
    curves: Mapping[str, Curve] = {}
    spread = None
    if views is None:
        reason = "the truth has no views"
        scores = agreement_scores(superclasses, matched, n_oracle)
    else:
        reason = "" if matched.are_counted else "no particle counts are known"
        with single_threaded():
            # Many methods make the same superclasses of one data set: these are scored once.
            scores, spread, curves = views.remembered(
                (*_identity(superclasses), *_groups(matched), n_oracle, repr(balance)),
                lambda: _of_superclasses(superclasses, matched, views, balance, n_oracle),
            )
            scores = [*scores, *affinity_scores(evaluated.affinity, views)]
    found = {score.key: score for score in scores}
    return Evaluation(
        scores=tuple(found.get(key) or Score(key, why_not=reason) for key in SCORES),
        name=evaluated.name,
        n_superclasses=len(superclasses),
        n_averages=int(np.count_nonzero(superclasses.label >= 0)),
        n_particles=None if views is None or not matched.are_counted else len(views),
        seeds=seeds,
        factor=balance.words if matched.are_counted else "",
        curves=curves,
        spread=spread,
        truth=matched.truth.source,
        notes=(*evaluated.notes, *_notes(matched, evaluated)),
    )


def _identity(superclasses: Superclasses) -> tuple[object, ...]:
    """The same for superclasses of the same averages that leave out the same."""
    apart = tuple(sorted(superclasses.left_out)), tuple(sorted(superclasses.junk))
    return superclasses.class_id.tobytes(), superclasses.label.tobytes(), *apart


def _groups(matched: MatchedTruth) -> tuple[object, ...]:
    """The same for truths of the same groups."""
    group = matched.truth.group
    named = None if group is None else tuple(sorted(group.items()))
    return matched.are_counted, matched.truth.groups_are_views, named


def _of_superclasses(
    superclasses: Superclasses,
    matched: MatchedTruth,
    views: KnownViews,
    balance: Balance,
    n_oracle: int,
) -> tuple[list[Score], DoubleArray, Mapping[str, Curve]]:
    """Scores of superclasses, whatever affinity they are of; spreads, and curves."""
    of_spread, spread = spread_scores(superclasses, views, n_oracle)
    scores = [*agreement_scores(superclasses, matched, n_oracle), *of_spread]
    if not matched.are_counted:
        return scores, spread, {}
    of_balance, curves = balance_scores(superclasses, views, balance, n_oracle)
    return [*scores, *of_balance], spread, curves


def _text(factor: str | float | None) -> str | None:
    return None if factor is None else str(factor)


def _check_shared(superclasses: Superclasses, matched: MatchedTruth) -> None:
    """InputError if a truth says nothing of any class in a superclass: it is of other data."""
    truth, views = matched.truth, matched.views
    of_views: set[int] = set() if views is None else {*views.modal_views}
    known = {*(truth.group or {}), *of_views}
    used = set(superclasses.class_id[superclasses.label >= 0].tolist())
    if known & used:
        return
    raise InputError(
        f"It has none of the classes in the result: it has {name_classes(sorted(known))}, and the "
        f"superclasses are of {name_classes(sorted(used))}.",
        path=truth.source or None,
        hint="Give the truth for the classification that was grouped.",
    )


def _as_evaluated_result(
    result: Any, affinity: Affinity | None, particles: ParticleTable | None, job: Any
) -> EvaluatedResult:
    if isinstance(result, EvaluatedResult):
        return result
    if isinstance(result, RunResult):
        return result_of_run(result)
    if isinstance(result, Superclasses):
        name = result.clustering or "superclasses"
        return EvaluatedResult(result, affinity, particles, mirrors=mirrors_of(affinity), name=name)
    return read_result(result, job)


def _as_matched_truth(truth: Any, evaluated: EvaluatedResult) -> MatchedTruth:
    from rebalance.evaluation.ground_truth_files import find_truth, read_truth

    if isinstance(truth, KnownViews):
        return MatchedTruth(truth, True, Truth(particle_view=truth.view))
    if isinstance(truth, MatchedTruth):
        return truth
    if truth is None:
        truth = find_truth(evaluated.job, evaluated.source)
    if isinstance(truth, str | Path):
        truth = read_truth(truth)
    elif not isinstance(truth, Truth):
        truth = truth_of_simulation(truth)
    return match_truth(truth, evaluated.particles, mirrors=evaluated.mirrors)


def _notes(matched: MatchedTruth, evaluated: EvaluatedResult) -> list[str]:
    views, superclasses = matched.views, evaluated.superclasses
    notes = []
    unmatched = sorted({*(matched.truth.group or {})} - {*superclasses.class_id.tolist()})
    if unmatched:
        notes.append(
            f"The truth also has groups for {name_classes(unmatched)}, which the result does not "
            "have. Is it for other data?"
        )
    if views is None:
        return notes
    unknown = int(np.count_nonzero(~views.is_known))
    if unknown and matched.are_counted:
        notes.append(
            f"{unknown:,} of {len(views):,} particles have no known view, and are not scored."
        )
    if views.class_view is None:
        mixed = [n for n, angle in views.class_spread.items() if angle > MIXED_BEYOND]
        if mixed and evaluated.affinity is not None:
            notes.append(
                f"Class{'es' if len(mixed) > 1 else ''} {', '.join(map(str, mixed))}: particles "
                f"of mixed views (median over {MIXED_BEYOND:g}° from the most common one), left "
                "out of affinity against angle."
            )
    return notes
