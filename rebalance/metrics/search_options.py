"""The options of the in-plane search, and their values for a set of class averages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from rebalance.engine.threads import current_threads
from rebalance.errors import OptionError
from rebalance.imaging.centring import find_objects
from rebalance.imaging.masks import estimate_radius
from rebalance.imaging.polar import PolarGrid
from rebalance.kernels.limits import MAX_HALF
from rebalance.model import ClassAverages, DoubleArray
from rebalance.options import Length, Options, option

AUTO_RINGS = 27
"""Rings across the band without a given low-pass: the band ends at mask diameter / 27."""

AUTO_SHIFT_FRACTION = 0.01
"""Default largest shift as a fraction of the box, about the error of the centers. The center of
mass of a molecule is projected onto that of its image, so centered averages of one view need no
further shift, and larger shifts make different views more similar."""

UNCENTRED_SHIFT_FRACTION = 0.08
"""The same without centering."""

ROOM_ABOUT_OBJECT = 1.25
"""Radius of the mask relative to that of the object, with centering."""

FINEST = 0.45
"""Highest frequency compared, cycles per pixel; near 0.5 images are interpolated."""


CHUNK = 32
"""Averages prepared at a time."""


class SearchOptions(Options):
    """Which detail is compared, and over which motions."""

    mask_diameter: Length | None = option(
        None, "Diameter of the soft circular mask; auto: from the images.", unit="Å or px"
    )
    low_pass: Length | None = option(
        None, "Finest detail compared; auto: mask diameter / 27.", unit="Å or px"
    )
    high_pass: Length | None = option(
        None, "Coarsest detail compared; auto: no limit.", unit="Å or px"
    )
    max_shift: Length | None = option(
        None,
        "Largest shift in any direction; auto: 1 % of the box, or 8 % without centering.",
        unit="Å or px",
    )
    mirror: bool = option(True, "Also compare with the mirror image.")
    center: bool = option(True, "Center the objects first; max_shift is relative to that.")
    whitening: float = option(
        0.5,
        "How much the power of an average's rings is equalized: 0 = not at all, 1 = fully.",
        ge=0,
        le=1,
    )


@dataclass(frozen=True)
class Search:
    """The search in pixels.

    Parameters
    ----------
    grid : PolarGrid
    mirror : bool
    centre : float64 (N, 2)
        (x, y) of each object from pixel (L/2, L/2), in pixels; 0 where nothing is centred. The
        largest shift is counted from there.
    facts : dict
        How each number was come by, for the log and the record.
    whitening : float
        Exponent of `rebalance.imaging.whitening.whiten_rings`.
    """

    grid: PolarGrid
    mirror: bool
    centre: DoubleArray
    facts: dict[str, Any]
    whitening: float = 0.0


def resolve_search(averages: ClassAverages, options: SearchOptions) -> Search:
    """Convert lengths to pixels, and auto to numbers.

    Raises
    ------
    OptionError
        If a length is in Å and there is no pixel size, or is out of range for the box.
    """
    size = averages.pixel_size
    largest = averages.box / 2.0
    shift = AUTO_SHIFT_FRACTION * averages.box
    if not options.center:
        shift = UNCENTRED_SHIFT_FRACTION * averages.box
    if options.max_shift is not None:
        shift = options.max_shift.pixels(size, "max_shift")
        if not 0.0 <= shift <= largest:
            raise _out_of_range("max_shift", shift, f"0 to {largest:g} px", averages)
    radius, mask_from = mask_radius(averages, options.mask_diameter)
    centre, radius, centring = centred_masks(averages, options.center, radius, mask_from)

    high = min(AUTO_RINGS / (2.0 * radius), FINEST)
    if options.low_pass is not None:
        length = options.low_pass.pixels(size, "low_pass")
        if length < 2.0:
            raise _out_of_range("low_pass", length, "at least 2 px (Nyquist)", averages)
        high = min(1.0 / length, FINEST)
    low = 0.0
    if options.high_pass is not None:
        length = options.high_pass.pixels(size, "high_pass")
        if length <= 1.0 / high:
            raise _out_of_range(
                "high_pass", length, f"longer than the low-pass of {1 / high:.1f} px", averages
            )
        low = 1.0 / length
    grid = PolarGrid(radius, low, high, shift)
    if grid.n_half > MAX_HALF:
        raise OptionError(
            f"Comparing detail of {1 / high:.1f} px over a mask of {2 * radius:.0f} px with shifts "
            f"up to {shift:.0f} px needs {grid.n_half} angles; the maximum is {MAX_HALF}.",
            hint="Give a coarser low_pass, a smaller max_shift or a smaller mask_diameter.",
        )
    facts: dict[str, Any] = {
        "mask_diameter_px": round(2 * radius, 3),
        "mask_diameter_from": mask_from,
        "low_pass_px": round(1 / high, 3),
        "high_pass_px": round(1 / low, 3) if low else None,
        "max_shift_px": round(shift, 3),
        "mirror": options.mirror,
        "whitening": options.whitening,
        "pixel_size_A": size,
        **centring,
    }
    if size is not None:
        facts["mask_diameter_A"] = round(2 * radius * size, 2)
        facts["low_pass_A"] = round(size / high, 2)
        facts["max_shift_A"] = round(shift * size, 2)
    return Search(grid, options.mirror, centre, facts, options.whitening)


def mask_radius(averages: ClassAverages, mask_diameter: Length | None) -> tuple[float, str]:
    """Radius of the mask in pixels, and its source: option, classification or images.

    Parameters
    ----------
    averages : ClassAverages
    mask_diameter : Length, optional
        As given by the user.

    Raises
    ------
    OptionError
        If the diameter is in Å without a pixel size, or out of range for the box.
    """
    size = averages.pixel_size
    largest = averages.box / 2.0
    if mask_diameter is not None:
        radius = mask_diameter.pixels(size, "mask_diameter") / 2.0
        if not 4.0 <= radius <= 1.05 * largest:
            raise _out_of_range("mask_diameter", 2 * radius, f"8 to {averages.box} px", averages)
        return min(radius, largest), "option"
    radius = estimate_radius(averages.images, averages.is_empty)
    if averages.mask_diameter is not None and size is not None:
        given = averages.mask_diameter / size / 2.0
        if 4.0 <= given < radius:
            return given, "classification"
    return radius, "images"


def centred_masks(
    averages: ClassAverages, center: bool, radius: float, mask_from: str
) -> tuple[DoubleArray, float, dict[str, Any]]:
    """Centers of the objects, the radius of the mask around them, and facts about it.

    Parameters
    ----------
    averages : ClassAverages
    center : bool
        False keeps all masks in the middle.
    radius, mask_from
        From `mask_radius`. An automatic radius is fitted to the objects.

    Returns
    -------
    centre : float64 (N, 2)
        (x, y) from pixel (L/2, L/2), pixels.
    radius : float
    facts : dict
    """
    if not center or len(averages) == 0:
        return np.zeros((len(averages), 2)), radius, {"centred": False}
    with ThreadPoolExecutor(current_threads()) as pool:
        found = list(
            pool.map(
                lambda start: find_objects(averages.images[start : start + CHUNK], radius),
                range(0, len(averages), CHUNK),
            )
        )
    centre = np.concatenate([part.centre for part in found])
    extent = np.concatenate([part.extent for part in found])
    distance = np.hypot(centre[:, 0], centre[:, 1])
    if mask_from != "option":
        room = ROOM_ABOUT_OBJECT * float(np.percentile(extent, 95))
        radius = max(min(radius, room), 4.0)
    facts = {
        "centred": True,
        "median_offset_px": round(float(np.median(distance)), 2),
        "largest_offset_px": round(float(distance.max()), 2),
    }
    return centre, radius, facts


def _out_of_range(name: str, pixels: float, expected: str, averages: ClassAverages) -> OptionError:
    size = averages.pixel_size
    angstrom = f" ({pixels * size:g} Å at {size:g} Å/px)" if size else ""
    return OptionError(
        f"{name} = {pixels:g} px{angstrom} does not fit images of {averages.box} px.",
        hint=f"Expected {expected}.",
    )
