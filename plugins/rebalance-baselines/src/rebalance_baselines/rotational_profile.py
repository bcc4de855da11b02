"""Metric `rotational-profile`: correlation of the means over rings, which no rotation changes."""

from __future__ import annotations

import numpy as np

from rebalance.contracts import Methods
from rebalance.model import ClassAverages, FloatArray
from rebalance.pairwise import MaskOptions
from rebalance.toolkit import radius_of_pixels
from rebalance_baselines.masked import MaskedMetric, correlation, masked_images, scaled


class RotationalProfile(MaskedMetric):
    """Correlation coefficient of the means over rings one pixel wide, 0 where negative.

    Images are masked about the center of the box first, and their mean under the mask is taken off.
    """

    invariances = ("rotation", "mirror", "scale", "offset")
    pair = correlation

    def methods(self, options: MaskOptions) -> Methods:
        """For a methods paragraph."""
        return Methods("the correlation of their rotational averages")

    def features(self, class_averages: ClassAverages, options: MaskOptions) -> FloatArray:
        """Profiles (N, L / 2) of mean 0 and sum of squares 1."""
        n_rings = class_averages.box // 2
        ring = np.minimum(radius_of_pixels(class_averages.box).astype(np.int64), n_rings).ravel()
        count = np.bincount(ring, minlength=n_rings + 1)
        profile = np.stack(
            [
                (np.bincount(ring, image.ravel(), minlength=n_rings + 1) / count)[:n_rings]
                for image in masked_images(class_averages, options)
            ]
        )
        return scaled(profile - profile.mean(axis=1, keepdims=True)).astype(np.float32)
