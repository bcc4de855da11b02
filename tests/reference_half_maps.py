"""Slow, obviously right version of the directional correlations of two half maps, in float64.

All of Fourier space is there, k and −k both, and each curve is a loop over shells and axes. Voxels
at the last even frequency are left out: their sign, and so their direction, is unknown.
"""

from __future__ import annotations

import numpy as np


def correlations(
    first: np.ndarray, second: np.ndarray, axes: np.ndarray, cone: float, band: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Curves of shells 1 … L // 2: over all directions (S,), conical and toroidal (A, S)."""
    box = len(first)
    one, two = (np.fft.fftn(np.asarray(a, dtype=np.float64)) for a in (first, second))
    line = np.rint(np.fft.fftfreq(box) * box)
    kz, ky, kx = np.meshgrid(line, line, line, indexing="ij")
    length = np.sqrt(kx**2 + ky**2 + kz**2)
    known = (2 * np.abs([kx, ky, kz]) < box).all(axis=0) & (length > 0)
    shell = np.rint(length)
    shells = np.arange(1, box // 2 + 1)
    fsc = np.array([_correlation(one, two, known & (shell == s)) for s in shells])
    conical, toroidal = np.full((2, len(axes), len(shells)), np.nan)
    for a, (x, y, z) in enumerate(axes):
        with np.errstate(invalid="ignore"):
            along = np.abs(kx * x + ky * y + kz * z) / length
        in_cone = along >= np.cos(np.deg2rad(cone))
        in_band = along <= np.sin(np.deg2rad(band))
        for at, s in enumerate(shells):
            conical[a, at] = _correlation(one, two, known & in_cone & (shell == s))
            toroidal[a, at] = _correlation(one, two, known & in_band & (shell == s))
    return fsc, conical, toroidal


def _correlation(one: np.ndarray, two: np.ndarray, voxels: np.ndarray) -> float:
    if not voxels.any():
        return np.nan
    a, b = one[voxels], two[voxels]
    power = np.sqrt((np.abs(a) ** 2).sum() * (np.abs(b) ** 2).sum())
    return float((a * b.conj()).sum().real / power) if power > 0 else np.nan


def area_and_resolution(curve: np.ndarray, threshold: float, side: float) -> tuple[float, float]:
    """Walk a curve from shell 1 on; ``side`` is that of the box in Å."""
    area, last = 0.0, None
    for shell, value in enumerate(curve.tolist(), 1):
        if np.isnan(value):
            continue
        if value <= threshold:
            if last is None:
                return 0.0, np.inf
            before, high = last
            crossing = before + (high - threshold) / (high - value) * (shell - before)
            return area, side / crossing
        area += value * shell**2
        last = shell, value
    return area, np.inf if last is None else side / len(curve)
