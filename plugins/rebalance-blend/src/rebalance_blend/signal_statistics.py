"""What `simple-hybrid` reads of each image by itself: histogram and spectrum of its object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance.model import DoubleArray, FloatArray

_SD_FLOOR = 1e-12


@dataclass(frozen=True, eq=False)
class SignalStatistics:
    """Of N averages.

    Parameters
    ----------
    histograms : float64 (N, B)
        Shares of the pixels under the mask.
    spectra : float64 (N, F)
        Root of the rotationally averaged power, ring by ring, within the band.
    """

    histograms: DoubleArray
    spectra: DoubleArray


def signal_statistics(
    images: FloatArray, disc: FloatArray, n_bins: int, rings: range
) -> SignalStatistics:
    """Histograms over one common range, and spectra, of images normalized under a mask.

    Parameters
    ----------
    images : float32 (N, L, L)
    disc : float32 (L, L)
        Soft mask; pixels above one half count as under it.
    n_bins : int
    rings : range
        Rings of the spectrum, in cycles per box.
    """
    inside = disc > 0.5
    normalised = np.empty((len(images), int(inside.sum())))
    spectra = np.empty((len(images), len(rings)))
    box = images.shape[1]
    frequency = np.fft.fftfreq(box, 1 / box)
    ring = np.rint(np.hypot(frequency[:, None], frequency[None, :])).astype(np.int64).ravel()
    counts = np.bincount(ring)[rings.start : rings.stop]
    for n, image in enumerate(images.astype(np.float64)):
        pixels = image[inside]
        scale = max(float(pixels.std()), _SD_FLOOR)
        normalised[n] = (pixels - pixels.mean()) / scale
        power = np.abs(np.fft.fft2((image - pixels.mean()) / scale * disc)).ravel() ** 2
        sums = np.bincount(ring, power)[rings.start : rings.stop]
        spectra[n] = np.sqrt(sums / counts) / box
    low, high = float(normalised.min()), float(normalised.max())
    place = np.clip(((normalised - low) / (high - low) * n_bins).astype(np.int64), 0, n_bins - 1)
    histograms = np.stack([np.bincount(row, minlength=n_bins) for row in place])
    return SignalStatistics(histograms / normalised.shape[1], spectra)
