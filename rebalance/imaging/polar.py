"""Polar sampling of the Fourier transform of masked images, by a type-2 non-uniform FFT.

The transform of an image of support 2R is sampled on K rings of one spacing, dk ≤ 1 / 2.5R, and on
angles of the half circle 0 ≤ φ < π; the other half is its conjugate. Each sample is multiplied by
the root of its quadrature weight k dk dφ and each image is divided by its norm, so that the
normalised correlation of two images is a plain inner product of their samples.

Gridding with a Kaiser–Bessel window: Fessler & Sutton 2003, doi:10.1109/TSP.2002.807005;
parameters of Beatty, Nishimura & Pauly 2005, doi:10.1109/TMI.2005.848376.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rebalance.model import DoubleArray, FloatArray

ComplexArray = npt.NDArray[np.complex64]

ANGLE_BLOCK = 32
"""Angles of the half circle come in multiples of this: the kernels' vector block."""

_OVERSAMPLING = 2.0
_WINDOW = 6


@dataclass(frozen=True)
class PolarGrid:
    """The samples of Fourier space at which images are compared.

    Parameters
    ----------
    radius : float
        R, radius of the mask in pixels.
    k_low, k_high : float
        The band, cycles per pixel.
    max_shift : float
        Largest shift in pixels; it widens the angular band.
    """

    radius: float
    k_low: float
    k_high: float
    max_shift: float

    @property
    def n_rings(self) -> int:
        """K, an even number."""
        return max(4, 2 * int(np.ceil(1.25 * self.radius * (self.k_high - self.k_low) - 1e-9)))

    @property
    def spacing(self) -> float:
        """dk, cycles per pixel."""
        return (self.k_high - self.k_low) / self.n_rings

    @property
    def rings(self) -> npt.NDArray[np.float64]:
        """float64 (K,): mid-points of the rings, cycles per pixel."""
        return np.asarray(self.k_low + (np.arange(self.n_rings) + 0.5) * self.spacing)

    @property
    def n_half(self) -> int:
        """Angles on the half circle."""
        band = 2.0 * np.pi * self.k_high * (self.radius + self.max_shift)
        return ANGLE_BLOCK * int(np.ceil((1.05 * band + 2) / ANGLE_BLOCK))

    @property
    def n_angles(self) -> int:
        """Angles on the full circle; rotation by 2π / n_angles is a step of one sample."""
        return 2 * self.n_half

    @property
    def angles(self) -> npt.NDArray[np.float64]:
        """float64 (n_half,): φ in radians, from +x towards +y (down)."""
        return np.asarray(np.arange(self.n_half) * (np.pi / self.n_half))


def polar_fourier(
    images: FloatArray, grid: PolarGrid, *, origin: DoubleArray | None = None
) -> ComplexArray:
    """Weighted, normalised polar samples of the Fourier transform.

    Parameters
    ----------
    images : float32 (N, L, L)
        Masked.
    grid : PolarGrid
    origin : float64 (N, 2), optional
        (x, y) of the origin of each image from pixel (L/2, L/2), in pixels; there by default.

    Returns
    -------
    complex64 (N, K, n_half)
        Rows of an image without power in the band are 0.
    """
    from scipy import fft

    from rebalance.kernels.gridding_cpu import move_origin, sample_polar, window_weights

    n, box = images.shape[0], images.shape[1]
    size = fft.next_fast_len(int(np.ceil(_OVERSAMPLING * box)), real=True)
    beta = np.pi * np.sqrt((_WINDOW / _OVERSAMPLING * (_OVERSAMPLING - 0.5)) ** 2 - 0.8)
    position = np.arange(box) - box // 2
    apodisation = _window_transform(position / size, beta)
    weights_1d = (1.0 / apodisation).astype(np.float32)
    needed = int(np.ceil(grid.k_high * size)) + _WINDOW
    # A window about a point near the Nyquist frequency reaches into the next period.
    into_next = grid.k_high * size + _WINDOW / 2 >= size // 2
    reach = needed if into_next else min(needed, size // 2)

    columns = (grid.rings[:, None] * np.cos(grid.angles)[None, :] * size).astype(np.float64)
    rows = (grid.rings[:, None] * np.sin(grid.angles)[None, :] * size).astype(np.float64)
    lines = []
    for at in (rows.ravel(), columns.ravel()):
        first = np.empty(at.shape, dtype=np.int64)
        weights = np.empty((*at.shape, _WINDOW), dtype=np.float32)
        window_weights(at, beta, first, weights)
        lines += [first, weights]
    flat = np.empty((n, rows.size), dtype=np.complex64)
    phase_row = np.exp(2j * np.pi * np.arange(-reach, reach + 1) * (box // 2) / size)
    phase_row = phase_row.astype(np.complex64)
    for start in range(0, n, 64):
        chunk = images[start : start + 64] * (weights_1d[:, None] * weights_1d[None, :])
        # Columns first, keeping only the frequencies of the band: most of the padding is skipped.
        if into_next:
            period = np.arange(-reach, reach + 1) % size
            along_x = fft.fft(chunk, size, axis=2)[:, :, period[reach:]]
            spectrum = fft.fft(along_x, size, axis=1)[:, period]
        else:
            along_x = fft.rfft(chunk, size, axis=2)[:, :, : reach + 1]
            along_y = fft.fft(along_x, size, axis=1)
            spectrum = np.concatenate((along_y[:, -reach:], along_y[:, : reach + 1]), axis=1)
        spectrum *= phase_row[None, :, None]
        spectrum *= phase_row[None, None, reach:]
        sample_polar(np.ascontiguousarray(spectrum), *lines, flat[start : start + 64])
    samples = flat.reshape(n, *rows.shape)
    weight = np.sqrt(grid.rings * grid.spacing * (np.pi / grid.n_half)).astype(np.float32)
    samples *= weight[None, :, None]
    if origin is not None:
        move_origin(samples, columns / size, rows / size, origin)
    power = 2.0 * np.sum(
        samples.real.astype(np.float64) ** 2 + samples.imag.astype(np.float64) ** 2, axis=(1, 2)
    )
    scale = np.where(power > 0, 1.0 / np.sqrt(np.maximum(power, 1e-300)), 0.0)
    samples *= scale[:, None, None].astype(np.float32)
    return samples


def _window_transform(frequency: npt.NDArray[np.float64], beta: float) -> npt.NDArray[np.float64]:
    """Fourier transform of the Kaiser–Bessel window of `sample_polar` (Beatty 2005, eq. 4)."""
    root = np.sqrt(((np.pi * _WINDOW * frequency) ** 2 - beta**2).astype(np.complex128))
    return np.asarray(_WINDOW * np.real(np.sinc(root / np.pi)) / np.i0(beta))
