"""The views of simulated class averages, as an estimator without error would find them."""

from __future__ import annotations

import numpy as np

from rebalance.model import DoubleArray, Views
from rebalance.simulate import SimulatedClassification
from rebalance.simulate.projection import in_plane
from rebalance.simulate.viewing_directions import view_frames


def views_of(
    rotation: DoubleArray, shift: DoubleArray, is_misfit: np.ndarray, first: int = 1
) -> Views:
    """Views of averages whose poses are known; what is not asked of poses is made up."""
    n = len(rotation)
    return Views(
        class_id=np.arange(first, first + n),
        sampled=np.zeros((2, 3)),
        posterior=np.zeros((n, 2), dtype=np.float32),
        rotation=rotation,
        shift=shift,
        fit=np.ones(n),
        is_misfit=is_misfit,
        angle=np.zeros((n, n), dtype=np.float32),
        start_agreement=np.ones((1, 1), dtype=np.float32),
        in_agreement=np.ones(1, dtype=np.bool_),
        agreement=1.0,
        trusted=True,
        reason="",
        map=np.zeros((8, 8, 8), dtype=np.float32),
        voxel_size=1.0,
        symmetry="C1",
        operations=np.eye(3)[None],
    )


def true_views(simulated: SimulatedClassification, first: int = 1) -> Views:
    """Averages of views have their true pose; junk is a misfit, and empty ones took no part."""
    is_view = simulated.kind == "view"
    rotation = np.full((len(is_view), 3, 3), np.nan)
    rotation[is_view] = in_plane(simulated.in_plane[is_view]) @ view_frames(simulated.view[is_view])
    junk = simulated.kind == "junk"
    rotation[junk] = np.eye(3)
    shift = np.where(np.isfinite(rotation[:, :1, 0]), simulated.shift, np.nan)
    return views_of(rotation, shift, junk, first)
