"""A clustering under test, and the affinities that it is given."""

from __future__ import annotations

from typing import Any

import numpy as np

from rebalance.contracts import ClusteringInput
from rebalance.errors import RebalanceError
from rebalance.model import ClusteringResult, FloatArray, IntArray
from rebalance.seeds import generator
from rebalance.testing.common_checks import Subject
from rebalance.testing.outcome import require

N = 9
"""Averages of the affinity that the checks use most."""

MANY = 40
"""Averages where what begins with the first has room to go another way."""

BLOCKS = (5, 4, 3)
"""Sizes of the groups of `block_affinity`."""


class ClusteringSubject(Subject):
    """What the checks of a clustering are given."""

    kind = "clustering"

    @property
    def finds_number(self) -> bool:
        return bool(self.plugin.finds_number)

    def cluster(
        self, affinity: FloatArray, number: int | None, *, seed: int = 0
    ) -> ClusteringResult:
        """Ask the plugin, as `ask` does; a finder of the number is given none."""
        return self.ask(input_of(affinity), None if self.finds_number else number, seed=seed)

    def ask_given(self, averages: ClusteringInput, number: int) -> ClusteringResult | None:
        """Ask the plugin for that number of superclasses; None where a finder refuses it."""
        try:
            return self.ask(averages, number)
        except RebalanceError:
            if not self.finds_number:
                raise
            return None

    def ask(
        self, averages: ClusteringInput, number: int | None, *, seed: int = 0
    ) -> ClusteringResult:
        """Ask the plugin as `rebalance.cluster` does.

        Raises
        ------
        Broken
            If it gives anything else than a `ClusteringResult` of one label for each average.
        """
        result = self.plugin.cluster(averages, number, self.options, generator(seed))
        return as_result(result, len(averages), "cluster()")


def as_result(result: Any, n: int, what: str) -> ClusteringResult:
    """What a plugin gave, held to be a result for n averages."""
    require(
        isinstance(result, ClusteringResult),
        f"{what} gave {type(result).__name__}, expected a ClusteringResult, as in "
        "ClusteringResult(label).",
    )
    require(
        np.shape(result.label) == (n,),
        f"{what} gave labels of shape {np.shape(result.label)} for {n} averages.",
    )
    return result


def input_of(affinity: FloatArray, n_particles: IntArray | None = None) -> ClusteringInput:
    """Averages 1 … n of 10, 11, … particles, or of as many as are given."""
    n = len(affinity)
    counts = 10 + np.arange(n) if n_particles is None else n_particles
    return ClusteringInput(affinity.copy(), np.arange(1, n + 1), counts)


def unequal_particles(n: int) -> IntArray:
    """From ten particles to a million, no two averages of as many, in random order, int64 (n,)."""
    return np.random.default_rng(6).permutation(np.geomspace(10, 1e6, n).astype(np.int64))


def any_affinity(n: int = N, seed: int = 3) -> FloatArray:
    """An affinity in which no two pairs are alike, float32 (n, n)."""
    values = np.random.default_rng(seed).uniform(0.1, 0.95, (n, n))
    values = (values + values.T) / 2
    np.fill_diagonal(values, 1.0)
    return values.astype(np.float32)


def block_affinity(sizes: tuple[int, ...] = BLOCKS, seed: int = 4) -> tuple[FloatArray, IntArray]:
    """Clear groups in random order: 0.85 within, 0.15 between; and which average is in which."""
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    same = truth[:, None] == truth[None, :]
    noise = rng.uniform(-0.05, 0.05, same.shape)
    values = np.where(same, 0.85, 0.15) + (noise + noise.T) / 2
    np.fill_diagonal(values, 1.0)
    return values.astype(np.float32), truth


def tied_affinity() -> FloatArray:
    """Two groups of six, 0.85 within and 0.15 between: many pairs are equally alike."""
    group = np.repeat((0, 1), 6)
    values = np.where(group[:, None] == group[None, :], 0.85, 0.15)
    np.fill_diagonal(values, 1.0)
    return values.astype(np.float32)


def all_alike(n: int = 6) -> FloatArray:
    """An affinity of 0.5 between all, float32 (n, n)."""
    values = np.full((n, n), 0.5, dtype=np.float32)
    np.fill_diagonal(values, 1.0)
    return values


def partition(label: Any, names: Any = None) -> set[frozenset[int]]:
    """The groups, whatever their numbers."""
    label = np.asarray(label)
    names = np.arange(len(label)) if names is None else np.asarray(names)
    return {frozenset(names[label == group].tolist()) for group in np.unique(label)}
