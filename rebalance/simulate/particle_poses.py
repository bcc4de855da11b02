"""Draws a class and a pose for every particle, from what its class average is to show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance.errors import OptionError
from rebalance.model import DoubleArray, IntArray
from rebalance.simulate import class_sizes, viewing_directions
from rebalance.simulate.poses import PlannedAverages
from rebalance.simulate.projection import in_plane
from rebalance.simulate.simulation_options import JUNK, MERGED, MIXED, VIEW, SimulationOptions

_WIDEST = 60.0
"""Degrees above which all views are mixed."""
_MERGED_VIEWS = 4
_MERGED_JUNK = 0.6
"""Largest number of views, and largest fraction of junk, in a merged average."""


@dataclass(frozen=True, eq=False)
class PlannedParticles:
    """Class and true pose of every particle, in the frame of its class average.

    Parameters
    ----------
    class_index : int64 (P,)
        Row of its class average.
    frame : float64 (P, 3, 3)
        Rotation from the molecule to the class average; NaN where no single molecule is shown.
    psi : float64 (P,), move : float64 (P, 2)
        Degrees and (x, y) pixels that lay the class average onto the particle.
    defocus : float64 (P,)
        Å.
    score : float64 (P,)
        In (0, 1]; higher the nearer its view is to that of the average.
    members : list of int64
        Particles of each class average.
    """

    class_index: IntArray
    frame: DoubleArray
    psi: DoubleArray
    move: DoubleArray
    defocus: DoubleArray
    score: DoubleArray
    members: list[IntArray]

    @classmethod
    def draw(
        cls, plan: PlannedAverages, options: SimulationOptions, rng: np.random.Generator
    ) -> PlannedParticles:
        """Draw them; what shows no single molecule has a frame of NaN."""
        n_particles = options.n_particles
        occupied = np.flatnonzero(plan.share)
        if n_particles < len(occupied):
            raise OptionError(
                f"n_particles = {n_particles} is too few for {len(occupied)} class averages with "
                "particles.",
                hint="Use more particles or fewer averages.",
            )
        share = plan.share[occupied] / plan.share.sum()
        size = class_sizes.draw_sizes(share, plan.junk_kind[occupied], options, rng)
        class_index = rng.permutation(np.repeat(occupied, size)).astype(np.int64)
        order = np.argsort(class_index, kind="stable")
        members = np.split(order, np.cumsum(np.bincount(class_index, minlength=len(plan.kind))))
        frame = np.empty((n_particles, 3, 3))
        score = rng.beta(8, 1, n_particles)
        for number in occupied:
            who = members[number]
            if plan.junk_kind[number] == MERGED:
                frame[who] = _merged_frames(len(who), plan, options, int(number))
                score[who] *= 0.8
                continue
            if plan.junk_kind[number] not in ("", MIXED):
                frame[who] = np.nan
                score[who] *= 0.6
                continue
            if plan.kind[number] == JUNK:
                turn = in_plane(rng.uniform(-180, 180, len(who)))
                frame[who] = turn @ viewing_directions.view_frames(
                    viewing_directions.uniform(len(who), rng)
                )
                score[who] *= 0.6
                continue
            middle = plan.view[number]
            direction = viewing_directions.around(
                np.repeat(middle[None], len(who), axis=0),
                min(options.particle_spread * plan.blur[number], _WIDEST),
                rng,
            )
            base = in_plane(plan.turn[number]) @ viewing_directions.view_frames(middle[None])
            frame[who] = viewing_directions.carried(base[0], direction)
            angle = np.arccos(np.clip(direction @ middle, -1, 1))
            score[who] *= np.exp(-0.25 * (angle / np.deg2rad(max(options.particle_spread, 1))) ** 2)
        return cls(
            class_index,
            frame,
            rng.uniform(-180, 180, n_particles),
            rng.normal(0, 2, (n_particles, 2)),
            rng.uniform(options.defocus_min, options.defocus_max, n_particles),
            np.clip(score, 0.01, 1),
            members,
        )


def _merged_frames(
    n: int, plan: PlannedAverages, options: SimulationOptions, number: int
) -> DoubleArray:
    """Frames of n particles of two or more views, as turned as it comes; NaN for junk."""
    rng = np.random.default_rng([options.seed, 11, number])
    shown = np.flatnonzero(plan.kind == VIEW)
    n_views = min(int(rng.integers(1, _MERGED_VIEWS + 1)), len(shown))
    parts = rng.choice(shown, n_views, replace=False)
    part = rng.choice(n_views, n, p=rng.dirichlet(np.full(n_views, 3.0)))
    direction = viewing_directions.around(plan.view[parts][part], 2 * options.particle_spread, rng)
    frame = np.empty((n, 3, 3))
    for mine, turn in enumerate(rng.uniform(-180, 180, n_views)):
        base = in_plane(turn) @ viewing_directions.view_frames(plan.view[parts[mine]][None])
        frame[part == mine] = viewing_directions.carried(base[0], direction[part == mine])
    frame[rng.random(n) < rng.uniform(0.1, _MERGED_JUNK)] = np.nan
    return frame
