"""How uneven classes are: many tiny ones, a few that hold most particles, blur of their own.

What is drawn here has streams of its own, so that a simulation without it stays as it was.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rebalance.errors import OptionError
from rebalance.model import DoubleArray, IntArray
from rebalance.simulate.simulation_options import (
    BLOB,
    JUNK_NOISE,
    JUNK_WEIGHTS,
    MERGED,
    SimulationOptions,
)

_KINDS, _SHARES, _TINY, _BLUR, _HAZE = 6, 7, 8, 9, 10

_TIMES = {MERGED: 8.0, JUNK_NOISE: 2.0, BLOB: 2.0}
"""Size of a junk class ÷ that of others; merged ones collect what fits nowhere."""
_TINY_IN_JUNK = 2.0
_LARGEST_TINY = 9
_MOST_BLUR, _CROWDED = 4.0, 2.0


def shared_junk(options: SimulationOptions) -> list[str]:
    """The kind of each average of junk that ``junk_share`` asks for; one merged at least."""
    n = options.n_shared_junk
    if not n:
        return []
    rng = np.random.default_rng([options.seed, _KINDS])
    kinds = options.junk_kinds or tuple(JUNK_WEIGHTS)
    weight = np.array([JUNK_WEIGHTS[kind] for kind in kinds])
    drawn: list[str] = rng.choice(kinds, n, p=weight / weight.sum()).tolist()
    if MERGED in kinds and MERGED not in drawn and n >= len(kinds) // 2:
        drawn[0] = MERGED
    return drawn


def size_factors(junk_kind: npt.NDArray[np.str_], options: SimulationOptions) -> DoubleArray:
    """By how much the N averages are larger or smaller than their views make them."""
    n = len(junk_kind)
    if not options.size_spread:
        return np.ones(n)
    rng = np.random.default_rng([options.seed, _SHARES])
    times = np.array([_TIMES.get(str(kind), 1.0) for kind in junk_kind])
    # Of merged classes none is small: they are where particles gather.
    spread = np.where(junk_kind == MERGED, 0.4, 1.0) * options.size_spread
    return times * np.exp(spread * rng.standard_normal(n))


def blur_factors(crowded: npt.NDArray[np.bool_], options: SimulationOptions) -> DoubleArray:
    """By how much spread and errors of alignment are larger in each of the N averages.

    Parameters
    ----------
    crowded : bool (N,)
        Where another particle is beside, that disturbs the alignment.
    options : SimulationOptions
    """
    n = len(crowded)
    if not options.blur_spread:
        return np.ones(n)
    rng = np.random.default_rng([options.seed, _BLUR])
    factor = np.exp(options.blur_spread * rng.standard_normal(n))
    return np.minimum(np.where(crowded, _CROWDED, 1.0) * factor, _MOST_BLUR)


def hazy(shown: IntArray, options: SimulationOptions) -> npt.NDArray[np.bool_]:
    """Which of the N averages have haze, out of those that show views."""
    chosen = np.zeros(options.n_averages, dtype=np.bool_)
    if options.haze_share:
        rng = np.random.default_rng([options.seed, _HAZE])
        chosen[shown] = rng.random(len(shown)) < options.haze_share
    return chosen


def draw_sizes(
    share: DoubleArray,
    junk_kind: npt.NDArray[np.str_],
    options: SimulationOptions,
    rng: np.random.Generator,
) -> IntArray:
    """Particles of each class that has any.

    Parameters
    ----------
    share : float64 (n,)
        Above 0; sums to 1.
    junk_kind : str (n,)
    options : SimulationOptions
    rng : numpy.random.Generator
        For classes of the usual size.

    Raises
    ------
    OptionError
        If there are too few particles.
    """
    n, n_particles = len(share), options.n_particles
    rare = np.random.default_rng([options.seed, _TINY])
    size = np.zeros(n, dtype=np.int64)
    n_tiny = min(round(options.tiny_share * n), n - 1)
    if n_tiny:
        # The smallest are tiny, and junk more often than views.
        odds = np.where(junk_kind == "", 1.0, _TINY_IN_JUNK) / np.sqrt(share)
        odds[junk_kind == MERGED] = 0
        n_tiny = min(n_tiny, int((odds > 0).sum()))
        tiny = rare.choice(n, n_tiny, replace=False, p=odds / odds.sum())
        size[tiny] = np.floor((_LARGEST_TINY + 1) ** rare.random(n_tiny)).astype(np.int64)
    usual = size == 0
    least = min(_LARGEST_TINY + 1, (n_particles - int(size.sum())) // int(usual.sum()))
    least = least if n_tiny else 1
    left = n_particles - int(size.sum()) - least * int(usual.sum())
    if least < 1 or left < 0:
        raise OptionError(
            f"n_particles = {n_particles} is too few for {n} class averages with particles.",
            hint="Use more particles or fewer averages.",
        )
    size[usual] = least + rng.multinomial(left, share[usual] / share[usual].sum())
    return size
