"""Scores of balancing: the share of the oracle's gain, and uniformity at a run's own factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rebalance import defaults
from rebalance.evaluation.curves import (
    Curve,
    balance_curve,
    candidates,
    common_range,
    counts_of_caps,
    gain_over_random,
    oracle_curve,
    random_curve,
    share_of_oracle_gain,
)
from rebalance.evaluation.evaluation import Score
from rebalance.evaluation.known_views import KnownViews
from rebalance.model import DoubleArray, FloatArray, Superclasses
from rebalance.strategies import select
from rebalance.strategies.caps import parse_factor


@dataclass(frozen=True)
class Balance:
    """How particles are balanced.

    Parameters
    ----------
    factor : str, optional
    max_size : int, optional
    strategy : str
    options : mapping
    seeds : int
    """

    factor: str | None = None
    max_size: int | None = None
    strategy: str = defaults.STRATEGY
    options: Mapping[str, Any] = field(default_factory=dict)
    seeds: int = 20

    @property
    def words(self) -> str:
        """``f = 0.8``; empty where nothing is balanced."""
        if self.max_size is not None:
            return f"at most {self.max_size:,} particles a superclass"
        return f"f = {self.factor}" if self.factor and parse_factor(self.factor) else ""

    def counts(self, views: KnownViews, superclasses: Superclasses) -> FloatArray:
        """Particles kept of each distinct view, float32 (S, V): a row for each seed."""
        by: dict[str, Any] = {"strategy": self.strategy, "options": self.options}
        first = select(
            views.particles, superclasses, factor=self.factor, max_size=self.max_size, seed=0, **by
        )
        if first.cap is None:
            return np.repeat(views.counts(first.selected[None]), self.seeds, axis=0)
        cap = np.array([first.cap])
        each = [
            counts_of_caps(views, superclasses, cap, by | {"seed": seed})
            for seed in range(self.seeds)
        ]
        return np.concatenate(each)


def balance_scores(
    superclasses: Superclasses, views: KnownViews, balance: Balance, n_oracle: int
) -> tuple[list[Score], dict[str, Curve]]:
    """Scores and the curves that they are from: ``ours``, ``oracle``, ``random``."""
    among = candidates(views, superclasses)
    if not among.any():
        return [
            Score(key, why_not="no particle of a superclass has a known view") for key in _ALL
        ], {}
    used = superclasses.class_id[superclasses.label >= 0]
    ours = balance_curve(
        views,
        superclasses,
        balance.seeds,
        strategy=balance.strategy,
        options=balance.options,
    )
    best = oracle_curve(views, used, n_oracle, balance.seeds)
    kept = np.union1d(ours.kept, best.kept)
    chance = random_curve(views, kept, balance.seeds, among=among)
    curves = {"ours": ours, "oracle": best, "random": chance}
    if len(superclasses) == len(used) <= n_oracle:
        reason = "each class is by itself, so the oracle is the same: give it a smaller number"
        shares = [Score(key, why_not=reason) for key in _SHARES]
    else:
        shares = _shares(ours, chance, best)
    return shares + _at_the_factor(superclasses, views, balance, best), curves


_SHARES = ("share_of_oracle_gain", "gain", "gain_of_oracle")
_BEFORE = ("uniformity_before", "entropy_before")
_AFTER = (
    "uniformity",
    "uniformity_of_random",
    "uniformity_of_oracle",
    "entropy",
    "entropy_of_random",
)
_ALL = (*_SHARES, *_BEFORE, *_AFTER)


def _shares(ours: Curve, chance: Curve, best: Curve) -> list[Score]:
    reached = common_range(ours, chance, best)
    if reached is None:
        reason = "the superclasses can't be balanced over any range of particles kept"
        return [Score(key, why_not=reason) for key in _SHARES]
    kept = (round(reached[0]), round(reached[1]))
    share, sd = share_of_oracle_gain(ours, chance, best)
    scores = [
        Score("share_of_oracle_gain", share, sd, kept)
        if np.isfinite(share)
        else Score(
            "share_of_oracle_gain", kept=kept, why_not="the oracle itself gains nothing here"
        )
    ]
    for key, curve in (("gain", ours), ("gain_of_oracle", best)):
        scores.append(_mean(key, gain_over_random(curve, chance, *reached), kept))
    return scores


def _at_the_factor(
    superclasses: Superclasses, views: KnownViews, balance: Balance, best: Curve
) -> list[Score]:
    everything = views.counts(candidates(views, superclasses)[None])
    n = int(everything.sum())
    uniformity, entropy = views.scores(everything)
    scores = [
        Score("uniformity_before", float(uniformity[0]), kept=(n, n)),
        Score("entropy_before", float(entropy[0]), kept=(n, n)),
    ]
    if not balance.words:
        reason = "nothing was balanced (f = 0); give a factor"
        return scores + [Score(key, why_not=reason) for key in _AFTER]
    counts = balance.counts(views, superclasses)
    each = counts.sum(axis=1, dtype=np.float64)
    kept = (int(each.min()), int(each.max()))
    uniformity, entropy = views.scores(counts)
    scores += [_mean("uniformity", uniformity, kept), _mean("entropy", entropy, kept)]
    chance = random_curve(
        views, np.array([each.mean()]), balance.seeds, among=candidates(views, superclasses)
    )
    scores += [
        _mean("uniformity_of_random", chance.uniformity[:, 0], kept),
        _mean("entropy_of_random", chance.entropy[:, 0], kept),
    ]
    if best.kept.min() <= each.mean() <= best.kept.max():
        scores.append(_mean("uniformity_of_oracle", best.at(np.array([each.mean()]))[:, 0], kept))
    else:
        reason = f"the oracle keeps at least {best.kept.min():,.0f} particles"
        scores.append(Score("uniformity_of_oracle", why_not=reason))
    return scores


def _mean(key: str, values: DoubleArray, kept: tuple[int, int]) -> Score:
    sd = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return Score(key, float(values.mean()), sd, kept)
