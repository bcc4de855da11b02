"""Half spheres in an equal-area projection, in the frame of a map: azimuth around, tilt out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rebalance.figures import style
from rebalance.figures.hemisphere import from_disc, on_disc, symmetry_axes
from rebalance.figures.sphere_axes import MARKS
from rebalance.model import DoubleArray, IntArray, SphereBins

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PIXELS = 420
"""Along the side of a disc."""

_REACH = 1.2
"""Half the side of a disc's axes, in radii: room for what is written around it."""


def disc_directions(*, below: bool = False) -> DoubleArray:
    """Directions of the pixels of a disc, upper row first; NaN beside it.

    Parameters
    ----------
    below : bool
        Of the half sphere z < 0, with the same azimuth at the same place.

    Returns
    -------
    float64 (PIXELS, PIXELS, 3)
    """
    line = (np.arange(PIXELS) + 0.5) / PIXELS * 2 - 1
    x, y = np.meshgrid(line, line[::-1])
    at = from_disc(np.stack([x, y], axis=-1))
    return at * np.array([1.0, 1.0, -1.0]) if below else at


def bins_at(bins: SphereBins, at: DoubleArray) -> IntArray:
    """The bin of each direction, −1 for NaN; as `SphereBins` says which it is.

    Parameters
    ----------
    bins : SphereBins
    at : float64 (..., 3)
    """
    flat = at.reshape(-1, 3)
    found = np.full(len(flat), -1, dtype=np.int64)
    known = np.isfinite(flat[:, 0])
    place = _healpix_bin if bins.scheme == "healpix" else _nearest_bin
    found[known] = place(bins, flat[known])
    return found.reshape(at.shape[:-1])


def _nearest_bin(bins: SphereBins, direction: DoubleArray) -> IntArray:
    from scipy.spatial import cKDTree

    centre = np.einsum("gij,kj->gki", bins.operations, bins.centre).reshape(-1, 3)
    if bins.antipodal:
        centre = np.concatenate([centre, -centre])
    weight = np.zeros(len(bins)) if bins.weight is None else bins.weight
    height = np.tile(np.sqrt(weight.max() - weight), len(centre) // len(bins))
    lifted = np.column_stack([direction, np.zeros(len(direction))])
    nearest = cKDTree(np.column_stack([centre, height])).query(lifted)[1]
    return np.asarray(nearest % len(bins), dtype=np.int64)


def _healpix_bin(bins: SphereBins, direction: DoubleArray) -> IntArray:
    """The pixel, which is not quite what lies nearest to its middle."""
    import healpix

    nside = round(np.sqrt(len(bins) / (6 if bins.antipodal else 12)))
    number = np.zeros(12 * nside**2, dtype=np.int64)
    for centre in (-bins.centre, bins.centre) if bins.antipodal else (bins.centre,):
        number[healpix.vec2pix(nside, *centre.T)] = np.arange(len(bins))
    return np.asarray(number[healpix.vec2pix(nside, *direction.T)], dtype=np.int64)


def draw_half_sphere(
    axes: Axes,
    colours: npt.NDArray[Any],
    operations: DoubleArray,
    *,
    below: bool = False,
) -> None:
    """A picture on a half sphere, with circles of tilt, azimuths, and symmetry axes.

    Parameters
    ----------
    axes : Axes
        Square.
    colours : (PIXELS, PIXELS, 4)
    operations : float64 (G, 3, 3)
        Of the point group.
    below : bool
        The half z < 0.
    """
    from matplotlib.patches import Circle

    axes.set_xlim(-_REACH, _REACH)
    axes.set_ylim(-_REACH, _REACH)
    axes.set_axis_off()
    picture = axes.imshow(colours, extent=(-1, 1, -1, 1), interpolation="antialiased", zorder=0.1)
    picture.set_clip_path(Circle((0, 0), 1, transform=axes.transData))
    around = np.linspace(0, 2 * np.pi, 361)
    circle = np.stack([np.cos(around), np.sin(around)])
    for tilt in (30, 60):
        radius = np.sqrt(2) * np.sin(np.deg2rad(tilt) / 2)
        axes.plot(*(radius * circle), color="white", linewidth=1.4, alpha=0.55, zorder=0.5)
        axes.plot(*(radius * circle), color=style.MUTED, linewidth=0.5, alpha=0.8, zorder=0.6)
    axes.plot(*circle, color=style.MUTED, linewidth=0.8, zorder=0.7)
    for azimuth, words in ((0, "0°"), (90, "90°"), (180, "180°"), (270, "−90°")):
        turn = np.deg2rad(azimuth)
        axes.text(
            1.07 * np.cos(turn),
            1.07 * np.sin(turn),
            words,
            fontsize=style.SMALL,
            color=style.MUTED,
            ha={0: "left", 180: "right"}.get(azimuth, "center"),
            va={90: "bottom", 270: "top"}.get(azimuth, "center"),
        )
    _draw_symmetry(axes, operations, below)


def _draw_symmetry(axes: Axes, operations: DoubleArray, below: bool) -> None:
    along, order = symmetry_axes(operations)
    both, orders = np.concatenate([along, -along]), np.concatenate([order, order])
    shown = (-both if below else both)[:, 2] > -1e-6
    flipped = both[shown] * np.array([1.0, 1.0, -1.0 if below else 1.0])
    for place, n in zip(on_disc(flipped), orders[shown].tolist(), strict=True):
        axes.plot(
            *place,
            MARKS.get(n, MARKS[6])[0],
            color=style.INK,
            markeredgecolor="white",
            markeredgewidth=0.5,
            markersize=3.4 if n == 2 else 4.8,
            clip_on=False,
            zorder=6,
        )
