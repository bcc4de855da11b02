"""Whether an image shows an object in its middle, not a film, a shade, a hole or noise.

A classification compares particles whose noise has one strength and whose background is at one
level. So averages of one molecule have about the same contrast, whatever their view, the same level
beside the object, and structure however many particles there are. A film or a crystal has far more
contrast; in an average of noise it falls with the number of particles. Each picture is held against
what most of them have, and what it has too much or too little of gives points. No kind gives a
whole one: from one point on, two things at least speak against an object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rebalance.imaging.masks import radius_of_pixels, soft_disc
from rebalance.model import BoolArray, DoubleArray, FloatArray, IntArray

FEWEST = 10
"""Averages below which none is judged: what most have is not known then."""
ENOUGH = 1.0
"""Points from which a picture shows no object."""
FEW, ENOUGH_OF_FEW = 30, 1.25
"""The same where so few averages tell less well what most have."""
POINTS: Mapping[str, tuple[float, float]] = {
    "strong": (0.7, 1.3),
    "bright": (0.3, 1.8),
    "flat": (1.2, 0.8),
    "dim": (1.05, 0.9),
    "level": (0.65, 1.4),
}
"""Points for each unit of a deviation, and where it is cut off (`benchmarks.junk_points`)."""
_FEW_NOISE = 8.0
"""Particles whose noise, averaged, has at most the power of a view."""
_MANY, _UNKNOWN = 40.0, 5
"""Particles from which the lack of something counts for more than half; and how many an average is
taken to have whose number is not known: with few, it is judged with the most caution."""
_NEAREST = 20
"""Averages of about as many particles, with which one that lacks something is compared."""
_OF_FEW = 0.45
"""What a dim middle counts where particles are few."""
_SAME_LEVEL, _LEVEL_NOISE = 0.15, 0.3
"""Deviation of a level that counts nothing; and what noise of few particles makes of one."""
_WIDEST, _WIDTHS = 0.4, 2.0
"""Width of the densest half of levels, in the standard deviation that most pictures have, beyond
which levels tell little, as of a program that leaves each picture at one of its own; and so many
times what it is wider a level may be off."""
_CLIPPED = 2.5
"""Robust standard deviations from the median beyond which a pixel counts no more."""
_BANDS = ((1.5, 3.0), (3.0, 5.0), (5.0, 8.0))
"""Cycles per mask diameter between which objects have their structure."""


@dataclass(frozen=True, eq=False)
class PictureMeasures:
    """What is measured of each of n pictures, inside the mask.

    Parameters
    ----------
    contrast : float64 (n,)
        Decimal logarithm of the variance.
    structure : float64 (n,)
        Mean decimal logarithm of the power density in three bands, of 1.5, 3, 5 and 8 cycles per
        mask diameter.
    middle : float64 (n,)
        Mean inside half the radius − mean outside three quarters, in standard deviations. Pixels
        farther than 2.5 robust ones from the median are clipped, so that a bright neighbour takes
        nothing from it (Huber 1964, doi:10.1214/aoms/1177703732). Of all pictures the sign is
        turned where most are dark on bright.
    level : float64 (n,)
        Median outside three quarters of the radius, in the units of the images.
    """

    contrast: DoubleArray
    structure: DoubleArray
    middle: DoubleArray
    level: DoubleArray


def measure_pictures(images: FloatArray, radius: float) -> PictureMeasures:
    """What is measured of pictures.

    Parameters
    ----------
    images : float32 (n, L, L)
    radius : float
        Of the mask, pixels.
    """
    box = images.shape[1]
    mask = soft_disc(box, radius)
    values = images - ((images * mask).sum(axis=(1, 2)) / mask.sum())[:, None, None]
    values *= mask
    contrast = _log((values.astype(np.float64) ** 2).sum(axis=(1, 2)) / (mask**2).sum())
    power = np.abs(np.fft.rfft2(values)) ** 2
    frequency = np.hypot(np.fft.fftfreq(box)[:, None], np.fft.rfftfreq(box)) * 2 * radius
    bands = [(frequency >= low) & (frequency < high) for low, high in _BANDS]
    structure = np.mean([_log(power[:, band].mean(axis=1)) for band in bands if band.any()], axis=0)
    distance = radius_of_pixels(box) / radius
    inside = images[:, distance <= 1].astype(np.float64)
    r = distance[distance <= 1]
    rim = r > 0.75
    sign = _sign(inside)
    median = np.median(inside, axis=1, keepdims=True)
    most = _CLIPPED * 1.4826 * np.median(np.abs(inside - median), axis=1, keepdims=True)
    clipped = np.clip(inside, median - most, median + most)
    middle = clipped[:, r < 0.5].mean(axis=1) - clipped[:, rim].mean(axis=1)
    middle *= sign / (clipped.std(axis=1) + 1e-12)
    return PictureMeasures(
        contrast, structure, middle, np.median(inside[:, rim & (r < 0.95)], axis=1)
    )


def _sign(inside: DoubleArray) -> float:
    """−1 where most pictures are dark on bright."""
    values = inside - inside.mean(axis=1, keepdims=True)
    skewness = (values * values * values).mean(axis=1) / (values.std(axis=1) + 1e-12) ** 3
    return -1.0 if len(inside) and np.clip(skewness, -2, 2).mean() < 0 else 1.0


def deviations(found: PictureMeasures, n_particles: IntArray | None) -> dict[str, DoubleArray]:
    """How far pictures are from what most have: float64 (n,), 0 or more, by the names of `POINTS`.

    Parameters
    ----------
    found : PictureMeasures
    n_particles : int64 (n,), optional
        The noise of few particles is no contrast, and hides structure. Without them every average
        is taken for one of five.

    Returns
    -------
    dict
        ``strong``: decades of variance above most, beyond the noise of as many particles.
        ``bright``: how far the middle stands out above the rim, more than in most, in the standard
        deviation that most have; x as ln(1 + x).
        ``flat``: decades of structure below most, and below most of about as many particles; of few
        particles it counts less.
        ``dim``: how much less the middle stands out than in most, and in most of about as many
        particles, in standard deviations; of few particles it counts less.
        ``level``: distance of the level at the rim from that of most, in the standard deviation
        that most have, less what noise of as many particles makes of it; x as ln(1 + x).

    Notes
    -----
    What most have is the median of the densest half (`densest`).
    """
    if n_particles is None:
        n_particles = np.full(len(found.contrast), _UNKNOWN)
    n = np.maximum(n_particles, 1)
    many = n / (n + _MANY)
    noise = 1 + _FEW_NOISE / n
    usual = densest(found.contrast)
    height = found.middle * 10 ** ((found.contrast - usual) / 2)
    levels = found.level / 10 ** (usual / 2)
    any_level = _WIDTHS * max(width_of_densest(levels) - _WIDEST, 0.0)
    level = np.abs(levels - densest(levels)) - any_level
    level = np.maximum(level - _LEVEL_NOISE * (np.sqrt(noise) - 1), 0)
    return {
        "strong": np.maximum(found.contrast - usual - np.log10(noise), 0),
        "bright": np.log1p(np.maximum(height - densest(height), 0)),
        "flat": _lacking(found.structure, n) * many,
        "dim": _lacking(found.middle, n) * (_OF_FEW + (1 - _OF_FEW) * many),
        "level": np.maximum(np.log1p(level) - _SAME_LEVEL, 0),
    }


def _lacking(values: DoubleArray, n_particles: IntArray) -> DoubleArray:
    """How far each is below most, and below most of those of about as many particles."""
    order = np.argsort(n_particles, kind="stable")
    ranked, most = values[order], densest(values)
    lacking = np.empty(len(values))
    for rank, row in enumerate(order):
        first = max(0, min(rank - _NEAREST // 2, len(ranked) - _NEAREST))
        alike = densest(ranked[first : first + _NEAREST])
        lacking[row] = max(min(most, alike) - values[row], 0)
    return lacking


def densest(values: DoubleArray) -> float:
    """Median of the densest half, float64 (n,); 0 of none.

    Junk of many kinds does not move it, even where most averages are junk (the shorth, Andrews et
    al. 1972, Robust Estimates of Location).
    """
    return float(np.median(_densest_half(values))) if len(values) else 0.0


def width_of_densest(values: DoubleArray) -> float:
    """How far apart the ends of the densest half are, float64 (n,); 0 of none."""
    return float(np.ptp(_densest_half(values))) if len(values) else 0.0


def _densest_half(values: DoubleArray) -> DoubleArray:
    order = np.sort(values)
    half = (len(order) + 1) // 2
    start = int((order[half - 1 :] - order[: len(order) - half + 1]).argmin())
    return order[start : start + half]


def points(found: Mapping[str, DoubleArray]) -> dict[str, DoubleArray]:
    """Points that each of the `deviations` gives, float64 (n,)."""
    return {name: each * np.minimum(found[name], most) for name, (each, most) in POINTS.items()}


def are_enough(total: DoubleArray) -> BoolArray:
    """bool (n,): which sums of points, float64 (n,), of n pictures say that they show no object."""
    if len(total) < FEWEST:
        return np.zeros(len(total), dtype=np.bool_)
    return np.asarray(total >= (ENOUGH_OF_FEW if len(total) < FEW else ENOUGH))


def _log(values: DoubleArray) -> DoubleArray:
    return np.asarray(np.log10(np.maximum(values, 1e-12)))
