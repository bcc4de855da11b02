"""Numba kernels of `simple-hybrid`: histograms, spectra and rings of pairs; arrays in and out."""

from __future__ import annotations

import numba
import numpy as np

jit = numba.njit(nogil=True, cache=True, error_model="numpy")

_TINY = 1e-10


@jit
def histogram_distances(p, q):
    """Total variation, symmetrised Kullback-Leibler and Hellinger distance of two histograms.

    Parameters
    ----------
    p, q : float64 (B,)
        Shares of the pixels; they sum to 1.
    """
    variation = 0.0
    divergence = 0.0
    hellinger = 0.0
    for b in range(len(p)):
        variation += abs(p[b] - q[b])
        hellinger += (np.sqrt(p[b]) - np.sqrt(q[b])) ** 2
        if p[b] > _TINY and q[b] > _TINY:
            divergence += (p[b] - q[b]) * np.log(p[b] / q[b])
    return 0.5 * variation, 0.5 * divergence, np.sqrt(0.5 * hellinger)


@jit
def euclidean(a, b):
    """Euclidean distance of two vectors."""
    total = 0.0
    for k in range(len(a)):
        total += (a[k] - b[k]) ** 2
    return np.sqrt(total)


@jit
def largest_distances(histograms, spectra):
    """The largest of each distance over all pairs: variation, divergence, Hellinger, spectra."""
    largest = np.zeros(4)
    for i in range(len(histograms)):
        for j in range(i + 1, len(histograms)):
            variation, divergence, hellinger = histogram_distances(histograms[i], histograms[j])
            largest[0] = max(largest[0], variation)
            largest[1] = max(largest[1], divergence)
            largest[2] = max(largest[2], hellinger)
            largest[3] = max(largest[3], euclidean(spectra[i], spectra[j]))
    return largest


@jit
def signal_tile(histograms, spectra, largest, share_of_histogram, row, column, out):
    """Signal statistics of a tile of pairs i < j, each distance over its largest.

    Parameters
    ----------
    histograms : float64 (N, B)
    spectra : float64 (N, F)
    largest : float64 (4,)
        Of `largest_distances`; none is 0.
    share_of_histogram : float
    row, column : int
        The first of the tile.
    out : float32 (rows, columns)
    """
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            i, j = row + r, column + c
            if i >= j:
                continue
            variation, divergence, hellinger = histogram_distances(histograms[i], histograms[j])
            histogram = (
                variation / largest[0] + divergence / largest[1] + hellinger / largest[2]
            ) / 3.0
            spectrum = euclidean(spectra[i], spectra[j]) / largest[3]
            out[r, c] = share_of_histogram * histogram + (1.0 - share_of_histogram) * spectrum


@jit
def ring_correlation(first, second, frequency, rotation, shift_x, shift_y, mirror):
    """Correlation of one ring of two images, the second moved onto the first.

    x_i = R(θ) Fᵐ x_j + t takes the transform of image j at k to e^{−2πi k·t} times that at
    Fᵐ R(−θ) k; between samples it is interpolated linearly.

    Parameters
    ----------
    first, second : complex64 (A,)
        Samples at angles a π / A from +x towards +y; the other half circle is their conjugate.
    frequency : float
        Cycles per pixel.
    rotation : float
        θ in radians, counter-clockwise as displayed.
    shift_x, shift_y : float
        Pixels.
    mirror : bool
    """
    n = len(first)
    cross = 0.0
    power_first = 0.0
    power_second = 0.0
    for a in range(n):
        angle = a * np.pi / n
        place = angle + rotation
        if mirror:
            place = np.pi - place
        place = (place / np.pi * n) % (2 * n)
        left = int(np.floor(place))
        part = place - left
        left = left % (2 * n)
        right = (left + 1) % (2 * n)
        value_left = second[left] if left < n else np.conj(second[left - n])
        value_right = second[right] if right < n else np.conj(second[right - n])
        value = (1.0 - part) * value_left + part * value_right
        phase = -2.0 * np.pi * frequency * (shift_x * np.cos(angle) + shift_y * np.sin(angle))
        real = value.real * np.cos(phase) - value.imag * np.sin(phase)
        imaginary = value.real * np.sin(phase) + value.imag * np.cos(phase)
        cross += first[a].real * real + first[a].imag * imaginary
        power_first += first[a].real ** 2 + first[a].imag ** 2
        power_second += real**2 + imaginary**2
    power = np.sqrt(power_first * power_second)
    return cross / power if power > 0 else 0.0


@jit
def limit_tile(polar, frequency, rotation, shift, mirror, threshold, row, column, out):
    """The frequency where the ring correlation of aligned pairs falls below a threshold.

    Between the last ring above it and the first below it, it is interpolated.

    Parameters
    ----------
    polar : complex64 (N, K, A)
    frequency : float64 (K,)
        Of the rings, cycles per pixel.
    rotation, shift, mirror : float32 (rows, columns), float32 (rows, columns, 2), bool
        Degrees, pixels.
    threshold : float
    row, column : int
        The first of the tile.
    out : float32 (rows, columns)
        Cycles per pixel; 0 where the first ring is below the threshold already.
    """
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            i, j = row + r, column + c
            if i >= j:
                continue
            limit = 0.0
            before = 1.0
            for k in range(len(frequency)):
                correlation = ring_correlation(
                    polar[i, k],
                    polar[j, k],
                    frequency[k],
                    np.deg2rad(rotation[r, c]),
                    shift[r, c, 0],
                    shift[r, c, 1],
                    mirror[r, c],
                )
                if correlation < threshold:
                    if k > 0:
                        part = (before - threshold) / (before - correlation)
                        limit += part * (frequency[k] - frequency[k - 1])
                    break
                limit = frequency[k]
                before = correlation
            out[r, c] = limit
