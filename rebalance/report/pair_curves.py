"""The curves of the nearest neighbours, where the metric has a curve for a pair."""

from __future__ import annotations

from typing import Any

import numpy as np

from rebalance.contracts import Block
from rebalance.errors import RebalanceError
from rebalance.model import IntArray, RunResult
from rebalance.plugin_validation import overrides
from rebalance.registry import bind
from rebalance.report.encoding import encoded

NEIGHBOURS = 12
"""Nearest neighbours of each average whose curve is kept."""


def nearest_curves(result: RunResult, shown: IntArray) -> dict[str, Any] | None:
    """The curve of each average with its nearest neighbours, by the metric's ``curves``.

    None where the metric has no curve, or where nothing was aligned.

    Returns
    -------
    dict or None
        ``pairs``: uint16 (2 × number), indices into the averages shown, smaller first. ``values``:
        int8, curve × 127, a row a pair. ``frequency``: of each point, cycles per pixel.
    """
    affinity, averages = result.affinity, result.dataset.class_averages
    if affinity is None or averages is None or affinity.alignment is None or len(shown) < 2:
        return None
    try:
        bound = bind("metric", affinity.metric, affinity.options)
    except RebalanceError:
        return None
    metric = bound.plugin
    if not overrides(metric, "curve_axis"):
        return None
    features = metric.prepare(averages.subset(shown), bound.options, "cpu")
    axis = metric.curve_axis(features)
    if axis is None:
        return None
    pairs = _nearest(affinity.values[np.ix_(shown, shown)])
    at = affinity.alignment.index(shown[pairs[:, 0]], shown[pairs[:, 1]])
    motion = affinity.alignment
    curves = []
    for (i, j), place in zip(pairs.tolist(), at.tolist(), strict=True):
        block = Block(
            np.ones((1, 1), dtype=np.float32),
            motion.rotation[place].reshape(1, 1),
            motion.shift[place].reshape(1, 1, 2),
            motion.mirror[place].reshape(1, 1),
        )
        rows, columns = range(i, i + 1), range(j, j + 1)
        curves.append(metric.curves(features, rows, columns, alignment=block)[0, 0])
    return {
        "pairs": encoded(pairs, "u2"),
        "values": encoded(np.rint(np.clip(curves, -1, 1) * 127), "i1"),
        "frequency": [round(float(k), 5) for k in axis],
    }


def _nearest(values: np.ndarray) -> IntArray:
    """Pairs i < j of which one is among the nearest of the other, (number, 2)."""
    away = values.copy()
    np.fill_diagonal(away, -1.0)
    near = np.argsort(-away, axis=1, kind="stable")[:, : min(NEIGHBOURS, len(values) - 1)]
    ends = np.stack([np.repeat(np.arange(len(values)), near.shape[1]), near.ravel()], axis=1)
    return np.unique(np.sort(ends, axis=1), axis=0).astype(np.int64)
