"""Draws what a classification is to show: a view for every average, or what junk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import OptionError
from rebalance.model import UNASSIGNED, BoolArray, DoubleArray, IntArray
from rebalance.simulate import class_sizes, symmetry, viewing_directions
from rebalance.simulate.simulation_options import (
    EMPTY,
    JUNK,
    NOISE,
    VIEW,
    SimulationOptions,
)

_SAME_VIEW = 0.1
"""Degrees."""


@dataclass(frozen=True, eq=False)
class PlannedAverages:
    """What each of the N averages is to show, in order of class number.

    Parameters
    ----------
    kind, junk_kind : str (N,)
        As in `SimulatedClassification`, where these are explained: ``view``, ``superclass``,
        ``mirrored``, ``mirror_of``, ``n_neighbours``, ``axes`` and ``popularity`` too.
    turn : float64 (N,)
        Degrees by which the picture is turned in its plane.
    shift : float64 (N, 2)
        (x, y) pixels by which it is then moved.
    share : float64 (N,)
        Of the particles, in proportion; 0 for averages without any.
    blur : float64 (N,)
        By how much the spread and the errors of alignment of its particles are larger.
    hazy : bool (N,)
        Has haze beside its view.
    """

    kind: npt.NDArray[np.str_]
    junk_kind: npt.NDArray[np.str_]
    view: DoubleArray
    superclass: IntArray
    mirrored: BoolArray
    mirror_of: IntArray
    n_neighbours: IntArray
    axes: DoubleArray
    popularity: DoubleArray
    turn: DoubleArray
    shift: DoubleArray
    share: DoubleArray
    blur: DoubleArray
    hazy: BoolArray


def plan_averages(
    options: SimulationOptions, group: DoubleArray, rng: np.random.Generator
) -> PlannedAverages:
    """Draw the views of the averages, modulo a point group (G, 3, 3)."""
    n, n_junk = options.n_averages, options.n_all_junk
    n_shown = n - options.n_empty - options.n_noise - n_junk
    needed = 1 if options.continuous else options.n_views
    if n_shown < needed:
        raise _too_few_averages(options, needed, n - n_shown)
    axes, preferred = _axes(options, group, rng)
    weight = viewing_directions.popularity(
        axes,
        preferred,
        options.preferred_share,
        options.preferred_width,
        ratio=options.preferred_ratio,
        group=group,
    )
    if options.continuous:
        near = _draw_continuous(n_shown, preferred, options, rng)
        share = rng.lognormal(0, 0.4, n_shown)
    else:
        # A crowded view is split over more averages, but not in proportion: they are larger too.
        axis = _apportion(weight**0.6, n_shown)
        near, share = axes[axis], rng.lognormal(0, 0.4, n_shown)
        share *= (weight / np.bincount(axis, share))[axis]
    view = viewing_directions.around(near, options.class_spread, rng)
    superclass, _ = symmetry.closest(view, axes, group)
    view[rng.random(n_shown) < options.mirror_share] *= -1
    # What was added later draws from a stream of its own, and leaves the others as they were.
    later = np.random.default_rng([options.seed, 4])
    partner = _pair_up(view, superclass, options, later)
    superclass, mirrored = symmetry.closest(view, axes, group)
    crowded = later.random(n_shown) < options.neighbour_share
    n_neighbours = np.where(crowded, later.integers(1, options.most_neighbours + 1, n_shown), 0)

    place = rng.permutation(n)
    shown, junk = place[:n_shown], place[n_shown : n_shown + n_junk]
    kind = np.full(n, EMPTY, dtype="U5")
    kind[shown] = VIEW
    kind[junk] = JUNK
    kind[place[n - options.n_noise :]] = NOISE
    junk_kind = np.full(n, "", dtype="U11")
    by_number = np.repeat(list(options.junk), list(options.junk.values())).tolist()
    junk_kind[junk] = by_number + class_sizes.shared_junk(options)
    junk_kind[kind == NOISE] = NOISE
    factor = class_sizes.size_factors(junk_kind, options)
    share *= factor[shown]
    if options.size_spread and not options.continuous:
        share *= (weight / np.bincount(superclass, share))[superclass]
    beside = _scatter(n_neighbours, shown, n, 0)
    return PlannedAverages(
        kind,
        junk_kind,
        _scatter(view, shown, n, np.nan),
        _scatter(superclass, shown, n, UNASSIGNED),
        _scatter(mirrored, shown, n, False),
        _scatter(np.where(partner < 0, 0, shown[partner] + 1), shown, n, 0),
        beside,
        axes,
        weight,
        rng.uniform(-options.max_rotation, options.max_rotation, n),
        rng.uniform(-options.max_shift, options.max_shift, (n, 2)),
        _scatter(share / share.sum(), shown, n, 0.0) + 0.5 / n_shown * factor * (kind == JUNK),
        class_sizes.blur_factors(beside > 0, options),
        class_sizes.hazy(shown, options),
    )


def _too_few_averages(options: SimulationOptions, needed: int, aside: int) -> OptionError:
    """``needed`` averages of views, beside the ``aside`` that show none."""
    enough = needed + aside
    left = options.n_averages - aside
    who = "one view needs an average" if needed == 1 else f"{needed} views need an average each"
    fewer_views = f", or `n_views={left}` or fewer" if 0 < left < needed else ""
    fewer_aside = "" if fewer_views else ", or fewer of the others (n_empty, n_noise, n_junk)"
    return OptionError(
        f"n_averages = {options.n_averages} is too few: {who}, and {aside} averages show no view "
        f"({options.n_empty} empty, {options.n_noise} noise, {options.n_all_junk} junk).",
        hint=f"Use `n_averages={enough}` or more{fewer_views}{fewer_aside}.",
    )


def _axes(
    options: SimulationOptions, group: DoubleArray, rng: np.random.Generator
) -> tuple[DoubleArray, DoubleArray]:
    """Directions of the distinct views, and those of them that are preferred."""
    n, wanted = options.n_views, options.min_separation
    given = options.preferred_directions
    if given is None and wanted is None and len(group) == 1:
        axes = viewing_directions.spread_axes(n, rng)
    else:
        fixed = np.asarray(given or np.zeros((0, 3)), dtype=np.float64)
        length = np.linalg.norm(fixed, axis=1, keepdims=True)
        if len(fixed) > n or not (length > 0).all():
            raise OptionError(
                f"preferred_directions has {len(fixed)} directions, but n_views = {n}."
                if len(fixed) > n
                else "preferred_directions has a direction of length 0.",
                hint="Give at most as many directions as there are views, each as x,y,z.",
            )
        if symmetry.separation(fixed / length, group) < _SAME_VIEW:
            raise OptionError(
                f"preferred_directions has one view twice: with {options.symmetry} and mirroring, "
                "two of its directions show the same picture.",
                hint="Leave one of them out.",
            )
        axes = symmetry.spread_views(n, group, rng, fixed / length)
    apart = symmetry.separation(axes, group)
    if wanted is not None and apart < wanted:
        raise OptionError(
            f"n_views = {n}: with {options.symmetry} and mirroring, this many views are at best "
            f"{apart:.1f}° apart, not {wanted:g}°.",
            hint="Use fewer views, or a smaller min_separation.",
        )
    preferred = axes[rng.permutation(n)[: options.n_preferred]]
    return axes, preferred if given is None else axes[: len(given)]


def _pair_up(
    view: DoubleArray, superclass: IntArray, options: SimulationOptions, rng: np.random.Generator
) -> IntArray:
    """Turn averages into exact opposites of others of their view; partner of each, or −1."""
    partner = np.full(len(view), -1)
    wanted = options.n_mirror_pairs
    if not wanted:
        return partner
    # One pair of a view after the other, so that pairs are spread over the views.
    rows = rng.permutation(len(view))
    queues = [rows[superclass[rows] == number] for number in rng.permutation(options.n_views)]
    pairs = [
        (queue[2 * turn], queue[2 * turn + 1])
        for turn in range(len(view) // 2)
        for queue in queues
        if len(queue) > 2 * turn + 1
    ]
    if len(pairs) < wanted:
        raise OptionError(
            f"n_mirror_pairs = {wanted}, but averages of the same view only make {len(pairs)} "
            "pairs.",
            hint="Use more averages or fewer pairs.",
        )
    for one, other in pairs[:wanted]:
        view[other] = -view[one]
        partner[one], partner[other] = other, one
    return partner


def _draw_continuous(
    n: int, preferred: DoubleArray, options: SimulationOptions, rng: np.random.Generator
) -> DoubleArray:
    direction = viewing_directions.uniform(n, rng)
    if len(preferred):
        crowded = rng.random(n) < options.preferred_share
        share = viewing_directions.cap_shares(len(preferred), options.preferred_ratio)
        cap = rng.choice(len(preferred), crowded.sum(), p=share)
        width = np.sqrt(2) * options.preferred_width
        direction[crowded] = viewing_directions.around(preferred[cap], width, rng)
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
