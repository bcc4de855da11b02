"""Metric `euclidean`: how far two images are, pixel by pixel, as they were read."""

from __future__ import annotations

from typing import Any

import numpy as np

from rebalance.contracts import Methods
from rebalance.model import ClassAverages, FloatArray
from rebalance.pairwise import PairMetric


class Euclidean(PairMetric):
    r"""Distance of raw images, as an affinity.

    .. math:: a_{ij} = 1 - \frac{\lVert x_i - x_j \rVert}{2 \max_k \lVert x_k - \bar x \rVert}

    No image is farther from another than the denominator. Nothing is masked, scaled, centered or
    aligned.
    """

    depends_on = "all"

    def methods(self, options: Any) -> Methods:
        """For a methods paragraph."""
        return Methods("the Euclidean distance of the images as they were")

    def features(self, class_averages: ClassAverages, options: Any) -> FloatArray:
        """Pixels about the mean image, in units of the diameter."""
        images = class_averages.images
        flat = images.reshape(len(images), -1).astype(np.float64)
        flat -= flat.mean(axis=0)
        diameter = 2.0 * np.sqrt((flat * flat).sum(axis=1)).max(initial=0.0)
        return (flat / max(diameter, np.finfo(np.float64).tiny)).astype(np.float32)

    @staticmethod
    def pair(first: FloatArray, second: FloatArray) -> float:
        total = 0.0
        for at in range(len(first)):
            off = np.float64(first[at]) - np.float64(second[at])
            total += off * off
        return max(0.0, 1.0 - np.sqrt(total))
