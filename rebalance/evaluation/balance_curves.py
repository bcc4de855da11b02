"""Uniformity of views against particles kept: superclasses, random dropping, and the oracle.

Comparing at one rebalance factor only flatters whoever throws away more; so the largest allowed
superclass is swept, and curves are compared over the numbers of particles that all reach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rebalance import defaults
from rebalance.contracts import Strategy
from rebalance.evaluation.known_views import KnownViews
from rebalance.evaluation.oracle import oracle_superclasses
from rebalance.evaluation.random_baseline import RandomOrders
from rebalance.model import (
    UNASSIGNED,
    BoolArray,
    DoubleArray,
    FloatArray,
    IntArray,
    Superclasses,
)
from rebalance.model.class_numbers import count_classes
from rebalance.strategies import places, select

LEAST_GAIN = 0.02
"""In uniformity. If the oracle gains less over random dropping, a share of it means nothing."""

N_CAPS = 16
_GRID = 400


@dataclass(frozen=True, eq=False)
class Curve:
    """Uniformity against particles kept, by rising number kept.

    Parameters
    ----------
    kept : float64 (M,)
        Particles of known view.
    uniformity : float64 (S, M)
        A row for each seed.
    entropy : float64 (S, M)
    """

    kept: DoubleArray
    uniformity: DoubleArray
    entropy: DoubleArray

    def at(self, kept: DoubleArray) -> DoubleArray:
        """Uniformity of every seed at other numbers kept, float64 (S, n), linear between points."""
        return np.stack([np.interp(kept, self.kept, row) for row in self.uniformity])


def candidates(views: KnownViews, superclasses: Superclasses) -> BoolArray:
    """bool (P,): particles of known view whose class is in a superclass, or set aside."""
    used = superclasses.class_id[superclasses.label != UNASSIGNED]
    return views.is_known & np.isin(views.particles.class_id, used)


def balance_curve(
    views: KnownViews,
    superclasses: Superclasses,
    seeds: int = 20,
    *,
    n_caps: int = N_CAPS,
    strategy: str | Strategy = defaults.STRATEGY,
    options: Mapping[str, Any] | None = None,
) -> Curve:
    """Sweep the largest superclass from the largest there is down to the smallest.

    Parameters
    ----------
    views : KnownViews
    superclasses : Superclasses
    seeds : int
        Selections at each step.
    n_caps : int
        Steps, spaced evenly on a logarithmic scale.
    strategy, options
        By which particles are dropped.
    """
    caps = caps_of(views, superclasses, n_caps)
    by = {"strategy": strategy, "options": options}
    return curve_of(views, [counts_of_caps(views, superclasses, caps, by, s) for s in range(seeds)])


def caps_of(views: KnownViews, superclasses: Superclasses, n_caps: int = N_CAPS) -> IntArray:
    """Largest superclasses to try, from the smallest there is to the largest, evenly in the log."""
    count = count_classes(views.particles.class_id)
    in_each = ([count.get(n, 0) for n in members.tolist()] for members in superclasses)
    sizes = [size for size in map(sum, in_each) if size]
    largest = max(sizes + [count.get(number, 0) for number in superclasses.set_aside])
    return np.unique(np.geomspace(min(sizes), largest, n_caps).round().astype(np.int64))


def counts_of_caps(
    views: KnownViews,
    superclasses: Superclasses,
    caps: IntArray,
    by: Mapping[str, Any],
    seed: int,
) -> FloatArray:
    """Particles of each distinct view that each cap keeps, float32 (M, V).

    Parameters
    ----------
    views : KnownViews
    superclasses : Superclasses
    caps : int64 (M,)
        Rising.
    by : mapping
        ``strategy`` and ``options`` of `rebalance.strategies.select`.
    seed : int
    """
    place = places(views.particles, superclasses, seed=seed, **by)
    if place is None:
        kept = [
            select(views.particles, superclasses, max_size=int(cap), seed=seed, **by)
            for cap in caps
        ]
        return views.counts(np.stack([one.selected for one in kept]))
    # The first cap that a place is below: what a cap keeps, a larger one keeps too.
    level = np.where(place < 0, -1, np.searchsorted(caps, place, side="right"))
    return views.counts_up_to(level, len(caps))


def random_curve(
    views: KnownViews, kept: DoubleArray, seeds: int = 20, *, among: BoolArray | None = None
) -> Curve:
    """Drop particles at random, whatever their class.

    Parameters
    ----------
    views : KnownViews
    kept : float64 (M,)
        Numbers of particles to keep, rising.
    seeds : int
    among : bool (P,), optional
        Candidates; all particles of known view by default.
    """
    rows = np.flatnonzero(views.is_known if among is None else among & views.is_known)
    numbers = np.unique(np.round(kept).astype(int))
    orders = views.remembered(
        ("orders", seeds, rows.tobytes()), lambda: RandomOrders(views, rows, seeds)
    )
    return Curve(np.minimum(numbers, len(rows)).astype(np.float64), *orders.scores(numbers))


def curve_of(views: KnownViews, counts: Sequence[FloatArray]) -> Curve:
    """The curve of the counts of each seed, (M, V), by rising number kept."""
    seeds, together = len(counts), np.concatenate(counts)
    uniformity, entropy = views.scores(together)
    kept = together.sum(axis=1, dtype=np.float64).reshape(seeds, -1).mean(axis=0)
    return Curve(kept, uniformity.reshape(seeds, -1), entropy.reshape(seeds, -1))


def oracle_curve(
    views: KnownViews, class_id: IntArray, n_superclasses: int, seeds: int = 20
) -> Curve:
    """`balance_curve` of the oracle's superclasses, particles dropped at random."""
    oracle = oracle_superclasses(views, class_id, n_superclasses)
    return views.remembered(
        ("curve", tuple(oracle.class_id.tolist()), n_superclasses, seeds),
        lambda: balance_curve(views, oracle, seeds),
    )


