"""The options of the in-plane search, and what they come to for a set of class averages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rebalance.errors import OptionError
from rebalance.imaging.masks import estimate_radius
from rebalance.imaging.polar import PolarGrid
from rebalance.model import ClassAverages
from rebalance.options import Length, Options, option

AUTO_RINGS = 27
"""Rings across the band when no low-pass is given: the band ends at mask diameter / 27."""

AUTO_SHIFT_FRACTION = 0.08
"""Largest shift as a fraction of the box when none is given."""

FINEST = 0.45
"""Highest frequency that is compared, cycles per pixel: images are interpolated near 0.5."""


class SearchOptions(Options):
    """What is compared, and over which motions."""

    mask_diameter: Length | None = option(
        None, "Diameter of the soft circular mask; auto finds it from the images.", unit="Å or px"
    )
    low_pass: Length | None = option(
        None, "Finest detail compared; auto is mask diameter / 27.", unit="Å or px"
    )
    high_pass: Length | None = option(
        None, "Coarsest detail compared; auto sets no limit.", unit="Å or px"
    )
    max_shift: Length | None = option(
        None, "Largest shift either way; auto is 8 % of the box.", unit="Å or px"
    )
    mirror: bool = option(True, "Compare with the mirror image too.")


@dataclass(frozen=True)
class Search:
    """The search in pixels.

    Parameters
    ----------
    grid : PolarGrid
    mirror : bool
    facts : dict
        How each number was come by, for the log and the record.
    """

    grid: PolarGrid
    mirror: bool
    facts: dict[str, Any]


def resolve_search(averages: ClassAverages, options: SearchOptions) -> Search:
    """Turn lengths into pixels, and what was left open into numbers.

    Raises
    ------
    OptionError
        If a length is in Å and there is no pixel size, or is out of range for the box.
    """
    size = averages.pixel_size
    largest = averages.box / 2.0
    if options.mask_diameter is not None:
        radius = options.mask_diameter.pixels(size, "mask_diameter") / 2.0
        mask_from = "option"
    else:
        radius = estimate_radius(averages.images, averages.is_empty)
        mask_from = "images"
        if averages.mask_diameter is not None and size is not None:
            given = averages.mask_diameter / size / 2.0
            if given < radius:
                radius, mask_from = given, "classification"
    if radius < 4.0:
        raise _out_of_range("mask_diameter", 2 * radius, "at least 8 px", averages)
    if radius > largest:
        if mask_from == "option" and radius > largest * 1.05:
            raise _out_of_range("mask_diameter", 2 * radius, f"at most {averages.box} px", averages)
        radius = largest

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
    if options.max_shift is not None:
        shift = options.max_shift.pixels(size, "max_shift")
        if not 0.0 <= shift <= largest:
            raise _out_of_range("max_shift", shift, f"0 to {largest:g} px", averages)
    else:
        shift = AUTO_SHIFT_FRACTION * averages.box

    facts: dict[str, Any] = {
        "mask_diameter_px": round(2 * radius, 3),
        "mask_diameter_from": mask_from,
        "low_pass_px": round(1 / high, 3),
        "high_pass_px": round(1 / low, 3) if low else None,
        "max_shift_px": round(shift, 3),
        "mirror": options.mirror,
        "pixel_size_A": size,
    }
    if size is not None:
        facts["mask_diameter_A"] = round(2 * radius * size, 2)
        facts["low_pass_A"] = round(size / high, 2)
        facts["max_shift_A"] = round(shift * size, 2)
    return Search(PolarGrid(radius, low, high, shift), options.mirror, facts)


def _out_of_range(name: str, pixels: float, expected: str, averages: ClassAverages) -> OptionError:
    size = averages.pixel_size
    angstrom = f" ({pixels * size:g} Å at {size:g} Å/px)" if size else ""
    return OptionError(
        f"{name} = {pixels:g} px{angstrom} does not fit images of {averages.box} px.",
        cure=f"Expected {expected}.",
    )
