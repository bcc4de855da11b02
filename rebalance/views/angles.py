"""Angles between views of class averages, from probabilities of their directions."""

from __future__ import annotations

import numpy as np

from rebalance.model import DoubleArray, FloatArray


def expected_angles(
    posterior: FloatArray, sampled: DoubleArray, operations: DoubleArray, *, axial: bool = True
) -> DoubleArray:
    r"""Angle between the views of two averages, expected over both posteriors, less their widths.

    θᵢⱼ² = eᵢⱼ² − (eᵢᵢ² + eⱼⱼ²) / 2 with e = P A Pᵀ: the widths of posteriors add to an angle in
    squares, so that equal ones have the angle 0 and far ones keep theirs.

    Parameters
    ----------
    posterior : float32 (N, D)
    sampled : float64 (D, 3)
        Unit vectors.
    operations : float64 (G, 3, 3)
        The smallest angle to any copy counts.
    axial : bool
        Opposite views count as the same.

    Returns
    -------
    float64 (N, N)
        Degrees; 0 on the diagonal.
    """
    expected = posterior.astype(np.float64) @ angle_table(sampled, operations, axial=axial)
    expected = expected @ posterior.T.astype(np.float64)
    own = np.diag(expected) ** 2
    squared = ((expected + expected.T) / 2) ** 2 - (own[:, None] + own) / 2
    angle = np.sqrt(np.maximum(squared, 0.0))
    np.fill_diagonal(angle, 0.0)
    return angle


def angle_table(
    sampled: DoubleArray, operations: DoubleArray, *, axial: bool = True
) -> DoubleArray:
    """Angles between directions under a point group; degrees, float64 (D, D)."""
    largest = np.full((len(sampled), len(sampled)), -1.0)
    for operation in operations:
        cosine = sampled @ (sampled @ operation.T).T
        np.maximum(largest, np.abs(cosine) if axial else cosine, out=largest)
    return np.asarray(np.rad2deg(np.arccos(np.clip(largest, -1.0, 1.0))))
