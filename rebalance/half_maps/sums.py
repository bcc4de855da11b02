"""Two maps transformed, and their products summed by shell over all, conical and toroidal voxels.

The transforms hold half of Fourier space in float32, sums are of float64. Work is cut into the
same pieces whatever the number of threads, and what they give is added in their order.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.half_maps.cells import Cells, sort_axes
from rebalance.model import DoubleArray, FloatArray

Planes = Callable[[int, int], FloatArray]
"""Planes ``start`` to ``stop`` of a map, float32 (stop − start, L, L)."""

Spectrum = npt.NDArray[np.complex64]

_PLANES = 8
_PIECES = 32
_LEAST_SIDE, _MOST_SIDE, _VOXELS_A_SIDE = 6, 32, 8


@dataclass(frozen=True, eq=False)
class ShellSums:
    """Σ Re F₁F₂*, Σ |F₁|², Σ |F₂|² by shell 1 … S.

    Parameters
    ----------
    whole : float64 (S, 3)
    conical, toroidal : float64 (A, S, 3)
    """

    whole: DoubleArray
    conical: DoubleArray
    toroidal: DoubleArray


def transformed_planes(planes: Planes, box: int, threads: int) -> Spectrum:
    """Each plane's own transform, complex64 (L, L, L // 2 + 1): z, ky, kx from 0 on."""
    from scipy import fft

    out = np.empty((box, box, box // 2 + 1), dtype=np.complex64)

    def fill(start: int) -> None:
        stop = min(start + _PLANES, box)
        out[start:stop] = fft.rfft2(planes(start, stop), axes=(1, 2))

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(fill, range(0, box, _PLANES)):
            pass
    return out


def shell_sums(
    first: Spectrum, second: Spectrum, axes: DoubleArray, cone: float, band: float, threads: int
) -> ShellSums:
    """Transform along z and sum.

    Parameters
    ----------
    first, second : complex64 (L, L, L // 2 + 1)
        From `transformed_planes`.
    axes : float64 (A, 3)
        Unit vectors x, y, z.
    cone, band : float
        Half-angles in degrees.
    threads : int
    """
    from rebalance.kernels.shell_sums_cpu import add_whole_cells

    box = len(first)
    side = max(_LEAST_SIDE, min(_MOST_SIDE, box // _VOXELS_A_SIDE))
    cells = sort_axes(axes, np.deg2rad(cone), np.deg2rad(band), side)
    rows = -(-box // _PIECES)

    def work(start: int) -> tuple[DoubleArray, ...]:
        return _sums_of_rows(first, second, start, start + rows, axes, cone, band, cells)

    total: list[DoubleArray] = []
    with ThreadPoolExecutor(threads) as pool:
        for part in pool.map(work, range(0, box, rows)):
            if not total:
                total = list(part)
                continue
            for sums, more in zip(total, part, strict=True):
                sums += more
        patches, conical, toroidal = total

        def spread(start: int) -> None:
            shells = slice(start, start + _PLANES)
            for kind, out in ((cells.in_cone, conical), (cells.in_band, toroidal)):
                add_whole_cells(patches[shells], kind.start, kind.axis, out[shells])

        for _ in pool.map(spread, range(0, len(patches), _PLANES)):
            pass
    whole = patches.sum(axis=1)
    return ShellSums(whole[1:], *(sums[1:].transpose(1, 0, 2) for sums in (conical, toroidal)))


def _sums_of_rows(
    first: Spectrum,
    second: Spectrum,
    start: int,
    stop: int,
    axes: DoubleArray,
    cone: float,
    band: float,
    cells: Cells,
) -> tuple[DoubleArray, ...]:
    """Sums of the rows ky from ``start`` on: of cells (S + 1, C, 3), of cones and bands."""
    from scipy import fft

    from rebalance.kernels.shell_sums_cpu import add_rows

    box = len(first)
    stop = min(stop, box)
    lowest = min(min(row, box - row) for row in (start, stop - 1))
    # Beyond the last shell there is nothing to sum.
    width = int(np.sqrt(max((box // 2 + 0.5) ** 2 - lowest**2, 0.0))) + 1
    parts: list[Any] = [
        fft.fft(spectrum[:, start:stop, :width], axis=0) for spectrum in (first, second)
    ]
    shells = box // 2 + 1
    patches = np.zeros((shells, 3 * cells.side**2, 3))
    conical, toroidal = np.zeros((2, shells, len(axes), 3))
    add_rows(
        *parts,
        start,
        box,
        axes,
        float(np.cos(np.deg2rad(cone))),
        float(np.sin(np.deg2rad(band))),
        cells.side,
        cells.on_cone.start,
        cells.on_cone.axis,
        cells.on_band.start,
        cells.on_band.axis,
        patches,
        conical,
        toroidal,
    )
    return patches, conical, toroidal
