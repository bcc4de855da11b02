"""Average linkage in which class averages count by their particles."""

from __future__ import annotations

import numpy as np

from rebalance.arrangement.path_distance import path_distance
from rebalance.clusterings.hierarchical import HierarchicalOptions
from rebalance.contracts import Clustering, ClusteringInput
from rebalance.model import ClusteringResult


class ParticleWeightedLinkage(Clustering):
    """`hierarchical` with linkage ``balanced``, every mean over particles instead of averages."""

    options_model = HierarchicalOptions

    def cluster(
        self,
        averages: ClusteringInput,
        n_superclasses: int | None,
        options: HierarchicalOptions,
        rng: np.random.Generator,
    ) -> ClusteringResult:
        """Merge the two nearest groups until so many are left, every pair looked at each time."""
        assert n_superclasses is not None
        assert averages.n_particles is not None
        direct = np.clip(1.0 - averages.affinity.astype(np.float64), 0.0, None)
        np.fill_diagonal(direct, 0.0)
        mean = path_distance(direct ** (options.path_power / 2), options.path_neighbors)
        np.fill_diagonal(mean, np.inf)
        n = len(mean)
        particles, size = np.maximum(averages.n_particles, 1).astype(np.float64), np.ones(n)
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
