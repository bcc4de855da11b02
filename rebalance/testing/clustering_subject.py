"""A clustering under test, and the affinities that it is given."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from rebalance.model import ClusteringResult, FloatArray, IntArray
from rebalance.seeds import generator
from rebalance.testing.common_checks import options_of

N = 9
"""Averages of the affinity that the checks use most."""

BLOCKS = (5, 4, 3)
"""Sizes of the groups of `block_affinity`."""


class ClusteringSubject:
    """What the checks of a clustering are given.

    Parameters
    ----------
    plugin : Clustering
    name : str
    given : dict, optional
        Options; by default those of the clustering.
    """

    kind = "clustering"

    def __init__(self, plugin: Any, name: str, given: dict[str, Any] | None = None) -> None:
        self.plugin = plugin
        self.name = name
        self.given = given

    @cached_property
    def options(self) -> Any:
        """Its options, validated."""
        return options_of(self.plugin, self.given, f"{self.kind} {self.name}")

    @property
    def finds_number(self) -> bool:
        return bool(self.plugin.finds_number)

    def cluster(
        self,
        affinity: FloatArray,
        number: int | None,
        *,
        seed: int = 0,
        weights: IntArray | None = None,
    ) -> ClusteringResult:
        """Ask the plugin, with weights of 10, 11, …; a finder of the number is given none."""
        if weights is None:
            weights = 10 + np.arange(len(affinity))
        result: ClusteringResult = self.plugin.cluster(
            affinity.copy(),
            None if self.finds_number else number,
            self.options,
            generator(seed),
            weights,
        )
        return result


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
