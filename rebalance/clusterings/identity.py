"""Superclassification off: each class average is its own superclass."""

from __future__ import annotations

from typing import Any

import numpy as np

from rebalance.contracts import Clustering, ClusteringInput
from rebalance.model import ClusteringResult


class Identity(Clustering):
    """One superclass an average; balances the 2D classes themselves."""

    finds_number = True
    needs_affinity = False
    each_by_itself = True

    def cluster(
        self,
        averages: ClusteringInput,
        n_superclasses: int | None,
        options: Any,
        rng: np.random.Generator,
    ) -> ClusteringResult:
        return ClusteringResult(label=np.arange(len(averages), dtype=np.int64))
