"""The results of a run for each average: directions, angles, and fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance import seeds
from rebalance.model import DoubleArray, FloatArray
from rebalance.views.angles import expected_angles
from rebalance.views.expectation import Mapper
from rebalance.views.fit import held_out_fit
from rebalance.views.starts import CENTRED, FINAL, Run, pose_search

_FIT = 1_000
"""Purpose of the random numbers that part the averages."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A run, and what it says.

    Parameters
    ----------
    run : Run
    sampled : float64 (D, 3)
        Directions on the whole sphere, or one unit of the point group and its opposite.
    posterior : float32 (N, D)
    rotation : float64 (N, 3, 3)
    angle : float64 (N, N)
        Degrees.
    fit : float64 (N,)
        To maps to which the average did not contribute.
    own_fit : float64 (N,)
        To the map with it.
    """

    run: Run
    sampled: DoubleArray
    posterior: FloatArray
    rotation: DoubleArray
    angle: DoubleArray
    fit: DoubleArray
    own_fit: DoubleArray


def judge(
    run: Run, weight: FloatArray, seed: int, *, axial: bool = True, mapper: Mapper = map
) -> Judged:
    """Hold every average against the map of a run.

    Parameters
    ----------
    run : Run
        Of all averages, centred.
    weight : float32 (N,)
        0 for averages that contribute to no map.
    seed : int
    axial : bool
        As in `expected_angles`.
    """
    search = pose_search(run.samples, FINAL, run.operations, mapper)
    volume = search.grid.regridded(run.volume)
    found = search.expect(volume, FINAL.last, weight)
    sampled = np.concatenate([search.directions, -search.directions])
    return Judged(
        run=run,
        sampled=sampled,
        posterior=found.posterior,
        rotation=search.rotations(found.best_pose),
        angle=expected_angles(found.posterior, sampled, run.operations, axial=axial),
        fit=fit_of(run, weight, seed, mapper),
        own_fit=found.best.astype(np.float64),
    )


def fit_of(run: Run, weight: FloatArray, seed: int, mapper: Mapper = map) -> DoubleArray:
    """Fit of every average to maps to which it did not contribute, float64 (N,)."""
    search = pose_search(run.samples, CENTRED, run.operations, mapper)
    volume = search.grid.regridded(run.volume)
    return held_out_fit(search, volume, weight, seeds.generator(seed, _FIT))
