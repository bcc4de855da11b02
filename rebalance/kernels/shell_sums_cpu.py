"""Sums over the Fourier voxels of two maps, by shell and within cones and bands about axes."""

from __future__ import annotations

import numpy as np

from rebalance.kernels.compile import inlined, jit


@inlined
def cell_of(x, y, z, side):
    """The cell of a direction: a square of the cube about the origin, opposite ones the same."""
    ax, ay, az = abs(x), abs(y), abs(z)
    if az >= ax and az >= ay:
        face, u, v = 0, x / z, y / z
    elif ay >= ax:
        face, u, v = 1, x / y, z / y
    else:
        face, u, v = 2, y / x, z / x
    i = min(int((u + 1.0) * 0.5 * side), side - 1)
    j = min(int((v + 1.0) * 0.5 * side), side - 1)
    return (face * side + i) * side + j


@jit
def add_rows(
    first, second, row, box, axes, cos_cone, sin_band, side,
    cone_start, cone_axis, band_start, band_axis, cells, cones, bands,
):  # fmt: skip
    """Add Re F₁F₂*, |F₁|² and |F₂|² of the voxels of some rows to the sums of their shells.

    A voxel is in shell nint|k|, within the cone of axis d where |k·d| ≥ cos(cone) |k|, and within
    its band where |k·d| ≤ sin(band) |k|. Each goes to the sum of its cell, a small patch of
    directions; only where the rim of a cone or band crosses the cell is the voxel itself asked.
    Voxels of the last even frequency, whose sign is unknown, are left out, and those of kx = 0,
    where both k and −k are stored, count half.

    Parameters
    ----------
    first, second : complex64 (box, rows, width)
        Transforms: all kz, some ky, kx from 0 on.
    row : int
        Of the first of these rows among all ky.
    box : int
    axes : float64 (A, 3)
        Unit vectors x, y, z.
    cos_cone, sin_band : float
    side : int
        Cells along an edge of the cube.
    cone_start, band_start : int64 (3 side² + 1,)
        Where in the lists those of a cell begin.
    cone_axis, band_axis : uint32
        The axes whose rim crosses each cell.
    cells : float64 (S + 1, 3 side², 3)
        Added to; shell 0 stays 0.
    cones, bands : float64 (S + 1, A, 3)
        Added to, by voxels of cells that are crossed.
    """
    half = box // 2
    most = half * half + half
    for kz_at in range(box):
        kz = kz_at if 2 * kz_at < box else kz_at - box
        if 2 * abs(kz) >= box:
            continue
        for at in range(first.shape[1]):
            ky = row + at
            if 2 * ky >= box:
                ky -= box
            if 2 * abs(ky) >= box:
                continue
            yz = ky * ky + kz * kz
            for kx in range(first.shape[2]):
                k2 = yz + kx * kx
                if k2 > most or 2 * kx >= box:
                    break
                if k2 == 0:
                    continue
                a, b = first[kz_at, at, kx], second[kz_at, at, kx]
                ar, ai = np.float64(a.real), np.float64(a.imag)
                br, bi = np.float64(b.real), np.float64(b.imag)
                weight = 0.5 if kx == 0 else 1.0
                both = weight * (ar * br + ai * bi)
                one = weight * (ar * ar + ai * ai)
                two = weight * (br * br + bi * bi)
                length = np.sqrt(np.float64(k2))
                shell = int(length + 0.5)
                x, y, z = np.float64(kx), np.float64(ky), np.float64(kz)
                cell = cell_of(x, y, z, side)
                cells[shell, cell, 0] += both
                cells[shell, cell, 1] += one
                cells[shell, cell, 2] += two
                of_shell = cones[shell]
                edge = cos_cone * length
                for place in range(cone_start[cell], cone_start[cell + 1]):
                    axis = cone_axis[place]
                    along = abs(x * axes[axis, 0] + y * axes[axis, 1] + z * axes[axis, 2])
                    within = 1.0 if along >= edge else 0.0
                    of_shell[axis, 0] += within * both
                    of_shell[axis, 1] += within * one
                    of_shell[axis, 2] += within * two
                of_shell = bands[shell]
                edge = sin_band * length
                for place in range(band_start[cell], band_start[cell + 1]):
                    axis = band_axis[place]
                    along = abs(x * axes[axis, 0] + y * axes[axis, 1] + z * axes[axis, 2])
                    within = 1.0 if along <= edge else 0.0
                    of_shell[axis, 0] += within * both
                    of_shell[axis, 1] += within * one
                    of_shell[axis, 2] += within * two


@jit
def add_whole_cells(cells, start, axis, out):
    """Add the sums of each cell to those axes whose cone or band holds all of it.

    Parameters
    ----------
    cells : float64 (S, C, 3)
    start : int64 (C + 1,)
        Where in the list the axes of a cell begin.
    axis : uint32
    out : float64 (S, A, 3)
        Added to.
    """
    for shell in range(cells.shape[0]):
        for cell in range(cells.shape[1]):
            both, one, two = cells[shell, cell, 0], cells[shell, cell, 1], cells[shell, cell, 2]
            if one == 0.0 and two == 0.0:
                continue
            for place in range(start[cell], start[cell + 1]):
                out[shell, axis[place], 0] += both
                out[shell, axis[place], 1] += one
                out[shell, axis[place], 2] += two
