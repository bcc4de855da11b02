"""Superclassification off: each class average is its own superclass."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from rebalance.model import ClusteringResult, FloatArray, IntArray
from rebalance.options import NoOptions, Options


class Identity:
    """One superclass an average; balances the 2D classes themselves."""

    options_model: ClassVar[type[Options]] = NoOptions
    finds_number: ClassVar[bool] = True
    needs_affinity: ClassVar[bool] = False
    each_by_itself: ClassVar[bool] = True

    def cluster(
        self,
        affinity: FloatArray,
        n_superclasses: int | None,
        options: Any,
        rng: np.random.Generator,
        weights: IntArray | None,
    ) -> ClusteringResult:
        return ClusteringResult(label=np.arange(len(affinity), dtype=np.int64))
