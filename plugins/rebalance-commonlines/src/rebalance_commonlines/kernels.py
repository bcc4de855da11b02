"""Numba kernels: one-dimensional projections, and their best pair; arrays in and out."""

from __future__ import annotations

import numba
import numpy as np

jit = numba.njit(nogil=True, cache=True, error_model="numpy")

_ROUNDING = 1e-4
"""Lower bounds are sums of float32, and trusted up to this relative error."""


@jit
def project_lines(density, cosine, sine, lines):
    """Sums of an image, turned by each angle about its center, along y: a sinogram.

    Parameters
    ----------
    density : float64 (H, W)
        0 beyond its border; interpolated linearly.
    cosine, sine : float64 (A,)
        Of the angles.
    lines : float32 (A, D)
        Result; D at least the diagonal of the image.
    """
    height, width = density.shape
    size = lines.shape[1]
    middle_y, middle_x, middle = (height - 1) / 2, (width - 1) / 2, (size - 1) / 2
    for a in range(len(cosine)):
        for u in range(size):
            total = 0.0
            for v in range(size):
                x = cosine[a] * (u - middle) - sine[a] * (v - middle) + middle_x
                y = sine[a] * (u - middle) + cosine[a] * (v - middle) + middle_y
                left, top = int(np.floor(x)), int(np.floor(y))
                if left < -1 or top < -1 or left >= width or top >= height:
                    continue
                part_x, part_y = x - left, y - top
                for row in range(2):
                    for column in range(2):
                        yy, xx = top + row, left + column
                        if 0 <= yy < height and 0 <= xx < width:
                            weight_y = part_y if row == 1 else 1.0 - part_y
                            weight_x = part_x if column == 1 else 1.0 - part_x
                            total += weight_y * weight_x * density[yy, xx]
            lines[a, u] = total


@jit
def line_distance(first, second, backwards, anywhere):
    """Smallest Euclidean distance of two lines over their shifts.

    Parameters
    ----------
    first, second : float32 (n,), float32 (m,)
        Without zeros at their ends; 0 beyond.
    backwards : bool
        Reverse ``second``.
    anywhere : bool
        Any shift; else those in which the shorter line lies within the longer one.
    """
    n, m = len(first), len(second)
    if anywhere:
        start, stop = 1 - m, n
    else:
        start, stop = min(0, n - m), max(0, n - m) + 1
    best = np.inf
    for shift in range(start, stop):
        total = 0.0
        for k in range(min(0, shift), max(n, shift + m)):
            a = float(first[k]) if 0 <= k < n else 0.0
            b = 0.0
            if 0 <= k - shift < m:
                b = float(second[m - 1 - (k - shift)] if backwards else second[k - shift])
            total += (a - b) ** 2
            if total >= best:
                break
        best = min(best, total)
    return np.sqrt(best)


@jit
def spectral_distance(first, second):
    """Euclidean distance of two amplitude spectra: no shift makes that of their lines smaller."""
    total = 0.0
    for k in range(len(first)):
        total += (float(first[k]) - float(second[k])) ** 2
    return np.sqrt(total)


@jit
def tile_of_profiles(lines, begin, length, spectra, anywhere, row, column, out):
    """Distance of the best pair of lines for a tile of pairs i < j.

    Pairs of lines are visited by rising lower bound, the distance of their amplitude spectra, and
    no further than where that exceeds the best distance found: the result is that of all pairs.

    Parameters
    ----------
    lines : float32 (N, A, D)
        Over the half circle; the other half are the same lines reversed.
    begin, length : int32 (N, A)
        What is left of each line when zeros at its ends are trimmed.
    spectra : float32 (N, A, F)
        Amplitudes, scaled so that their distance is that of the lines (Parseval).
    anywhere : bool
        See `line_distance`.
    row, column : int
        The first of the tile.
    out : float32 (rows, columns)
    """
    n_angles = lines.shape[1]
    bound = np.empty(n_angles * n_angles)
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            i, j = row + r, column + c
            if i >= j:
                continue
            for a in range(n_angles):
                for b in range(n_angles):
                    bound[a * n_angles + b] = spectral_distance(spectra[i, a], spectra[j, b])
            best = np.inf
            for at in np.argsort(bound):
                if bound[at] * (1.0 - _ROUNDING) >= best:
                    break
                a, b = at // n_angles, at % n_angles
                first = lines[i, a, begin[i, a] : begin[i, a] + length[i, a]]
                second = lines[j, b, begin[j, b] : begin[j, b] + length[j, b]]
                best = min(best, line_distance(first, second, False, anywhere))
                best = min(best, line_distance(first, second, True, anywhere))
            out[r, c] = best


@jit
def tile_of_spectra(spectra, row, column, out):
    """Distance of the best pair of amplitude spectra for a tile of pairs i < j.

    Parameters
    ----------
    spectra : float32 (N, A, F)
    row, column : int
        The first of the tile.
    out : float32 (rows, columns)
    """
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            i, j = row + r, column + c
            if i >= j:
                continue
            best = np.inf
            for a in range(spectra.shape[1]):
                for b in range(spectra.shape[1]):
                    best = min(best, spectral_distance(spectra[i, a], spectra[j, b]))
            out[r, c] = best
