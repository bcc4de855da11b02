"""How right the affinity is: random pairs against the polished float64 reference."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from benchmarks.affinity.speed import Timing
from benchmarks.results_table import Row, row
from rebalance.engine.threads import default_threads
from rebalance.imaging.masks import mask_about
from rebalance.metrics.search_options import Search
from rebalance.model import Affinity, ClassAverages
from tests import reference


def errors(
    averages: ClassAverages, affinity: Affinity, search: Search, pairs: list[tuple[int, int]]
) -> np.ndarray:
    """float64 (pairs,): affinity minus that of the reference."""
    band = reference.Band(search.grid.radius, search.grid.k_low, search.grid.k_high)
    n_angles = band.n_angles(search.grid.max_shift)
    used = sorted({index for pair in pairs for index in pair})
    masked = mask_about(averages.images[used], search.centre[used], search.grid.radius)
    polar = {
        index: reference.polar_transform(
            image, band, n_angles, search.centre[index], search.whitening
        )
        for index, image in zip(used, masked, strict=True)
    }
    best = partial(_best, band=band, max_shift=search.grid.max_shift, mirror=search.mirror)
    # A fresh interpreter each: a fork of one whose matrix products have threads may hang.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(default_threads(), mp_context=fresh) as pool:
        right = list(pool.map(best, ((polar[i], polar[j]) for i, j in pairs)))
    ours = np.array([affinity.values[i, j] for i, j in pairs])
    return np.asarray(ours - np.clip(right, 0, 1))


def _best(
    pair: tuple[np.ndarray, np.ndarray], band: reference.Band, max_shift: float, mirror: bool
) -> float:
    return reference.best_alignment(*pair, band, max_shift, mirror=mirror)[0]


def random_pairs(n: int, count: int, seed: int = 0) -> list[tuple[int, int]]:
    """Distinct pairs i < j."""
    i, j = np.triu_indices(n, 1)
    chosen = np.random.default_rng(seed).permutation(len(i))[:count]
    return [(int(i[at]), int(j[at])) for at in chosen]


def against_reference(averages: ClassAverages, timing: Timing, count: int) -> Row:
    """The affinity that was timed against the reference, on random pairs."""
    assert timing.affinity is not None
    pairs = random_pairs(len(averages), count)
    error = np.abs(errors(averages, timing.affinity, timing.search, pairs))
    worst, median = float(error.max()), float(np.median(error))
    return row(
        f"affinity − reference, {timing.stack}, {len(error)} pairs: {timing.setting}",
        f"largest {worst:.4f}, median {median:.4f}",
        target="≤ 0.005, ≤ 0.001",
        met=worst <= 0.005 and median <= 0.001,
    )
