"""Maps from random starts: expectation–maximization from a dozen averages in random poses.

Each start has two stages with soft poses and a part of the images at a time; the best continue with
all images. The perplexity of the poses is lowered on a schedule, not a temperature, so that the
noise of the images doesn't matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rebalance import seeds
from rebalance.model import DoubleArray, FloatArray
from rebalance.views.expectation import Mapper, PoseSearch
from rebalance.views.shifts import find_shifts, moved
from rebalance.views.symmetry_axes import asymmetric_unit

ComplexArray = npt.NDArray[np.complex64]


class Stage(NamedTuple):
    """How many directions and rings, how many steps, the perplexity of a pose, the part asked."""

    n_directions: int
    n_rings: int
    n_steps: int
    first: float
    last: float
    part: float


COARSE = (Stage(100, 5, 10, 300.0, 100.0, 0.5), Stage(150, 7, 14, 150.0, 20.0, 0.6))
FINE = Stage(150, 8, 8, 20.0, 8.0, 1.0)
SYMMETRIC = Stage(150, 10, 10, 30.0, 8.0, 1.0)
CENTRED = Stage(150, 10, 3, 12.0, 8.0, 1.0)
"""After centres were found on the map; N_CENTRINGS times."""
FINAL = Stage(500, 10, 1, 16.0, 16.0, 1.0)
"""Poses that are kept; directions are about 6.4° apart."""
N_CENTRINGS = 2
N_STARTS, N_KEPT = 6, 3
N_OF_FEW, N_KEPT_OF_FEW, FEW = 10, 4, 40
"""More starts for few averages, which are cheap and fail more often."""
N_FIRST = 12
"""Averages in random poses in a start."""
_LEAST_PART = 15
_FIRST_DAMPING = 1.0
_PERPLEXITY_OF_SCORE = 20.0


@dataclass(frozen=True, eq=False)
class Run:
    """A map, and what the images say of their poses on it.

    Parameters
    ----------
    samples : complex64 (N, J, H)
        About the centres that were found.
    shift : float64 (N, 2)
        (x, y) of these from where the origin was, in radii of the mask.
    volume : float32 (side, side, side)
    operations : float64 (G, 3, 3)
        Of the point group, in its frame.
    score : float
        Mean of the best correlations, weighted.
    """

    samples: ComplexArray
    shift: DoubleArray
    volume: FloatArray
    operations: DoubleArray
    score: float


@contextmanager
def workers(threads: int, jobs: int) -> Iterator[tuple[Mapper, Mapper]]:
    """How starts, and the tiles within each, are handed out to so many threads."""
    if threads <= 1:
        yield map, map
        return
    with ThreadPoolExecutor(min(threads, jobs)) as outer:
        if threads // jobs < 2:
            yield outer.map, map
            return
        with ThreadPoolExecutor(threads) as inner:
            yield outer.map, inner.map


def best_runs(
    samples: ComplexArray,
    weight: FloatArray,
    seed: int,
    *,
    threads: int = 1,
) -> list[Run]:
    """The best of several starts, best first.

    Parameters
    ----------
    samples : complex64 (N, J, H)
        Of `PolarImages`.
    weight : float32 (N,)
    seed : int
    threads : int
        They change no byte of the result.
    """
    few = len(samples) <= FEW
    n_starts, n_kept = (N_OF_FEW, N_KEPT_OF_FEW) if few else (N_STARTS, N_KEPT)
    with workers(threads, n_starts) as (outer, inner):
        begun = list(outer(lambda n: _begin(samples, weight, seed, n, inner), range(n_starts)))
    order = sorted(range(n_starts), key=lambda n: (-begun[n][0], n))[:n_kept]

    def go_on(n: int) -> Run:
        start = Run(samples, np.zeros((len(samples), 2)), begun[n][1], np.eye(3)[None], 0.0)
        run = refine(start, weight, FINE, inner)
        for _ in range(N_CENTRINGS):
            run = refine(centred(run, inner), weight, CENTRED, inner)
        return run

    with workers(threads, n_kept) as (outer, inner):
        runs = list(outer(go_on, order))
    return sorted(runs, key=lambda run: -run.score)


def refine(run: Run, weight: FloatArray, stage: Stage, mapper: Mapper = map) -> Run:
    """All images against a map, step by step, modulo the point group of the run."""
    search = pose_search(run.samples, stage, run.operations, mapper)
    volume = search.grid.regridded(run.volume)
    best = np.zeros(len(weight), dtype=np.float32)
    for perplexity in _schedule(stage):
        found = search.expect(volume, perplexity, weight)
        volume, best = search.maximise(found), found.best
    return replace(run, volume=volume, score=_mean(best, weight))


def symmetric(run: Run, weight: FloatArray, operations: DoubleArray, mapper: Mapper = map) -> Run:
    """A run made with a point group, the axes of which were found on its map."""
    run = refine(replace(run, operations=operations), weight, SYMMETRIC, mapper)
    return refine(centred(run, mapper), weight, CENTRED, mapper)


def centred(run: Run, mapper: Mapper = map) -> Run:
    """The same images about the centre that fits the map best."""
    search = pose_search(run.samples, FINAL, run.operations, mapper)
    volume = search.grid.regridded(run.volume)
    rotation = search.rotations(search.best(volume)[1])
    shift = find_shifts(search, volume, rotation)
    return replace(run, samples=moved(run.samples, shift), shift=run.shift + shift)


def pose_search(
    samples: ComplexArray, stage: Stage, operations: DoubleArray | None = None, mapper: Mapper = map
) -> PoseSearch:
    """The poses of a stage; with a point group those of one unit of it, sampled more finely."""
    if operations is None or len(operations) == 1:
        return PoseSearch(samples, stage.n_directions, stage.n_rings, mapper=mapper)
    finer = stage.n_directions * max(2, len(operations) // 2)
    return PoseSearch(
        samples,
        finer,
        stage.n_rings,
        operations,
        mapper,
        within=lambda directions: asymmetric_unit(directions, operations),
    )


def _begin(
    samples: ComplexArray, weight: FloatArray, seed: int, number: int, mapper: Mapper
) -> tuple[float, FloatArray]:
    """Score and map of one start after the coarse stages."""
    rng = seeds.generator(seed, number)
    n = len(samples)
    search = pose_search(samples, COARSE[0], mapper=mapper)
    volume = _random_map(search, weight, rng)
    for stage in COARSE:
        search = pose_search(samples, stage, mapper=mapper)
        volume = search.grid.regridded(volume)
        asked = min(max(int(stage.part * n), _LEAST_PART), n)
        for perplexity in _schedule(stage):
            rows = np.sort(rng.choice(n, asked, replace=False))
            volume = search.maximise(search.expect(volume, perplexity, weight, rows))
    found = search.expect(volume, _PERPLEXITY_OF_SCORE, weight)
    return _mean(found.best, weight), volume


def _random_map(search: PoseSearch, weight: FloatArray, rng: np.random.Generator) -> FloatArray:
    n = len(weight)
    n_directions = len(search.directions)
    slices = np.zeros((n_directions, search.n_rings, search.n_half), dtype=np.complex64)
    weights = np.zeros(n_directions, dtype=np.float32)
    usable = int(np.count_nonzero(weight))
    chance = weight.astype(np.float64) / weight.sum(dtype=np.float64)
    for image in rng.choice(n, min(N_FIRST, usable), replace=False, p=chance):
        direction = rng.integers(n_directions)
        slices[direction] += search.turned(image, int(rng.integers(search.n_turns)))
        weights[direction] += 1
    return search.volume(slices, weights, _FIRST_DAMPING)


def _schedule(stage: Stage) -> list[float]:
    return list(np.geomspace(stage.first, stage.last, stage.n_steps))


def _mean(values: FloatArray, weight: FloatArray) -> float:
    return float(np.average(values.astype(np.float64), weights=weight.astype(np.float64)))
