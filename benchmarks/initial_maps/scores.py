"""How like the molecule a map is, once it lies on it: overall, and by direction."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.initial_maps.align_map import Volume, distance, soft_sphere
from benchmarks.poses import crossing, fsc
from rebalance.half_maps.signal import half_map_signal
from rebalance.model import DoubleArray
from rebalance.views.uniformity import fourier_directions

THRESHOLD = 0.5
"""Of the correlation with the molecule: where that of two half maps is 0.143 (Rosenthal &
Henderson 2003, J. Mol. Biol. 333, 721, doi:10.1016/j.jmb.2003.07.013)."""
FINEST = 25.0
"""Å; to which curves are averaged."""
LOWEST = 3
"""Shell from which power is compared by direction; cones hold too little below."""
N_AXES, CONE = 256, 20.0


@dataclass(frozen=True)
class MapScores:
    """One map against the molecule.

    Parameters
    ----------
    resolution : float
        Å; where the FSC falls below `THRESHOLD`.
    area : float
        Mean FSC over the shells to `FINEST`.
    cfar : float
        Conical FSC area ratio: weakest ÷ strongest direction. The molecule is known, so that no
        curve has to be cut off where it falls below 0.143: all shells to `FINEST` count, each by
        its square. (Cut off, one dip in one of 256 cones decides.)
    streaks : float
        Standard deviation over directions of the natural logarithm of power in a cone, the map's
        ÷ the molecule's: 0 if no direction is smeared more than another.
    is_mirrored : bool
        The map is of the other hand.
    """

    resolution: float
    area: float
    cfar: float
    streaks: float
    is_mirrored: bool

    def as_json(self) -> dict[str, float | bool]:
        """Rounded to what is meant."""
        return {
            name: value if isinstance(value, bool) else round(value, 4)
            for name, value in asdict(self).items()
        }


def score(
    laid: Volume, truth: Volume, voxel_size: float, radius: float, *, is_mirrored: bool
) -> MapScores:
    """The scores of a map that lies on the molecule.

    Parameters
    ----------
    laid, truth : float64 (L, L, L)
    voxel_size : float
        Å.
    radius : float
        Of the molecule, voxels.
    is_mirrored : bool
        Its mirror image was laid there.
    """
    mask = soft_sphere(len(truth), radius)
    curve = fsc(laid, truth, radius)
    last = round(len(truth) * voxel_size / FINEST)
    areas = conical_areas(laid, truth, voxel_size, mask, last)
    return MapScores(
        resolution=len(truth) * voxel_size / crossing(curve, THRESHOLD),
        area=float(curve[1 : last + 1].mean()),
        cfar=max(float(areas.min()), 0.0) / float(areas.max()),
        streaks=float(np.std(power_ratio(laid * mask, truth * mask, last))),
        is_mirrored=is_mirrored,
    )


def conical_areas(
    one: Volume, other: Volume, voxel_size: float, mask: Volume, last: int
) -> DoubleArray:
    """Mean of each conical FSC, a shell by its square; float64 (A,).

    Parameters
    ----------
    one, other, mask : float64 (L, L, L)
    voxel_size : float
        Å.
    last : int
        Shell to which they go.
    """
    conical = half_map_signal(
        one.astype(np.float32),
        other.astype(np.float32),
        voxel_size=voxel_size,
        mask=mask.astype(np.float32),
        n_axes=N_AXES,
        cone=CONE,
        threads=1,
    ).conical[:, :last]
    # A cone holds no voxel of some of the lowest shells.
    weight = np.where(np.isfinite(conical), np.arange(1, last + 1) ** 2.0, 0.0)
    return np.asarray((np.nan_to_num(conical) * weight).sum(axis=1) / weight.sum(axis=1))


def power_ratio(one: Volume, other: Volume, last: int) -> DoubleArray:
    """Natural logarithm of the power of a map ÷ that of another, in a double cone about each axis.

    Parameters
    ----------
    one, other : float64 (L, L, L)
    last : int
        Shell to which power is counted, from `LOWEST`. Each shell of both maps is first scaled to
        the same power, so that resolution doesn't count.

    Returns
    -------
    float64 (A,)
    """
    box = len(one)
    shell = np.rint(distance(box)).astype(int)
    inside = (shell >= LOWEST) & (shell <= last)
    of = shell[inside]
    grid = np.argwhere(inside) - box // 2
    unit = grid / np.linalg.norm(grid, axis=1, keepdims=True)
    # Axes of the array are z, y, x.
    cone = np.abs(fourier_directions(N_AXES)[:, ::-1] @ unit.T) >= np.cos(np.deg2rad(CONE))
    powers = []
    for volume in (one, other):
        power = np.abs(np.fft.fftshift(np.fft.fftn(volume)))[inside] ** 2
        powers.append(cone @ (power / np.bincount(of, power)[of]))
    return np.asarray(np.log(powers[0] / powers[1]))
