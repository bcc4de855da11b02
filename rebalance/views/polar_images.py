"""Class averages as used by the estimator: centered, masked, on a few rings in Fourier space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rebalance.imaging.masks import mask_about
from rebalance.imaging.polar import PolarGrid, polar_fourier
from rebalance.model import ClassAverages, DoubleArray, FloatArray
from rebalance.views.fourier_map import BOX

ComplexArray = npt.NDArray[np.complex64]

WHITENING = 0.65
"""How much the mean power of the rings is equalized: 0 = not at all, 1 = fully."""

MOST_RINGS = 12


class _Rings(PolarGrid):
    """Rings at whole multiples of 1 / (BOX · 2R), each with the same angles."""

    half_angles = 24

    @property
    def n_half(self) -> int:
        return self.half_angles


@dataclass(frozen=True, eq=False)
class PolarImages:
    """N images on rings.

    Parameters
    ----------
    samples : complex64 (N, J, H)
        Whitened; each multiplied by the root of its ring's number, so that a plain inner product
        weighs all frequencies of the plane alike. Ring j is at (j + 1) / (2.5 R) cycles per pixel;
        angles of the half circle from +x towards +y.
    radius : float
        R of the mask, pixels.
    centre : float64 (N, 2)
        (x, y) of the origin of each image from pixel (L/2, L/2), pixels.
    factor : float64 (J,)
        By which the rings were multiplied to whiten them.
    """

    samples: ComplexArray
    radius: float
    centre: DoubleArray
    factor: DoubleArray

    def unwhitened(self, volume: FloatArray) -> FloatArray:
        """A map of these images with the power that they had before they were whitened."""
        from scipy import fft

        side = len(volume)
        # Lines of the transform of an unpadded map are where the rings are.
        q = fft.fftfreq(side, 1 / side)
        distance = np.sqrt(q[:, None, None] ** 2 + q[:, None] ** 2 + q[: side // 2 + 1] ** 2)
        ring = np.arange(1, len(self.factor) + 1)
        factor = np.interp(distance, ring, self.factor[0] / self.factor)
        spectrum = fft.rfftn(volume.astype(np.float64)) * factor
        return fft.irfftn(spectrum, volume.shape).astype(np.float32)


def polar_images(
    averages: ClassAverages, radius: float, centre: DoubleArray, whitening: float = WHITENING
) -> PolarImages:
    """Mask, transform and whiten.

    Parameters
    ----------
    averages : ClassAverages
    radius : float
        Of the soft mask, pixels.
    centre : float64 (N, 2)
        (x, y) of each object from pixel (L/2, L/2), pixels.
    whitening : float
        0 to 1; the mean of all averages is evened out, so that each keeps what sets it apart.
    """
    spacing = 1.0 / (2 * BOX * radius)
    grid = _Rings(radius, 0.5 * spacing, (MOST_RINGS + 0.5) * spacing, 0.0)
    samples = np.empty((len(averages), MOST_RINGS, grid.n_half), dtype=np.complex64)
    for start in range(0, len(averages), 64):
        part = slice(start, start + 64)
        masked = mask_about(averages.images[part], centre[part], radius)
        samples[part] = polar_fourier(masked, grid, origin=centre[part])
    ring = np.arange(1, MOST_RINGS + 1)
    density = (np.abs(samples.astype(np.complex128)) ** 2).mean(axis=(0, 2)) / ring
    density = np.maximum(density, 1e-9 * density.max(initial=1e-30))
    factor = density ** (-whitening / 2)
    samples *= factor.astype(np.float32)[:, None]
    return PolarImages(samples, radius, centre, factor)


def image_weights(n_particles: npt.NDArray[np.int64] | None, n: int) -> FloatArray:
    """Weight of each average in the map: √ of its particles, at most twice the median.

    Returns
    -------
    float32 (n,)
    """
    if n_particles is None or n == 0:
        return np.ones(n, dtype=np.float32)
    median = max(float(np.median(n_particles)), 1.0)
    return np.sqrt(np.minimum(n_particles / median, 2.0)).astype(np.float32)
