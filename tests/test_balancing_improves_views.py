"""What it is all for: balancing by superclasses makes views more uniform than anything simpler.

Against the same number of particles dropped at random, and against as many kept by balancing each
class by itself; over 20 seeds, with particles kept beside every score.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

from rebalance import engine, formats
from rebalance.api import cluster
from rebalance.clusterings import identity_superclasses
from rebalance.evaluation.known_views import NoColumns
from rebalance.model import Affinity, ClassAverages, Classes, ParticleTable, Superclasses
from rebalance.simulate import simulate_class_averages
from rebalance.strategies import select
from rebalance.views.uniformity import slice_kernel, uniformity_of_density

SEEDS = range(20)


@dataclass(frozen=True)
class Known:
    """A classification of known views."""

    averages: ClassAverages
    particles: ParticleTable
    kernel: np.ndarray

    def uniformity(self, kept: np.ndarray) -> float:
        return uniformity_of_density(kept.astype(np.float32) @ self.kernel / kept.sum())

    @property
    def before(self) -> float:
        return self.uniformity(np.ones(len(self.particles), dtype=bool))

    @cached_property
    def affinity(self) -> Affinity:
        return engine.affinity(self.averages)

    def superclasses(self, number: int) -> Superclasses:
        return cluster(self.affinity, number, n_particles=self.averages.n_particles)

    @property
    def classes(self) -> Superclasses:
        counts = self.averages.n_particles
        assert counts is not None
        return identity_superclasses(Classes.of(self.averages.class_id, counts))


@dataclass(frozen=True)
class Scores:
    """Uniformity and particles kept, for each seed."""

    kept: np.ndarray
    uniformity: np.ndarray

    @property
    def error(self) -> float:
        return float(self.uniformity.std(ddof=1) / np.sqrt(len(self.uniformity)))

    def __str__(self) -> str:
        pairs = zip(self.kept, self.uniformity, strict=True)
        return (
            f"{self.uniformity.mean():.3f} ± {self.uniformity.std(ddof=1):.3f} ("
            + ", ".join(f"{kept:,}: {score:.3f}" for kept, score in pairs)
            + ")"
        )


def balanced(known: Known, superclasses: Superclasses, *, factor=None, max_size=None) -> Scores:
    found = [
        select(known.particles, superclasses, factor=factor, max_size=max_size, seed=seed).selected
        for seed in SEEDS
    ]
    return Scores(
        np.array([kept.sum() for kept in found]),
        np.array([known.uniformity(kept) for kept in found]),
    )


def dropped_at_random(known: Known, n_kept: int) -> Scores:
    scores = []
    for seed in SEEDS:
        order = np.random.default_rng([seed, 77]).permutation(len(known.particles))
        scores.append(known.uniformity(order < n_kept))
    return Scores(np.full(len(SEEDS), n_kept), np.array(scores))


def each_class_by_itself(known: Known, n_kept: int) -> Scores:
    """With the largest class that keeps at most that many particles, and so no fewer for long."""
    sizes = known.classes.size
    caps = np.arange(1, sizes.max() + 1)
    kept = np.minimum(sizes[None, :], caps[:, None]).sum(axis=1)
    return balanced(known, known.classes, max_size=int(caps[kept <= n_kept][-1]))


@pytest.fixture(scope="module")
def ribosome(real_data: Path) -> Known:
    folder = real_data / "relion31_70s"
    dataset = formats.read(folder)
    assert dataset.particles is not None
    assert dataset.class_averages is not None
    with (folder / "true_views.csv").open() as file:
        view_of = {
            row["image_name"]: [float(row[axis]) for axis in ("view_x", "view_y", "view_z")]
            for row in csv.DictReader(file)
        }
    views = [view_of[name] for name in dataset.particles.column("rlnImageName")]
    return Known(dataset.class_averages, dataset.particles, slice_kernel(views))


@pytest.fixture(scope="module")
def phantom() -> Known:
    data = simulate_class_averages(
        {"n_averages": 50, "n_particles": 4_000, "n_views": 10, "n_junk": 0, "seed": 3}
    )
    particles = ParticleTable(data.particle_class, NoColumns())
    return Known(data.class_averages, particles, slice_kernel(data.particle_view))


def clearly_above(ours: Scores, other: Scores | float) -> bool:
    """By five standard errors of the difference of the means."""
    if isinstance(other, float):
        return bool(ours.uniformity.mean() - 5 * ours.error > other)
    difference = ours.uniformity.mean() - other.uniformity.mean()
    return bool(difference > 5 * np.hypot(ours.error, other.error))


@pytest.mark.parametrize("factor", ["0.2", "0.5", "1"])
@pytest.mark.parametrize("number", [5, 6, 8, 10])
def test_superclasses_beat_no_balancing_and_random_dropping_of_real_classes(
    ribosome: Known, number: int, factor: str, record_property: Callable[[str, object], None]
) -> None:
    ours = balanced(ribosome, ribosome.superclasses(number), factor=factor)
    chance = dropped_at_random(ribosome, int(ours.kept[0]))
    table = f"before {ribosome.before:.3f}\nours {ours}\nrandom {chance}"
    record_property("scores", table)
    assert len(ours.uniformity) >= 20
    assert len(ribosome.particles) > ours.kept.max(), table
    assert clearly_above(ours, ribosome.before), table
    assert clearly_above(ours, chance), table
    if ours.kept[0] > 600:
        # With enough particles kept not one seed in twenty falls back.
        assert ours.uniformity.min() > max(ribosome.before, chance.uniformity.max()), table


@pytest.mark.parametrize("number", [5, 6, 8])
def test_superclasses_beat_balancing_each_real_class_by_itself(
    ribosome: Known, number: int, record_property: Callable[[str, object], None]
) -> None:
    ours = balanced(ribosome, ribosome.superclasses(number), factor="0.1")
    alone = each_class_by_itself(ribosome, int(ours.kept[0]))
    table = f"ours {ours}\neach class by itself {alone}"
    record_property("scores", table)
    assert abs(alone.kept[0] / ours.kept[0] - 1) < 0.02, table
    assert ours.uniformity.min() > alone.uniformity.max(), table


@pytest.mark.parametrize("number", [10, 12])
def test_superclasses_beat_no_balancing_and_random_dropping_of_simulated_classes(
    phantom: Known, number: int, record_property: Callable[[str, object], None]
) -> None:
    ours = balanced(phantom, phantom.superclasses(number), factor="0.5")
    chance = dropped_at_random(phantom, int(ours.kept[0]))
    table = f"before {phantom.before:.3f}\nours {ours}\nrandom {chance}"
    record_property("scores", table)
    assert clearly_above(ours, phantom.before), table
    assert clearly_above(ours, chance), table
