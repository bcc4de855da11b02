"""Scores of balancing: the share of the oracle's gain, and uniformity at a run's own factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from rebalance import defaults
from rebalance.evaluation.balance_curves import (
    LEAST_GAIN,
    Curve,
    candidates,
    caps_of,
    common_range,
    counts_of_caps,
    curve_of,
    gain_over_random,
    oracle_curve,
    random_curve,
    share_of_oracle_gain,
)
from rebalance.evaluation.known_views import KnownViews
from rebalance.evaluation.scores import Score
from rebalance.model import UNASSIGNED, BoolArray, DoubleArray, Superclasses
from rebalance.strategies import select
from rebalance.strategies.caps import parse_factor
from rebalance.strategies.small import CapFrom


@dataclass(frozen=True)
class Balance:
    """How particles are balanced.

    Parameters
    ----------
    factor : str, optional
    max_size : int, optional
    cap_from : int or "auto"
    strategy : str
    options : mapping
    seeds : int
    """

    factor: str | None = None
    max_size: int | None = None
    cap_from: CapFrom = "auto"
    strategy: str = defaults.STRATEGY
    options: Mapping[str, Any] = field(default_factory=dict)
    seeds: int = 20

    @property
    def words(self) -> str:
        """``f = 0.8``; empty where nothing is balanced."""
        if self.max_size is not None:
            return f"at most {self.max_size:,} particles per superclass"
        return f"f = {self.factor}" if self.factor and parse_factor(self.factor) else ""

    def cap(self, views: KnownViews, superclasses: Superclasses) -> int | None:
        """The largest superclass allowed; None where nothing is capped."""
        return select(
            views.particles,
            superclasses,
            factor=self.factor,
            max_size=self.max_size,
            cap_from=self.cap_from,
            strategy=self.strategy,
            options=self.options,
        ).cap

    def swept(self, views: KnownViews, superclasses: Superclasses) -> tuple[Curve, _AtFactor]:
        """`balance_curve`, and what the factor keeps."""
        by = {"strategy": self.strategy, "options": self.options}
        caps = caps_of(views, superclasses)
        own = self.cap(views, superclasses) if self.words else None
        # A cap above the largest superclass keeps what the largest keeps.
        own = int(caps[-1]) if own is None else min(own, int(caps[-1]))
        every = np.union1d(caps, [own])
        counts = [
            counts_of_caps(views, superclasses, every, by, seed) for seed in range(self.seeds)
        ]
        both = curve_of(views, counts)
        used, at = np.isin(every, caps), int(np.searchsorted(every, own))
        return (
            Curve(both.kept[used], both.uniformity[:, used], both.entropy[:, used]),
            _AtFactor(
                np.array([of_seed[at].sum(dtype=np.float64) for of_seed in counts]),
                both.uniformity[:, at],
                both.entropy[:, at],
            ),
        )


class _AtFactor(NamedTuple):
    """Particles kept at the factor, and how even their views are: float64 (S,), one a seed."""

    kept: DoubleArray
    uniformity: DoubleArray
    entropy: DoubleArray


def balance_scores(
    superclasses: Superclasses, views: KnownViews, balance: Balance, n_oracle: int
) -> tuple[list[Score], dict[str, Curve]]:
    """Scores and the curves that they are from: ``ours``, ``oracle``, ``random``."""
    among = candidates(views, superclasses)
    if not among.any():
        return [
            Score(key, why_not="no particle of a superclass has a known view") for key in _ALL
        ], {}
    used = superclasses.class_id[superclasses.label != UNASSIGNED]
    ours, at_factor = balance.swept(views, superclasses)
    best = oracle_curve(views, used, n_oracle, balance.seeds)
    kept = np.union1d(ours.kept, best.kept)
    chance = random_curve(views, kept, balance.seeds, among=among)
    curves = {"ours": ours, "oracle": best, "random": chance}
    each_by_itself = len(superclasses) == len(used)
    if each_by_itself and n_oracle >= len(used):
        reason = (
            "each class is its own superclass, so the oracle is the same; give it a smaller number"
        )
        shares = [Score(key, why_not=reason) for key in _SHARES]
    else:
        shares = _shares(ours, chance, best)
    scores = [
        *shares,
        *_at_the_factor(superclasses, views, balance, at_factor, best),
        *_scf_star(superclasses, views, balance, among),
    ]
    return scores, curves


_SHARES = ("share_of_oracle_gain", "gain", "gain_of_oracle")
_BEFORE = ("uniformity_before", "entropy_before", "scf_star_before")
_AFTER = (
    "uniformity",
    "uniformity_of_random",
    "uniformity_of_oracle",
    "entropy",
    "entropy_of_random",
    "scf_star",
    "scf_star_of_random",
)
_SCF_SEEDS = 5
"""Selections behind a mean of SCF*, which varies little between them."""
_ALL = (*_SHARES, *_BEFORE, *_AFTER)


def _shares(ours: Curve, chance: Curve, best: Curve) -> list[Score]:
    reached = common_range(ours, chance, best)
    if reached is None:
        reason = "the superclasses can't be balanced over any range of particles kept"
        return [Score(key, why_not=reason) for key in _SHARES]
    kept = (round(reached[0]), round(reached[1]))
    share, sd = share_of_oracle_gain(ours, chance, best)
    scores = [Score("share_of_oracle_gain", share, sd, kept)]
    if not np.isfinite(share):
        gain = float(gain_over_random(best, chance, *reached).mean())
        reason = (
            f"the oracle gains only {gain:.3f} in uniformity (less than {LEAST_GAIN}), too little "
            "for a share to mean anything"
        )
        scores = [Score("share_of_oracle_gain", kept=kept, why_not=reason)]
    for key, curve in (("gain", ours), ("gain_of_oracle", best)):
        scores.append(_mean(key, gain_over_random(curve, chance, *reached), kept))
    return scores


def _at_the_factor(
    superclasses: Superclasses, views: KnownViews, balance: Balance, ours: _AtFactor, best: Curve
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
        return scores + [Score(key, why_not=reason) for key in _AFTER if "scf" not in key]
    kept, mean = (int(ours.kept.min()), int(ours.kept.max())), np.array([ours.kept.mean()])
    scores += [_mean("uniformity", ours.uniformity, kept), _mean("entropy", ours.entropy, kept)]
    chance = random_curve(views, mean, balance.seeds, among=candidates(views, superclasses))
    scores += [
        _mean("uniformity_of_random", chance.uniformity[:, 0], kept),
        _mean("entropy_of_random", chance.entropy[:, 0], kept),
    ]
    if best.kept.min() <= mean[0] <= best.kept.max():
        scores.append(_mean("uniformity_of_oracle", best.at(mean)[:, 0], kept))
    else:
        reason = f"the oracle keeps at least {best.kept.min():,.0f} particles"
        scores.append(Score("uniformity_of_oracle", why_not=reason))
    return scores


def _scf_star(
    superclasses: Superclasses, views: KnownViews, balance: Balance, among: BoolArray
) -> list[Score]:
    """SCF* of all candidates, of those that the factor keeps, and of as many at random."""
    passes = views.slice_passes
    n = int(np.count_nonzero(among))
    scores = [Score("scf_star_before", passes.score(among), kept=(n, n))]
    if not balance.words:
        reason = "nothing was balanced (f = 0); give a factor"
        return [*scores, *(Score(key, why_not=reason) for key in _AFTER if "scf" in key)]
    kept, ours, chance = [], [], []
    for seed in range(min(balance.seeds, _SCF_SEEDS)):
        selected = among & (
            select(
                views.particles,
                superclasses,
                factor=balance.factor,
                max_size=balance.max_size,
                cap_from=balance.cap_from,
                strategy=balance.strategy,
                options=balance.options,
                seed=seed,
            ).selected
        )
        kept.append(int(np.count_nonzero(selected)))
        ours.append(passes.score(selected))
        drawn = np.zeros(len(among), dtype=np.bool_)
        rows = np.flatnonzero(among)
        drawn[np.random.default_rng([seed, 31]).permutation(rows)[: kept[-1]]] = True
        chance.append(passes.score(drawn))
    both = (min(kept), max(kept))
    return [
        *scores,
        _mean("scf_star", np.array(ours), both),
        _mean("scf_star_of_random", np.array(chance), both),
    ]


def _mean(key: str, values: DoubleArray, kept: tuple[int, int]) -> Score:
    sd = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return Score(key, float(values.mean()), sd, kept)
