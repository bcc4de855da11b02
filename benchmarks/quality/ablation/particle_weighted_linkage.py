"""Average linkage in which class averages count by their particles."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from rebalance.clusterings.hierarchical import HierarchicalOptions
from rebalance.clusterings.path_distance import path_distance
from rebalance.model import ClusteringResult, FloatArray, IntArray
from rebalance.options import Options


class ParticleWeightedLinkage:
    """`hierarchical` with linkage ``balanced``, every mean over particles instead of averages."""

    options_model: ClassVar[type[Options]] = HierarchicalOptions
    finds_number: ClassVar[bool] = False
    needs_affinity: ClassVar[bool] = True

    def cluster(
        self,
        affinity: FloatArray,
        n_superclasses: int | None,
        options: HierarchicalOptions,
        rng: np.random.Generator,
        weights: IntArray | None,
    ) -> ClusteringResult:
        """Merge the two nearest groups until so many are left, every pair looked at each time."""
        assert n_superclasses is not None
        assert weights is not None
        direct = np.clip(1.0 - affinity.astype(np.float64), 0.0, None)
        np.fill_diagonal(direct, 0.0)
        mean = path_distance(direct ** (options.path_power / 2), options.path_neighbors)
        np.fill_diagonal(mean, np.inf)
        n = len(mean)
        particles, size = np.maximum(weights, 1).astype(np.float64), np.ones(n)
        label = np.arange(n)
        for _ in range(n - n_superclasses):
            harmonic = 2.0 * np.outer(size, size) / np.add.outer(size, size)
            a, b = np.unravel_index((mean * harmonic**options.size_weight).argmin(), mean.shape)
            joined = (particles[a] * mean[a] + particles[b] * mean[b]) / (
                particles[a] + particles[b]
            )
            mean[a], mean[:, a] = joined, joined
            mean[a, a] = mean[b] = mean[:, b] = np.inf
            particles[a] += particles[b]
            size[a] += size[b]
            label[label == b] = a
        return ClusteringResult(label=np.unique(label, return_inverse=True)[1].astype(np.int64))
