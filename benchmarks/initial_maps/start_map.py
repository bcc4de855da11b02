"""The map of `rebalance views` as RELION can start from it: on the particles' grid and scale."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import affine_transform

from benchmarks.initial_maps.align_map import Volume
from rebalance.model import ClassAverages, Views
from rebalance.views.reproject import project_map


def start_map(averages: ClassAverages, views: Views) -> Volume:
    """The map of views, voxels as large as pixels, as bright as the class averages.

    Parameters
    ----------
    averages : ClassAverages
        White particles, as bright as in the particles' images.
    views : Views
        Of them.

    Returns
    -------
    float64 (L, L, L)
    """
    box, n, size = averages.box, len(views.map), views.voxel_size
    used = np.isfinite(views.rotation[:, 0, 0]) & ~views.is_misfit
    pixel = np.arange(box) - box // 2
    seen = project_map(
        views.map, size, views.rotation[used], views.shift[used], pixel.astype(np.float64)
    ).astype(np.float64)
    images = averages.images[used].astype(np.float64)
    # Integrals are in voxels of the map; sums over voxels as large as pixels are wanted.
    scale = float((images * seen).sum() / (seen**2).sum()) / size
    matrix = np.full(3, 1 / size)
    grid: Volume = affine_transform(
        views.map.astype(np.float64),
        matrix,
        offset=n / 2 - box // 2 / size,
        output_shape=(box,) * 3,
        order=3,
    )
    return scale * grid
