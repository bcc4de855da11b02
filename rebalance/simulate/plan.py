"""Draws what a classification is to show: a view for every average, a pose for every particle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import OptionError
from rebalance.model import UNASSIGNED, BoolArray, DoubleArray, IntArray
from rebalance.simulate import views
from rebalance.simulate.projection import in_plane
from rebalance.simulate.settings import EMPTY, JUNK, NOISE, VIEW, SimulationOptions

_CAP_WIDTH = 20.0


@dataclass(frozen=True, eq=False)
class Plan:
    """What each of the N averages is to show, in order of class number."""

    kind: npt.NDArray[np.str_]
    view: DoubleArray
    superclass: IntArray
    mirrored: BoolArray
    axes: DoubleArray
    popularity: DoubleArray
    turn: DoubleArray
    shift: DoubleArray
    share: DoubleArray


def plan_averages(options: SimulationOptions, rng: np.random.Generator) -> Plan:
    n, aside = options.n_averages, options.n_empty + options.n_noise + options.n_junk
    n_shown = n - aside
    if n_shown < (1 if options.continuous else options.n_views):
        raise OptionError(
            f"n_averages = {n} leaves {n_shown} averages for {options.n_views} views, after "
            f"{options.n_empty} empty, {options.n_noise} noise and {options.n_junk} junk averages.",
            cure="Ask for more averages or fewer views.",
        )
    axes = views.spread_axes(options.n_views, rng)
    preferred = axes[rng.permutation(options.n_views)[: options.n_preferred]]
    weight = views.popularity(axes, preferred, options.preferred_share, _CAP_WIDTH)
    if options.continuous:
        near = _draw_continuous(n_shown, preferred, options.preferred_share, rng)
        share = rng.lognormal(0, 0.4, n_shown)
    else:
        # A crowded view is split over more averages, but not in proportion: they are larger too.
        axis = _apportion(weight**0.6, n_shown)
        near, share = axes[axis], rng.lognormal(0, 0.4, n_shown)
        share *= (weight / np.bincount(axis, share))[axis]
    view = views.around(near, options.class_spread, rng)
    superclass = views.nearest_axis(view, axes)
    view[rng.random(n_shown) < options.mirror_share] *= -1
    mirrored = np.einsum("ij,ij->i", view, axes[superclass]) < 0

    place = rng.permutation(n)
    shown, junk = place[:n_shown], place[n_shown : n_shown + options.n_junk]
    kind = np.full(n, EMPTY, dtype="U5")
    kind[shown] = VIEW
    kind[junk] = JUNK
    kind[place[n - options.n_noise :]] = NOISE
    return Plan(
        kind,
        _scatter(view, shown, n, np.nan),
        _scatter(superclass, shown, n, UNASSIGNED),
        _scatter(mirrored, shown, n, False),
        axes,
        weight,
        rng.uniform(-180, 180, n),
        rng.uniform(-options.max_shift, options.max_shift, (n, 2)),
        _scatter(share / share.sum(), shown, n, 0.0) + 0.5 / n_shown * (kind == JUNK),
    )


def _draw_continuous(
    n: int, preferred: DoubleArray, share: float, rng: np.random.Generator
) -> DoubleArray:
    direction = views.uniform(n, rng)
    if len(preferred):
        crowded = rng.random(n) < share
        cap = rng.choice(len(preferred), crowded.sum(), p=views.cap_shares(len(preferred)))
        direction[crowded] = views.around(preferred[cap], np.sqrt(2) * _CAP_WIDTH, rng)
    return direction


def _apportion(weight: DoubleArray, n: int) -> IntArray:
    """Axis of each of n averages: one at least for each axis, the rest by weight."""
    quota = (n - len(weight)) * weight / weight.sum()
    count = 1 + np.floor(quota).astype(np.int64)
    left = n - int(count.sum())
    count[np.argsort(-(quota % 1), kind="stable")[:left]] += 1
    return np.repeat(np.arange(len(weight)), count)


def _scatter(values: npt.NDArray[Any], place: IntArray, n: int, fill: Any) -> npt.NDArray[Any]:
    full = np.full((n, *values.shape[1:]), fill, dtype=values.dtype)
    full[place] = values
    return full


@dataclass(frozen=True, eq=False)
class Particles:
    """Class (0-based) and true pose of every particle, in the frame of its class average."""

    class_index: IntArray
    frame: DoubleArray
    psi: DoubleArray
    move: DoubleArray
    defocus: DoubleArray
    score: DoubleArray
    members: list[IntArray]

    @classmethod
    def draw(cls, plan: Plan, options: SimulationOptions, rng: np.random.Generator) -> Particles:
        n_particles = options.n_particles
        occupied = np.flatnonzero(plan.share)
        if n_particles < len(occupied):
            raise OptionError(
                f"n_particles = {n_particles} is too few for {len(occupied)} class averages that "
                "have particles.",
                cure="Ask for more particles or fewer averages.",
            )
        share = plan.share[occupied] / plan.share.sum()
        size = 1 + rng.multinomial(n_particles - len(occupied), share)
        class_index = rng.permutation(np.repeat(occupied, size)).astype(np.int64)
        order = np.argsort(class_index, kind="stable")
        members = np.split(order, np.cumsum(np.bincount(class_index, minlength=len(plan.kind))))
        frame = np.empty((n_particles, 3, 3))
        score = rng.beta(8, 1, n_particles)
        for number in occupied:
            who = members[number]
            if plan.kind[number] == JUNK:
                turn = in_plane(rng.uniform(-180, 180, len(who)))
                frame[who] = turn @ views.view_frames(views.uniform(len(who), rng))
                score[who] *= 0.6
                continue
            middle = plan.view[number]
            direction = views.around(
                np.repeat(middle[None], len(who), axis=0), options.particle_spread, rng
            )
            base = in_plane(plan.turn[number]) @ views.view_frames(middle[None])
            frame[who] = views.carried(base[0], direction)
            angle = np.arccos(np.clip(direction @ middle, -1, 1))
            score[who] *= np.exp(-0.25 * (angle / np.deg2rad(max(options.particle_spread, 1))) ** 2)
        return cls(
            class_index,
            frame,
            rng.uniform(-180, 180, n_particles),
            rng.normal(0, 2, (n_particles, 2)),
            rng.uniform(8_000, 24_000, n_particles),
            np.clip(score, 0.01, 1),
            members,
        )
