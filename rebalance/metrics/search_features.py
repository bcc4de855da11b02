"""Features of the in-plane search: averages masked, transformed and differentiated."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.engine.threads import current_threads
from rebalance.imaging.masks import mask_about
from rebalance.imaging.polar import ComplexArray, PolarGrid, polar_fourier
from rebalance.imaging.whitening import whiten_rings
from rebalance.kernels.coarse_cpu import RINGS
from rebalance.kernels.lane_fft_cpu import LANES, POINTS
from rebalance.metrics.search_options import CHUNK, Search
from rebalance.model import BoolArray, DoubleArray, FloatArray, IntArray

COARSE_STEP = 0.3
"""Step of the coarse grid of shifts, in periods of the highest coarse frequency."""

DETAIL_TOLERANCE = 0.5
"""A peak is passed over if this part of the most that its details could add (Cauchy–Schwarz) would
not make it the best."""

LOW_ANGLES = 32
"""Angles of the half circle on which the lowest rings are climbed: those of the coarse search."""


@dataclass(frozen=True, eq=False)
class Centred:
    """Features of images that were centred first.

    Parameters
    ----------
    centre : float64 (N, 2)
        Where each object was centred from, pixels.
    facts : dict
        How each number of the search was come by.
    """

    centre: DoubleArray
    facts: dict[str, Any]

    def offset(
        self, rows: range, columns: range, rotation: FloatArray, mirror: BoolArray
    ) -> FloatArray:
        """What centring adds to the shift of each pair of a tile.

        Laying the centred j on the centred i by shift t lays j on i by t + c_i − R(θ) Fᵐ c_j.

        Parameters
        ----------
        rotation : float32 (rows, columns)
            Degrees.
        mirror : bool (rows, columns)

        Returns
        -------
        float32 (rows, columns, 2)
        """
        angle = np.deg2rad(rotation.astype(np.float64))
        own = self.centre[rows.start : rows.stop, None]
        other = self.centre[None, columns.start : columns.stop]
        x = np.where(mirror, -other[..., 0], other[..., 0])
        y = other[..., 1]
        turned = np.stack(
            (np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x), axis=-1
        )
        return np.asarray(own - turned, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class SearchFeatures(Centred):
    """What the search kernels read.

    Parameters
    ----------
    polar_real, polar_imaginary : float32 (N, 3, K, H)
        Unit-norm polar Fourier samples and their first two derivatives along the angle.
    low_real, low_imaginary : float32 (N, 3, RINGS at most, LOW_ANGLES)
        The same of the lowest rings, on fewer angles.
    coarse : complex64 (N, RINGS, 64)
        The lowest rings on 64 angles of the full circle.
    detail : float32 (N,)
        Norm of the samples above the lowest rings.
    shifts : float32 (2, S)
        Coarse grid, sorted by length, padded.
    n_shifts : int
    grid : PolarGrid
    mirror : bool
    device : str
    """

    polar_real: FloatArray
    polar_imaginary: FloatArray
    low_real: FloatArray
    low_imaginary: FloatArray
    coarse: ComplexArray
    detail: FloatArray
    shifts: FloatArray
    n_shifts: int
    grid: PolarGrid
    mirror: bool
    device: str

    @property
    def for_kernel(self) -> tuple[Any, ...]:
        """What `correlation_cpu.align_tile` takes first."""
        return (
            self.polar_real,
            self.polar_imaginary,
            self.low_real,
            self.low_imaginary,
            self.coarse,
            self.detail,
            self.shifts,
            self.n_shifts,
            *directions(self.grid.n_half),
            *directions(LOW_ANGLES),
            self.grid.rings[0],
            self.grid.spacing,
            self.grid.max_shift,
            self.mirror,
            DETAIL_TOLERANCE,
        )


def directions(n_half: int) -> tuple[FloatArray, FloatArray]:
    """Cosine and sine of the angles of a half circle, float32 (n_half,)."""
    angles = np.arange(n_half) * (np.pi / n_half)
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def prepare_features(images: FloatArray, search: Search, device: str) -> SearchFeatures:
    """Mask, transform, whiten and differentiate images, in parallel chunks of them.

    Parameters
    ----------
    images : float32 (N, L, L)
    search : Search
    device : str
    """
    grid = search.grid
    n, n_rings, half = len(images), grid.n_rings, grid.n_half
    low = min(RINGS, n_rings)
    k_coarse = min(grid.k_high, grid.k_low + low * grid.spacing)
    step = COARSE_STEP / k_coarse
    # A small disc has points on its edge too: at the least the middle and six.
    step = min(step, grid.max_shift) if grid.max_shift > 0 else step
    shifts, n_shifts = shift_grid(grid.max_shift, step)
    features = SearchFeatures(
        polar_real=np.empty((n, 3, n_rings, half), dtype=np.float32),
        polar_imaginary=np.empty((n, 3, n_rings, half), dtype=np.float32),
        low_real=np.empty((n, 3, low, LOW_ANGLES), dtype=np.float32),
        low_imaginary=np.empty((n, 3, low, LOW_ANGLES), dtype=np.float32),
        coarse=np.zeros((n, RINGS, POINTS), dtype=np.complex64),
        detail=np.empty(n, dtype=np.float32),
        shifts=shifts,
        n_shifts=n_shifts,
        grid=grid,
        mirror=search.mirror,
        centre=search.centre,
        device=device,
        facts=search.facts,
    )

    def fill(start: int) -> None:
        part = slice(start, start + CHUNK)
        masked = mask_about(images[part], search.centre[part], grid.radius)
        samples = polar_fourier(masked, grid, origin=search.centre[part])
        whiten_rings(samples, grid.rings, search.whitening, grid.radius)
        orders = _angular_orders(samples)
        features.polar_real[part, 0] = samples.real
        features.polar_imaginary[part, 0] = samples.imag
        _differentiate(orders, features.polar_real[part], features.polar_imaginary[part], first=1)
        few = _resampled(orders[:, :low], 2 * LOW_ANGLES)
        _differentiate(few, features.low_real[part], features.low_imaginary[part])
        features.coarse[part, :low] = np.fft.ifft(_resampled(orders[:, :low], POINTS), axis=2)
        power = np.abs(samples[:, low:]).astype(np.float64) ** 2
        features.detail[part] = np.sqrt(2.0 * power.sum(axis=(1, 2)))

    with ThreadPoolExecutor(current_threads()) as pool:
        list(pool.map(fill, range(0, n, CHUNK)))
    return features


def _angular_orders(samples: ComplexArray) -> ComplexArray:
    """FFT along the angle of the full circle: (N, K, H) → (N, K, 2H)."""
    from scipy import fft

    orders: ComplexArray = fft.fft(
        np.concatenate((samples, samples.conj()), axis=2), axis=2, overwrite_x=True
    )
    return orders


def _resampled(orders: ComplexArray, n_angles: int) -> ComplexArray:
    """The same functions of the angle on another number of angles, inner products kept."""
    n_before = orders.shape[2]
    order = np.fft.fftfreq(n_before, 1 / n_before).astype(np.int64)
    keep = np.flatnonzero(np.abs(order) < min(n_angles, n_before) // 2)
    out = np.zeros((*orders.shape[:2], n_angles), dtype=np.complex64)
    out[:, :, order[keep] % n_angles] = orders[:, :, keep] * np.float32(
        np.sqrt(n_angles / n_before)
    )
    return out


def _differentiate(
    orders: ComplexArray, real: FloatArray, imaginary: FloatArray, first: int = 0
) -> None:
    """Write functions of the angle and their first two derivatives on the half circle.

    Derivatives below ``first`` are left as they are.
    """
    from scipy import fft

    n_angles = orders.shape[2]
    order = np.fft.fftfreq(n_angles, 1 / n_angles)
    for derivative in range(first, 3):
        slope = ((1j * order) ** derivative).astype(np.complex64)
        part = fft.ifft(orders * slope, axis=2, overwrite_x=True)[:, :, : n_angles // 2]
        real[:, derivative] = part.real
        imaginary[:, derivative] = part.imag


def shift_grid(max_shift: float, spacing: float) -> tuple[FloatArray, int]:
    """A hexagonal grid of shifts in a disc, sorted by length, padded to whole vector blocks.

    Points up to half a step outside are drawn in to the edge, where many unlike pairs have their
    best shift.

    Returns
    -------
    shifts : float32 (2, S)
    n_shifts : int
        Shifts before the padding.
    """
    reach = int(np.ceil(max_shift / spacing * 1.2)) + 2
    row, column = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    x = (column + 0.5 * (row % 2)) * spacing
    y = row * spacing * np.sqrt(0.75)
    points: npt.NDArray[np.float64] = np.stack((x.ravel(), y.ravel()), axis=1)
    length = np.hypot(points[:, 0], points[:, 1])
    inside = np.flatnonzero(length <= max_shift + 0.5 * spacing)
    drawn_in = np.minimum(1.0, max_shift / np.maximum(length, 1e-12))
    points *= drawn_in[:, None]
    length = np.round(length * drawn_in, 9)
    ordered: IntArray = inside[np.lexsort((points[inside, 0], points[inside, 1], length[inside]))]
    n_shifts = len(ordered)
    padded = np.zeros((2, LANES * int(np.ceil(n_shifts / LANES))), dtype=np.float32)
    padded[:, :n_shifts] = points[ordered].T
    return padded, n_shifts
