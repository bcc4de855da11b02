"""The particle of a class average, without background and neighbors."""

from __future__ import annotations

import numpy as np

from rebalance.model import DoubleArray, FloatArray

FAINTEST = 0.01
"""Density below this fraction of the maximum counts as none, so that rounding errors connect no
regions.
"""

ROUNDING = 1e-6
"""Density below this fraction of the brightest or darkest value counts as none too."""


def main_object(image: FloatArray, which: str) -> DoubleArray:
    """The positive density of one region of an image, in its bounding box.

    The median beyond the inscribed circle counts as background and is subtracted; what is then
    below `FAINTEST` of the largest density is 0. Corners connect.

    Parameters
    ----------
    image : float32 (L, L)
    which : {"heaviest", "centre", "all"}
        The connected region of the largest sum; the one at the center of the image, else the one
        whose bounding box is centered nearest to it; or all density there is.

    Returns
    -------
    float64 (H, W)
        At least 1 × 1; (1, 1) with value 0 if no density is above the background.
    """
    from scipy.ndimage import find_objects, label

    box = len(image)
    axis = np.arange(box) - box // 2
    outside = np.hypot(axis[:, None], axis[None, :]) >= box // 2
    density = image.astype(np.float64)
    density -= np.median(density[outside])
    least = max(FAINTEST * density.max(), ROUNDING * np.abs(density).max())
    density = np.where(density > least, density, 0.0)
    region, n_regions = label(density > 0, structure=np.ones((3, 3)))
    if n_regions == 0:
        return np.zeros((1, 1))
    if which == "all":
        region, chosen = np.minimum(region, 1), 1
    elif which == "heaviest":
        chosen = 1 + int(np.argmax(np.bincount(region.ravel(), density.ravel())[1:]))
    else:
        chosen = int(region[box // 2, box // 2]) or 1 + int(
            np.argmin([_from_centre(rows, columns, box) for rows, columns in find_objects(region)])
        )
    window = find_objects(region)[chosen - 1]
    return np.where(region[window] == chosen, density[window], 0.0)


def _from_centre(rows: slice, columns: slice, box: int) -> float:
    y, x = ((part.start + part.stop - 1) / 2 - box // 2 for part in (rows, columns))
    return float(np.hypot(x, y))
