"""Central slices of an oversampled 3D spectrum, and Gaussians laid on a grid."""

from __future__ import annotations

import numpy as np

from rebalance.kernels.compile import jit

WINDOW = 4
MARGIN = 3
"""Grid lines beyond the spectrum's, so that no window needs to wrap around."""

TABLE_STEPS = 1024
"""Entries of the window's table between two grid lines."""


@jit
def sample_slices(spectrum, rows, row_frequency, column_frequency, limit, table, out):
    """Interpolate a spectrum on central planes.

    Parameters
    ----------
    spectrum : float32 (S + 2·MARGIN, S + 2·MARGIN, 2·(S//2 + 1 + 2·MARGIN))
        Transform about the origin, real and imaginary parts in turn. Along z and y from frequency
        −(S//2) − MARGIN, along x from −MARGIN.
    rows : float64 (n, 2, 3)
        The first two rows of each rotation: image x and y in object coordinates.
    row_frequency : float64 (L,), column_frequency : float64 (H,)
        Frequencies of the image's pixels, in grid lines of the spectrum.
    limit : float
        Radius in grid lines beyond which the slice is 0; at most S/2.
    table : float32 (WINDOW // 2 · TABLE_STEPS + 2,)
        The window at distances 0, 1/TABLE_STEPS, … from its middle.
    out : complex64 (n, L, H)
    """
    middle = (spectrum.shape[0] - 2 * MARGIN) // 2 + MARGIN
    half = WINDOW // 2
    first = np.zeros(3, dtype=np.int64)
    weight = np.zeros((3, WINDOW), dtype=np.float32)
    lanes = np.zeros(2 * WINDOW, dtype=np.float32)
    for image in range(rows.shape[0]):
        for r in range(row_frequency.shape[0]):
            for c in range(column_frequency.shape[0]):
                kx = column_frequency[c]
                ky = row_frequency[r]
                if kx * kx + ky * ky >= limit * limit:
                    out[image, r, c] = 0
                    continue
                # Where x < 0 the opposite point is taken, and its conjugate.
                x = kx * rows[image, 0, 0] + ky * rows[image, 1, 0]
                sign = -1.0 if x < 0 else 1.0
                for axis in range(3):
                    # The spectrum's axes are z, y, x.
                    point = kx * rows[image, 0, 2 - axis] + ky * rows[image, 1, 2 - axis]
                    at = sign * point
                    start = int(np.ceil(at)) - half
                    first[axis] = start + (MARGIN if axis == 2 else middle)
                    for step in range(WINDOW):
                        place = abs(start + step - at) * TABLE_STEPS
                        entry = int(place)
                        part = np.float32(place - entry)
                        weight[axis, step] = table[entry] + part * (table[entry + 1] - table[entry])
                # Real and imaginary parts of WINDOW neighbours along x side by side: eight lanes.
                lanes[:] = 0
                from_column = 2 * first[2]
                for i in range(WINDOW):
                    for j in range(WINDOW):
                        w = weight[0, i] * weight[1, j]
                        line = spectrum[first[0] + i, first[1] + j]
                        for lane in range(2 * WINDOW):
                            lanes[lane] += w * line[from_column + lane]
                real = np.float32(0.0)
                imaginary = np.float32(0.0)
                for k in range(WINDOW):
                    real += weight[2, k] * lanes[2 * k]
                    imaginary += weight[2, k] * lanes[2 * k + 1]
                out[image, r, c] = complex(real, np.float32(sign) * imaginary)


@jit
def lay_gaussians(centre, sigma, weight, reach, grid):
    """Add isotropic 3D Gaussians to a grid.

    Parameters
    ----------
    centre : float64 (B, 3)
        (x, y, z) in voxels from the grid's first.
    sigma : float64 (B,)
        Voxels.
    weight : float64 (B,)
        Height at the middle.
    reach : float
        Standard deviations at which a Gaussian is cut off.
    grid : float32 (M, M, M)
        Axes z, y, x; added to.
    """
    side = grid.shape[0]
    for blob in range(centre.shape[0]):
        extent = reach * sigma[blob]
        narrow = -0.5 / (sigma[blob] * sigma[blob])
        x0 = max(int(np.ceil(centre[blob, 0] - extent)), 0)
        x1 = min(int(np.floor(centre[blob, 0] + extent)), side - 1)
        y0 = max(int(np.ceil(centre[blob, 1] - extent)), 0)
        y1 = min(int(np.floor(centre[blob, 1] + extent)), side - 1)
        z0 = max(int(np.ceil(centre[blob, 2] - extent)), 0)
        z1 = min(int(np.floor(centre[blob, 2] + extent)), side - 1)
        if x1 < x0:
            continue
        along_x = np.empty(x1 - x0 + 1, dtype=np.float32)
        for x in range(x0, x1 + 1):
            along_x[x - x0] = np.exp(narrow * (x - centre[blob, 0]) ** 2)
        for z in range(z0, z1 + 1):
            at_z = weight[blob] * np.exp(narrow * (z - centre[blob, 2]) ** 2)
            for y in range(y0, y1 + 1):
                height = np.float32(at_z * np.exp(narrow * (y - centre[blob, 1]) ** 2))
                for x in range(x0, x1 + 1):
                    grid[z, y, x] += height * along_x[x - x0]
