"""A density on a grid, and its projections as central slices of its Fourier transform.

The slice through the origin of the 3D transform of a density is the 2D transform of its projection
(Bracewell 1956). The transform is sampled twice as finely as the density needs and interpolated
with a Kaiser–Bessel window (Jackson et al. 1991, IEEE Trans. Med. Imaging 10, 473,
doi:10.1109/42.97598; its width and shape: Beatty et al. 2005, doi:10.1109/TMI.2005.848376), whose
own transform is divided out beforehand.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import OptionError
from rebalance.model import DoubleArray, FloatArray
from rebalance.simulate.blobs import Blobs

LARGEST_SIDE = 384
"""Voxels of the largest grid; with its transform, padded to twice the size, it takes about 6 GiB.
"""

_IMAGES_AT_ONCE = 32
_SHAPE = math.pi * math.sqrt((4 / 2) ** 2 * (2 - 0.5) ** 2 - 0.8)


@dataclass(frozen=True, eq=False)
class Volume:
    """A density on a cubic grid.

    Parameters
    ----------
    density : float32 (M, M, M)
        Axes z, y, x, as in an MRC map; the origin of rotation is voxel M//2.
    voxel_size : float
        Å.
    diameter : float
        Å; of the sphere about the origin that holds the molecule.
    """

    density: FloatArray
    voxel_size: float
    diameter: float

    def __post_init__(self) -> None:
        if self.density.ndim != 3 or len(set(self.density.shape)) != 1:
            raise ValueError(f"density must be (M, M, M), not {self.density.shape}")

    def project(
        self,
        rotations: DoubleArray,
        box: int,
        pixel_size: float,
        *,
        shifts: DoubleArray | None = None,
    ) -> FloatArray:
        """Line integrals of the density, as `rebalance.simulate.project` gives them.

        Whatever is finer than two pixels, or two voxels, is left out, and what lies outside the
        box comes in again at the opposite side.
        """
        rotations = np.asarray(rotations, dtype=np.float64)
        if rotations.ndim != 3 or rotations.shape[1:] != (3, 3):
            raise ValueError(f"rotations must be (n, 3, 3), not {rotations.shape}")
        n = len(rotations)
        shift = np.zeros((n, 2)) if shifts is None else np.asarray(shifts, dtype=np.float64)
        images = np.empty((n, box, box), dtype=np.float32)
        starts = range(0, n, _IMAGES_AT_ONCE)
        parts = [slice(start, start + _IMAGES_AT_ONCE) for start in starts]
        spectrum = self._spectrum

        def fill(part: slice) -> None:
            images[part] = self._slices(spectrum, rotations[part], shift[part], box, pixel_size)

        with ThreadPoolExecutor(min(len(parts) or 1, os.cpu_count() or 1)) as pool:
            list(pool.map(fill, parts))
        return images

    def _slices(
        self,
        spectrum: FloatArray,
        rotations: DoubleArray,
        shift: DoubleArray,
        box: int,
        pixel_size: float,
    ) -> FloatArray:
        from rebalance.kernels.slices_cpu import MARGIN, sample_slices

        along_y, along_x = np.fft.fftfreq(box), np.fft.rfftfreq(box)
        side = len(spectrum) - 2 * MARGIN
        lines = side * self.voxel_size / pixel_size
        out = np.empty((len(rotations), box, box // 2 + 1), dtype=np.complex64)
        sample_slices(
            spectrum,
            np.ascontiguousarray(rotations[:, :2]),
            lines * along_y,
            lines * along_x,
            side / 2,
            _window(),
            out,
        )
        # The last even frequency has no sign, so that half a pixel's shift has no meaning there.
        out[:, np.abs(along_y) == 0.5] = 0
        out[:, :, along_x == 0.5] = 0
        out *= np.exp(-2j * np.pi * shift[:, 1, None] * along_y).astype(np.complex64)[:, :, None]
        out *= np.exp(-2j * np.pi * shift[:, 0, None] * along_x).astype(np.complex64)[:, None, :]
        images = np.fft.irfft2(out, s=(box, box)) * (self.voxel_size**3 / pixel_size**2)
        return np.fft.fftshift(images, axes=(1, 2)).astype(np.float32)

    @cached_property
    def _spectrum(self) -> FloatArray:
        """Transform about the origin of the density padded to twice its side, for the kernel."""
        from scipy import fft

        m = len(self.density)
        side = fft.next_fast_len(2 * m, real=True)
        offset = np.arange(m) - m // 2
        correction = (1 / _window_transform(offset / side)).astype(np.float32)
        padded = np.zeros((side, side, side), dtype=np.float32)
        corrected = self.density * correction[:, None, None]
        corrected *= correction[:, None]
        corrected *= correction
        padded[np.ix_(offset, offset, offset)] = corrected
        return _with_margins(fft.rfftn(padded, overwrite_x=True))


def volume_of(blobs: Blobs, voxel_size: float) -> Volume:
    """A density of Gaussians on a grid.

    Parameters
    ----------
    blobs : Blobs
    voxel_size : float
        Å. Gaussians much narrower than half of it are broken up by the grid's band limit.

    Raises
    ------
    OptionError
        If the grid would be larger than `LARGEST_SIDE`.
    """
    from rebalance.kernels.slices_cpu import lay_gaussians

    room = blobs.diameter + 6 * float(blobs.sigma.max())
    side = 2 * math.ceil(room / voxel_size / 2)
    # Gaussians are laid on a grid twice as fine, so that what is beyond the coarse one's band
    # limit is cut off and not folded back.
    fine = 2 * side
    check_side(fine, blobs.diameter, voxel_size)
    grid = np.zeros((fine, fine, fine), dtype=np.float32)
    step = voxel_size / 2
    sigma = blobs.sigma / step
    height = blobs.mass / (2 * np.pi * blobs.sigma**2) ** 1.5
    lay_gaussians(blobs.centre / step + fine // 2, sigma, height, 5.0, grid)
    return Volume(fourier_cropped(grid, side), voxel_size, blobs.diameter)


def fourier_cropped(density: FloatArray, side: int) -> FloatArray:
    """A cube sampled more coarsely: only its ``side`` lowest frequencies along each axis.

    Parameters
    ----------
    density : float32 (M, M, M)
        Its origin is voxel M//2.
    side : int
        At most M. Origin and extent stay; the voxel becomes M/side times as large.

    Returns
    -------
    float32 (side, side, side)
    """
    from scipy import fft

    m = len(density)
    if side == m:
        return density
    whole = fft.rfftn(fft.ifftshift(density))
    kept = (np.rint(np.fft.fftfreq(side, 1 / side)).astype(np.int64) + m) % m
    part = whole[np.ix_(kept, kept, np.arange(side // 2 + 1))]
    if side % 2 == 0:
        nyquist = side // 2
        part[nyquist], part[:, nyquist], part[:, :, nyquist] = 0, 0, 0
    small = fft.irfftn(part, s=(side, side, side)) * (side / m) ** 3
    return fft.fftshift(small).astype(np.float32, copy=False)


def check_side(side: int, diameter: float, voxel_size: float) -> None:
    """Refuse a grid that would not fit in memory."""
    if side > 2 * LARGEST_SIDE:
        raise OptionError(
            f"pixel_size = {voxel_size:g} Å is too fine for a molecule of {diameter:.0f} Å: it "
            f"would need a grid of {side // 2}³ voxels, and the limit is {LARGEST_SIDE}³.",
            hint="Class averages are coarse: use pixels of 2 to 6 Å.",
        )


def _with_margins(half: npt.NDArray[np.complex64]) -> FloatArray:
    """A real FFT (S, S, S//2 + 1) as `sample_slices` takes it."""
    from rebalance.kernels.slices_cpu import MARGIN

    side, columns = half.shape[1:]
    out = np.empty((*[side + 2 * MARGIN] * 2, 2 * (columns + 2 * MARGIN)), dtype=np.float32)
    whole = out.view(np.complex64)
    line = np.arange(side + 2 * MARGIN) - side // 2 - MARGIN
    column = np.arange(columns + 2 * MARGIN) - MARGIN
    # What the real FFT leaves out is the conjugate of the opposite point.
    known = (column >= 0) & (column < columns)
    opposite = (-column[~known]) % side
    for section, z in zip(whole, line, strict=True):
        section[:, known] = half[z % side][np.ix_(line % side, column[known])]
        section[:, ~known] = half[-z % side][np.ix_(-line % side, opposite)].conj()
    return out


def _window() -> FloatArray:
    """The Kaiser–Bessel window at distances 0 … WINDOW/2, and 0 beyond."""
    from rebalance.kernels.slices_cpu import TABLE_STEPS, WINDOW

    distance = np.arange(WINDOW // 2 * TABLE_STEPS + 2) / TABLE_STEPS
    inside = 1 - (2 * distance / WINDOW) ** 2
    height = np.i0(_SHAPE * np.sqrt(np.maximum(inside, 0))) / np.i0(_SHAPE)
    return np.where(inside >= 0, height, 0).astype(np.float32)


def _window_transform(frequency: DoubleArray) -> DoubleArray:
    """Fourier transform of the window at |frequency| ≤ 1/4 cycles per grid line."""
    from rebalance.kernels.slices_cpu import WINDOW

    root = np.sqrt(_SHAPE**2 - (np.pi * WINDOW * frequency) ** 2)
    transform: Any = WINDOW / np.i0(_SHAPE) * np.sinh(root) / root
    return transform
