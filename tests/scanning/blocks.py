"""Affinities with blocks of known sizes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rebalance.model import FloatArray, IntArray


def blocks(
    sizes: Sequence[int],
    *,
    seed: int,
    within: float = 0.8,
    between: float = 0.3,
    noise: float = 0.05,
) -> tuple[FloatArray, IntArray]:
    """Affinity float32 (n, n) of blocks, and the block of each average."""
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(len(sizes)), sizes)
    affinity = np.where(label[:, None] == label[None, :], within, between)
    added = np.triu(rng.normal(0.0, noise, affinity.shape), 1)
    affinity = np.clip(affinity + added + added.T, 0.0, 1.0)
    np.fill_diagonal(affinity, 1.0)
    return affinity.astype(np.float32), label
