"""Bins of equal area and SCF*: how fast, how even, and how near to sums over single particles.

    python -m benchmarks.orientations [--particles 5000000] [--json FILE]

Millions of poses under D7 are put into bins and scored, each in a process of its own, whose peak
of memory is printed. A million uniform directions fill the bins of each point group: the chance
that chi-square gives of being as uneven. SCF* of poses summed over cells is held against that of
poses taken one by one, for views of several kinds.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation
from scipy.stats import chi2

from benchmarks.results_table import Row, keep, row, show
from rebalance.model import DoubleArray
from rebalance.orientations.bins import bin_of, sphere_bins
from rebalance.orientations.sampling import SlicePasses, fourier_sampling, scf_star_of
from rebalance.point_groups import operations_of

GROUPS = ("C1", "C2", "C7", "D1", "D2", "D7", "T", "O", "I")
THREADS = 2
AT_ONCE = 20_000


def at_heights(height: DoubleArray, rng: np.random.Generator) -> DoubleArray:
    """Directions of given z, at any azimuth."""
    turn = rng.uniform(0, 2 * np.pi, len(height))
    across = np.sqrt(1 - height**2)
    return np.stack([across * np.cos(turn), across * np.sin(turn), height], axis=1)


def uniform(n: int, rng: np.random.Generator) -> DoubleArray:
    """All over the sphere."""
    return at_heights(rng.uniform(-1, 1, n), rng)


def band(n: int, rng: np.random.Generator, half_width: float) -> DoubleArray:
    """Side views, so many degrees up and down."""
    return at_heights(rng.uniform(-1, 1, n) * np.sin(np.deg2rad(half_width)), rng)


def cap(n: int, rng: np.random.Generator, half_angle: float) -> DoubleArray:
    """Within so many degrees of z."""
    return at_heights(rng.uniform(np.cos(np.deg2rad(half_angle)), 1, n), rng)


def clusters(n: int, rng: np.random.Generator, k: int, spread: float) -> DoubleArray:
    """About a few directions, unevenly many of each."""
    middle = uniform(k, rng)[rng.choice(k, n, p=rng.dirichlet(np.ones(k)))]
    direction = middle + np.deg2rad(spread) * rng.normal(size=(n, 3))
    return direction / np.linalg.norm(direction, axis=1, keepdims=True)


SETS: dict[str, Callable[[int, np.random.Generator], DoubleArray]] = {
    "uniform": uniform,
    "girdle": lambda n, rng: band(n, rng, 0),
    "side views ±5°": lambda n, rng: band(n, rng, 5),
    "cap of 20°": lambda n, rng: cap(n, rng, 20),
    "cap of 40°": lambda n, rng: cap(n, rng, 40),
    "cap of 60°": lambda n, rng: cap(n, rng, 60),
    "12 clusters": lambda n, rng: clusters(n, rng, 12, 2),
    "5 tight clusters": lambda n, rng: clusters(n, rng, 5, 0.1),
}


def preferred(n: int) -> DoubleArray:
    """Side views, top views and some of all: as a refinement of a barrel finds them."""
    rng = np.random.default_rng(1)
    parts = [band(n // 2, rng, 12), cap(n // 4, rng, 25), uniform(n - n // 2 - n // 4, rng)]
    return np.concatenate(parts)


def timed(task: str, n: int) -> tuple[float, float]:
    """Seconds, and the peak of memory of this process in MB, in which the poses were made too."""
    direction, operations = preferred(n), operations_of("D7")
    # Kernels are compiled, or loaded, before the clock starts.
    SlicePasses(direction[:100], operations, few=0).score()
    bins = sphere_bins(192, operations, "D7")
    bin_of(bins, direction[:100])
    start = time.perf_counter()
    if task == "bins":
        bin_of(bins, direction, THREADS)
    else:
        fourier_sampling(direction, operations, "D7", threads=THREADS)
    seconds = time.perf_counter() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def speed(n: int) -> list[Row]:
    """Each task in a fresh process."""
    rows = []
    for task, name, target in (
        ("bins", "bin_of", 5.0),
        ("sampling", "fourier_sampling, 8 sizes × 5 draws", 10.0),
    ):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            seconds, megabytes = pool.apply(timed, (task, n))
        rows.append(
            row(
                f"{name}: {n:,} poses, D7, {THREADS} threads",
                f"{seconds:.1f} s, {megabytes:,.0f} MB at most, poses included",
                target=f"{target:.0f} s, 1,000 MB",
                met=seconds <= target and megabytes <= 1_000,
            )
        )
    return rows


def evenness(n: int = 1_000_000, n_bins: int = 192) -> list[Row]:
    """Uniform poses in the bins of each group."""
    rows = []
    direction = uniform(n, np.random.default_rng(2))
    for group in GROUPS:
        for antipodal in (False, True):
            start = time.perf_counter()
            bins = sphere_bins(n_bins, operations_of(group), group, antipodal)
            seconds = time.perf_counter() - start
            count = np.bincount(bin_of(bins, direction, THREADS), minlength=n_bins)
            chance = chi2.sf(((count - n / n_bins) ** 2 / (n / n_bins)).sum(), n_bins - 1)
            what = f"{n_bins} bins, {group}{', antipodal' if antipodal else ''}: {n:,} poses"
            rows.append(
                row(
                    what,
                    f"p = {chance:.3f}, made in {seconds:.2f} s",
                    target="p > 0.0001",
                    met=chance > 1e-4,
                )
            )
    return rows


def accuracy(poses: int) -> list[Row]:
    """SCF* of sums over cells beside that of single poses."""
    rows = []
    turn = Rotation.random(random_state=3).as_matrix()
    for group in ("C1", "D7", "I"):
        operations = operations_of(group)
        worst, where = 0.0, ""
        for name, make in SETS.items():
            direction = make(poses // len(operations), np.random.default_rng(4)) @ turn.T
            slices = sum(
                SlicePasses(direction[at : at + AT_ONCE], operations, few=poses).slices()
                for at in range(0, len(direction), AT_ONCE)
            )
            summed = SlicePasses(direction, operations, few=0).score()
            off = abs(summed - scf_star_of(slices))
            print(f"  {group}, {name}: {scf_star_of(slices):.4f} one by one, {summed:.4f} summed")
            if off >= worst:
                worst, where = off, name
        rows.append(
            row(
                f"SCF* over cells, {group}: largest difference",
                f"{worst:.4f} ({where})",
                target="0.005",
                met=worst < 0.005,
            )
        )
    return rows


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--particles", type=int, default=5_000_000)
    parser.add_argument("--poses", type=int, default=500_000, help="copies counted, for accuracy")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = [*speed(arguments.particles), *evenness(), *accuracy(arguments.poses)]
    show(rows)
    print(
        "The scripts of the authors (CommandLineSCF) are in no registry as a package, so that "
        "they can't be timed here."
    )
    keep(rows, arguments.json)


if __name__ == "__main__":
    main()