def common_range(*curves: Curve) -> tuple[float, float] | None:
    """Numbers of particles kept that all curves reach; None if there is no such range."""
    low = max(float(curve.kept.min()) for curve in curves)
    high = min(float(curve.kept.max()) for curve in curves)
    return (low, high) if high > low else None


def gain_over_random(curve: Curve, chance: Curve, low: float, high: float) -> DoubleArray:
    """How far a curve lies above random dropping, on average over a range of particles kept.

    The area between the two ÷ the length of the range, for each seed; float64 (S,).
    """
    from scipy.integrate import trapezoid

    grid = np.linspace(low, high, _GRID)
    above = curve.at(grid) - chance.at(grid).mean(axis=0)
    return np.asarray(trapezoid(above, grid, axis=1) / (high - low))


def share_of_oracle_gain(ours: Curve, chance: Curve, oracle: Curve) -> tuple[float, float]:
    """Area between superclasses and random dropping ÷ area between oracle and random dropping.

    1 for superclasses as good as if the views were known, 0 for no better than dropping particles
    at random; above 1 where the oracle, which minimizes angles and not unevenness, is beaten.

    Parameters
    ----------
    ours, chance, oracle : Curve
        Over the range of particles kept that all three reach.

    Returns
    -------
    mean, sd : float
        Over the seeds of the superclasses' curve, sd 0 for one seed; NaN if the curves have no
        range in common, or if the oracle gains less than `LEAST_GAIN`.
    """
    reached = common_range(ours, chance, oracle)
    if reached is None:
        return float("nan"), float("nan")
    best = float(gain_over_random(oracle, chance, *reached).mean())
    if best < LEAST_GAIN:
        return float("nan"), float("nan")
    share = gain_over_random(ours, chance, *reached) / best
    return float(share.mean()), float(share.std(ddof=1)) if len(share) > 1 else 0.0
