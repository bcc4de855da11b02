"""Metric `unaligned`: correlation of two images as they are."""

from __future__ import annotations

import numpy as np

from rebalance.contracts import Methods
from rebalance.model import ClassAverages, FloatArray
from rebalance.pairwise import MaskOptions
from rebalance_baselines.masked import MaskedMetric, correlation, masked_images, scaled


class Unaligned(MaskedMetric):
    """Correlation coefficient under a soft mask about the center of the box, 0 where negative."""

    invariances = ("scale", "offset")
    pair = correlation

    def methods(self, options: MaskOptions) -> Methods:
        """For a methods paragraph."""
        return Methods("their correlation without alignment")

    def features(self, class_averages: ClassAverages, options: MaskOptions) -> FloatArray:
        """Masked pixels of sum of squares 1."""
        flat = masked_images(class_averages, options).reshape(len(class_averages), -1)
        return scaled(flat).astype(np.float32)
