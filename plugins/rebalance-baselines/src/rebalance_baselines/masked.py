"""Images under a mask about the center of the box: what the metrics that mask have in common."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from rebalance.model import ClassAverages, DoubleArray, FloatArray
from rebalance.pairwise import MaskOptions, PairFeatures, PairMetric
from rebalance.toolkit import mask_about, mask_radius


class MaskedMetric(PairMetric):
    """Base of a metric of images under a soft mask about the center of the box."""

    options_model = MaskOptions

    def prepare(
        self, class_averages: ClassAverages, options: Any, device: str = "cpu"
    ) -> PairFeatures:
        """As `PairMetric.prepare`; the facts say how wide the mask is, and why."""
        found = super().prepare(class_averages, options, device)
        radius, mask_from = mask_radius(class_averages, options.mask_diameter)
        facts = {"mask_diameter_px": round(2 * radius, 3), "mask_diameter_from": mask_from}
        return replace(found, facts=facts)


def masked_images(class_averages: ClassAverages, options: MaskOptions) -> DoubleArray:
    """Images without their mean under the mask, and 0 outside; float64 (N, L, L)."""
    radius, _ = mask_radius(class_averages, options.mask_diameter)
    centre = np.zeros((len(class_averages), 2))
    return mask_about(class_averages.images, centre, radius).astype(np.float64)


def scaled(rows: DoubleArray) -> DoubleArray:
    """Rows (N, F) of sum of squares 1; one of nothing stays so."""
    length = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    return rows / np.maximum(length, np.finfo(np.float64).tiny)


def correlation(first: FloatArray, second: FloatArray) -> float:
    """Sum of products, kept within 0 and 1; compiled by `rebalance.pairwise`."""
    total = 0.0
    for at in range(len(first)):
        total += np.float64(first[at]) * np.float64(second[at])
    return min(max(total, 0.0), 1.0)
