"""Plain peers on the same stack and search, on a sample of pairs."""

from __future__ import annotations

import time

import numpy as np
from scipy import fft, ndimage

from rebalance.imaging.masks import mask_about
from rebalance.metrics.search_options import Search


def rotate_and_correlate(
    images: np.ndarray, search: Search, pairs: list[tuple[int, int]], *, n_angles: int = 180
) -> tuple[np.ndarray, float]:
    """Best correlation by turning one image with a spline and correlating by FFT.

    The straightforward version: ``n_angles`` rotations of each hand, every whole-pixel shift in
    the disc.

    Returns
    -------
    values : float64 (pairs,)
    seconds : float
        Per pair.
    """
    box = images.shape[1]
    grid = search.grid
    axis = fft.fftfreq(box)
    band = np.hypot(axis[:, None], fft.rfftfreq(box)[None, :])
    band = (band >= grid.k_low) & (band <= grid.k_high)
    offset = np.fft.fftfreq(box, 1 / box)
    disc = np.hypot(offset[:, None], offset[None, :]) <= grid.max_shift
    masked = mask_about(images, search.centre, grid.radius)
    masked = np.stack(
        [ndimage.shift(im, -c[::-1], order=3) for im, c in zip(masked, search.centre, strict=True)]
    )

    def filtered(image: np.ndarray) -> np.ndarray:
        spectrum = fft.rfft2(image) * band
        return spectrum / np.linalg.norm(fft.irfft2(spectrum, (box, box)))

    began = time.perf_counter()
    values = []
    for i, j in pairs:
        fixed = filtered(masked[i])
        best = -1.0
        for moving in (masked[j], masked[j][:, ::-1]):
            for angle in np.arange(n_angles) * (360.0 / n_angles):
                turned = filtered(ndimage.rotate(moving, angle, reshape=False, order=1))
                surface = fft.irfft2(fixed * turned.conj(), (box, box))
                best = max(best, float(surface[disc].max()))
        values.append(best)
    return np.array(values), (time.perf_counter() - began) / len(pairs)
