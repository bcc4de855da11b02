"""Directional signal of two half maps: conical and toroidal FSC, their areas and crossings.

cFSC(s, d) = Re Σ F₁F₂* / √(Σ |F₁|² Σ |F₂|²) over the voxels of shell s = nint|k| within a double
cone about d, |k̂·d| ≥ cos(cone); the toroidal FSC of a viewing direction v takes those within a
band about the plane across v, |k̂·v| ≤ sin(band), which is what images that look along v hold. The
area of a curve is Σ FSC · s² over the shells up to, not including, the first at or below the
threshold; cFAR and tFAR are the least ÷ the greatest of the areas.

Shells in which a cone holds nothing, as at the lowest frequencies, are passed over: they neither
add to the area nor end the walk. These are the definitions that SIMPLE documents for its conical
FSC area ratio (`doc/policies/fsc_area_score_policy.md`, github.com/hael/SIMPLE), after the public
description of CryoSPARC's cFAR; no width of the toroidal band is published.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rebalance.engine.threads import use_threads
from rebalance.errors import InputError, OptionError
from rebalance.half_maps.read import HalfMaps, check_range, open_half_maps
from rebalance.half_maps.sums import Planes, ShellSums, shell_sums, transformed_planes
from rebalance.model import DoubleArray, FloatArray, HalfMapSignal
from rebalance.views.uniformity import fourier_directions

N_AXES, CONE, BAND, THRESHOLD = 256, 20.0, 20.0, 0.143
"""Number of axes over half a sphere; half-angles of the cones in degrees; threshold of the
correlation.
"""

_SAME = 1e-6


def half_map_signal(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    voxel_size: float,
    mask: npt.ArrayLike | None = None,
    n_axes: int = N_AXES,
    cone: float = CONE,
    band: float = BAND,
    threshold: float = THRESHOLD,
    threads: int | None = None,
) -> HalfMapSignal:
    """FSC of two half maps by direction.

    Parameters
    ----------
    first, second : float32 (L, L, L)
        Half maps with axes z, y, x; multiplied by the mask before they are transformed.
    voxel_size : float
        Å.
    mask : float32 (L, L, L), optional
        Soft; without one, the noise around the molecule counts too.
    n_axes : int
        Directions over half a sphere.
    cone, band : float
        Half-angles of the double cone and of the band, degrees.
    threshold : float
        Of the correlation.
    threads : int, optional
        The result is the same whatever their number.

    Returns
    -------
    HalfMapSignal

    Raises
    ------
    ValueError
        If maps and mask are not cubes of one size.
    InputError
        If a map is constant or not finite, the mask is empty, or both maps are the same.
    OptionError
        If an option is out of range.
    """
    maps = [np.asarray(one, dtype=np.float32) for one in (first, second)]
    if mask is not None:
        maps.append(np.asarray(mask, dtype=np.float32))
    shapes = {one.shape for one in maps}
    shape = maps[0].shape
    if len(shapes) > 1 or len(shape) != 3 or len(set(shape)) > 1 or shape[0] < 4:
        raise ValueError(f"maps must be cubes of one size, not {sorted(shapes)}")
    for one, name in zip(maps, ("first half map", "second half map", "mask"), strict=False):
        check_range(float(one.min()), float(one.max()), f"The {name}", is_mask=name == "mask")
    return signal_of_planes(
        *(_planes_of(one) for one in maps),
        box=shape[0],
        voxel_size=voxel_size,
        n_axes=n_axes,
        cone=cone,
        band=band,
        threshold=threshold,
        threads=threads,
    )


def half_map_signal_of_files(
    first: Path | str,
    second: Path | str,
    mask: Path | str | None = None,
    pixel_size: float | None = None,
    *,
    n_axes: int = N_AXES,
    cone: float = CONE,
    band: float = BAND,
    threshold: float = THRESHOLD,
    threads: int | None = None,
) -> HalfMapSignal:
    """`half_map_signal` of MRC files, with no more in memory than the two transforms.

    Parameters
    ----------
    first, second : Path or str
    mask : Path or str, optional
    pixel_size : float, optional
        Å; instead of what the headers say.
    n_axes, cone, band, threshold, threads
        As of `half_map_signal`.

    Returns
    -------
    HalfMapSignal
        What is odd about the files, and whether their voxel size is known, is among the warnings
        of `rebalance.half_maps.read.open_half_maps`.

    Raises
    ------
    InputError
        If a file is no map, or they don't fit each other.
    OptionError
        If an option is out of range.
    """
    maps = open_half_maps(first, second, mask, pixel_size)
    return signal_of_half_maps(
        maps, n_axes=n_axes, cone=cone, band=band, threshold=threshold, threads=threads
    )


def signal_of_half_maps(
    maps: HalfMaps,
    *,
    n_axes: int = N_AXES,
    cone: float = CONE,
    band: float = BAND,
    threshold: float = THRESHOLD,
    threads: int | None = None,
) -> HalfMapSignal:
    """`half_map_signal_of_files` of files that are open."""
    _check_options(n_axes, cone, band, threshold, 1.0)
    maps.check_values()
    try:
        signal = signal_of_planes(
            maps.first.planes,
            maps.second.planes,
            None if maps.mask is None else maps.mask.planes,
            box=maps.first.box,
            voxel_size=maps.voxel_size or 1.0,
            n_axes=n_axes,
            cone=cone,
            band=band,
            threshold=threshold,
            order=maps.first.order,
            threads=threads,
        )
    except InputError as error:
        if error.path is not None:
            raise
        raise InputError(error.problem, path=maps.second.path, hint=error.hint) from error
    return signal if maps.voxel_size else replace(signal, unit="voxels")


def signal_of_planes(
    first: Planes,
    second: Planes,
    mask: Planes | None = None,
    *,
    box: int,
    voxel_size: float,
    n_axes: int = N_AXES,
    cone: float = CONE,
    band: float = BAND,
    threshold: float = THRESHOLD,
    order: tuple[int, int, int] = (0, 1, 2),
    threads: int | None = None,
) -> HalfMapSignal:
    """`half_map_signal` of maps that are read a few planes at a time.

    Parameters
    ----------
    first, second, mask : Planes
        Checked by whoever reads them.
    order : tuple of int
        Which of x, y, z runs along columns, rows and planes.
    box, voxel_size, n_axes, cone, band, threshold, threads
        As of `half_map_signal`.
    """
    _check_options(n_axes, cone, band, threshold, voxel_size)
    axes = fourier_directions(n_axes)
    with use_threads(threads) as count:
        spectra = [transformed_planes(_masked(one, mask), box, count) for one in (first, second)]
        stored = np.ascontiguousarray(axes[:, list(order)])
        sums = shell_sums(spectra[0], spectra[1], stored, cone, band, count)
    return _signal(sums, axes, cone, band, threshold, box, voxel_size)


def _signal(
    sums: ShellSums,
    axes: DoubleArray,
    cone: float,
    band: float,
    threshold: float,
    box: int,
    voxel_size: float,
) -> HalfMapSignal:
    fsc, conical, toroidal = (
        _correlation(part) for part in (sums.whole, sums.conical, sums.toroidal)
    )
    if (fsc[np.isfinite(fsc)] > 1 - _SAME).all():
        raise InputError(
            "Both half maps are the same, so their correlation is 1 at every frequency.",
            hint="Give the two unfiltered maps, from the two halves of the particles.",
        )
    shell = np.arange(1, len(fsc) + 1, dtype=np.float64)
    side = box * voxel_size
    conical_area, crossing = area_and_crossing(conical, threshold)
    toroidal_area, _ = area_and_crossing(toroidal, threshold)
    with np.errstate(divide="ignore"):
        resolution = side / crossing
    return HalfMapSignal(
        axes=axes,
        frequency=shell / side,
        fsc=fsc,
        conical=conical,
        toroidal=toroidal,
        conical_area=conical_area,
        toroidal_area=toroidal_area,
        resolution=resolution,
        cone=float(cone),
        band=float(band),
        threshold=float(threshold),
        box=box,
        voxel_size=float(voxel_size),
    )


def area_and_crossing(curves: DoubleArray, threshold: float) -> tuple[DoubleArray, DoubleArray]:
    """Area of each curve before it falls to the threshold, and where it does.

    Parameters
    ----------
    curves : float64 (A, S)
        Of shells 1 … S; NaN where there is no value.
    threshold : float

    Returns
    -------
    area : float64 (A,)
        Σ FSC · shell².
    crossing : float64 (A,)
        In shells, between the last above and the first at or below the threshold by a straight
        line; 0 where the first value is below it or there is none, S where none is.
    """
    n, shells = curves.shape
    shell = np.arange(1, shells + 1, dtype=np.float64)
    valid = np.isfinite(curves)
    below = valid & (np.where(valid, curves, 0.0) <= threshold)
    first = np.where(below.any(axis=1), below.argmax(axis=1), shells)
    counted = valid & (np.arange(shells) < first[:, None])
    area = (np.where(counted, curves, 0.0) * shell**2).sum(axis=1)
    crossing = np.zeros(n)
    for axis in np.flatnonzero(counted.any(axis=1)):
        before, at = int(np.flatnonzero(counted[axis])[-1]), int(first[axis])
        if at == shells:
            crossing[axis] = shells
            continue
        high, low = curves[axis, before], curves[axis, at]
        part = (high - threshold) / (high - low)
        crossing[axis] = shell[before] + part * (shell[at] - shell[before])
    return area, crossing


def _correlation(sums: DoubleArray) -> DoubleArray:
    both, one, two = np.moveaxis(sums, -1, 0)
    power = np.sqrt(one) * np.sqrt(two)
    out = np.full(both.shape, np.nan)
    np.divide(both, power, out=out, where=power > 0)
    return np.clip(out, -1.0, 1.0)


def _planes_of(volume: FloatArray) -> Planes:
    return lambda start, stop: volume[start:stop]


def _masked(planes: Planes, mask: Planes | None) -> Planes:
    if mask is None:
        return planes
    return lambda start, stop: planes(start, stop) * mask(start, stop)


def _check_options(
    n_axes: int, cone: float, band: float, threshold: float, voxel_size: float
) -> None:
    for name, value in (("cone", cone), ("band", band)):
        if not 0 < value < 90:
            raise OptionError(f"{name} = {value:g}°, expected between 0 and 90.", setting=name)
    if n_axes < 1:
        raise OptionError(f"n_axes = {n_axes}, expected at least 1.", setting="n_axes")
    if not 0 < threshold < 1:
        raise OptionError(
            f"threshold = {threshold:g}, expected between 0 and 1.", setting="threshold"
        )
    if not (np.isfinite(voxel_size) and voxel_size > 0):
        raise OptionError(
            f"voxel_size = {voxel_size:g}, expected more than 0 Å.", setting="voxel_size"
        )
