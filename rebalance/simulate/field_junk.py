"""Junk without a particle: shade, streaks, rings, halos, blobs, holes, film; and haze beside views.

What a micrograph has between its particles, as it looks once it is aligned and averaged. Each
picture has mean 0 and standard deviation 1 over the image; lengths are fractions of the diameter.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rebalance.model import DoubleArray
from rebalance.simulate.simulation_options import (
    BLOB,
    CONTAMINANT,
    FILM,
    HALO,
    HOLE,
    RINGS,
    SHADE,
    STREAK,
)


class Field:
    """Pixels about the middle of an image, in diameters of the molecule.

    Parameters
    ----------
    box : int
    diameter : float
        Pixels.
    rng : numpy.random.Generator
    """

    def __init__(self, box: int, diameter: float, rng: np.random.Generator) -> None:
        axis = (np.arange(box, dtype=np.float64) - box // 2) / diameter
        self.x, self.y = np.meshgrid(axis, axis)
        self.radius = np.hypot(self.x, self.y)
        self.diameter = diameter
        self.rng = rng

    def turned(self, angle: float) -> tuple[DoubleArray, DoubleArray]:
        return (
            self.x * np.cos(angle) + self.y * np.sin(angle),
            self.y * np.cos(angle) - self.x * np.sin(angle),
        )

    def grain(self, coarse: float) -> DoubleArray:
        """Smooth noise of a width, standard deviation 1."""
        from scipy import ndimage

        noise = self.rng.standard_normal(self.x.shape)
        smooth = ndimage.gaussian_filter(noise, coarse * self.diameter, mode="wrap")
        return (smooth - smooth.mean()) / smooth.std()

    def lump(
        self, x: float, y: float, wide: float, sharp: float = 4.0, rough: float = 0.1
    ) -> DoubleArray:
        """A flat-topped spot of height 1, steeper the sharper, its outline as rough as asked."""
        angle, stretch = self.rng.uniform(0, np.pi), self.rng.uniform(1.0, 1.4)
        u, v = self.x - x, self.y - y
        along = u * np.cos(angle) + v * np.sin(angle)
        across = v * np.cos(angle) - u * np.sin(angle)
        brim = np.sqrt((along / stretch) ** 2 + (across * stretch) ** 2) / wide
        brim += rough * self.grain(0.4 * wide)
        return np.asarray(1 / (1 + np.exp((brim - 1) * sharp)))


def field_picture(kind: str, box: int, diameter: float, rng: np.random.Generator) -> DoubleArray:
    """What a kind of junk shows; float64 (box, box), mean 0, standard deviation 1.

    Parameters
    ----------
    kind : str
        ``shade``, ``streak``, ``rings``, ``halo``, ``blob``, ``hole``, ``film``, ``contaminant``.
    box : int
    diameter : float
        Of the molecule, pixels.
    rng : numpy.random.Generator
    """
    field = Field(box, diameter, rng)
    return _standard(_PICTURES[kind](field))


def haze(box: int, diameter: float, rng: np.random.Generator) -> DoubleArray:
    """Background beside a view: shade, a lump at the rim, or film; standard deviation 1."""
    field = Field(box, diameter, rng)
    which = rng.choice(3, p=[0.4, 0.4, 0.2])
    return _standard((shade, rim_lump, film)[which](field))


def shade(field: Field) -> DoubleArray:
    """Light that falls off: what is left of thick ice, as a saddle, a slope or a bowl."""
    rng = field.rng
    # Most lie along the axes, as orientations are tried from 0 on.
    angle = rng.choice([0.0, np.pi / 2, rng.uniform(0, np.pi)], p=[0.3, 0.3, 0.4])
    u, v = field.turned(angle)
    power = rng.choice([2, 4])
    saddle = np.abs(u) ** power - rng.uniform(0, 1) * np.abs(v) ** power
    slope, bowl = rng.normal(0, 0.15, 2)
    return rng.choice([-1, 1]) * saddle + slope * u + bowl * field.radius**2


def rim_lump(field: Field) -> DoubleArray:
    """A bright neighbor that the mask cuts through."""
    rng = field.rng
    angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(0.48, 0.62)
    return field.lump(away * np.cos(angle), away * np.sin(angle), rng.uniform(0.08, 0.18))


def streak(field: Field) -> DoubleArray:
    """Bright and dark bands side by side: cracks, edges, fibres."""
    rng = field.rng
    u, v = field.turned(rng.uniform(0, np.pi))
    picture = np.zeros_like(u)
    place = rng.normal(0, 0.15)
    for _ in range(rng.integers(1, 4)):
        wide = rng.uniform(0.04, 0.16)
        height = rng.choice([-1.0, 1.0], p=[0.4, 0.6]) * rng.uniform(0.5, 1.2)
        bend = rng.normal(0, 0.15) * u**2
        along = 1 + 0.4 * np.sin(rng.uniform(1, 4) * u + rng.uniform(0, 6))
        picture += height * along * np.exp(-0.5 * ((v - place - bend) / wide) ** 2)
        place += rng.choice([-1, 1]) * rng.uniform(1.2, 2.5) * wide
    return picture + 0.15 * field.grain(0.06)


def rings(field: Field) -> DoubleArray:
    """Rings about the middle, which noise turns into when it is averaged in all orientations."""
    rng = field.rng
    wave = rng.uniform(0.1, 0.22)
    fall = np.exp(-field.radius / rng.uniform(0.3, 0.8))
    ringing = np.cos(2 * np.pi * field.radius / wave + rng.uniform(0, 2 * np.pi))
    return ringing * fall + 0.1 * field.grain(0.05)


def halo(field: Field) -> DoubleArray:
    """Bright towards the rim of the mask on one side or all around, dark within."""
    rng = field.rng
    u, _ = field.turned(rng.uniform(0, 2 * np.pi))
    angle = u / np.maximum(field.radius, 1e-6)
    wide, away = rng.uniform(0.06, 0.15), rng.uniform(0.4, 0.52)
    rim = np.exp(-0.5 * ((field.radius - away) / wide) ** 2)
    one_sided = rng.uniform(0, 1)
    inside = rng.normal(0, 0.3) * np.exp(-0.5 * (field.radius / 0.25) ** 2)
    return rim * (1 + one_sided * angle) + inside + 0.25 * field.grain(0.06)


def blob(field: Field) -> DoubleArray:
    """A soft spot with nothing in it that could be told apart; often one more at the rim."""
    rng = field.rng
    x, y = rng.normal(0, 0.06, 2)
    wide = rng.uniform(0.14, 0.34)
    spot = field.lump(x, y, wide, rng.uniform(3, 9), rough=0.25)
    spot *= 1 + rng.uniform(0.1, 0.4) * field.grain(rng.uniform(0.04, 0.1))
    dark = np.exp(-0.5 * ((field.radius - 1.3 * wide) / (0.4 * wide)) ** 2)
    picture = spot - rng.uniform(0, 0.25) * dark
    if rng.random() < 0.45:
        picture += rng.uniform(0.5, 1.5) * rim_lump(field)
    return picture


def hole(field: Field) -> DoubleArray:
    """Dark with a bright brim: a hole, or a bubble of radiation."""
    rng = field.rng
    x, y = rng.normal(0, 0.12, 2)
    wide = rng.uniform(0.12, 0.35)
    away = np.hypot(field.x - x, field.y - y)
    brim = np.exp(-0.5 * ((away - wide) / (0.25 * wide)) ** 2)
    return rng.uniform(0.2, 0.8) * brim - field.lump(x, y, wide, 6) + 0.15 * field.grain(0.05)


def film(field: Field) -> DoubleArray:
    """The soft edge of a film with texture, fainter outside."""
    rng = field.rng
    u, v = field.turned(rng.uniform(0, 2 * np.pi))
    bend = rng.normal(0, 0.4) * u**2
    wide = rng.uniform(0.04, 0.25)
    inside = 0.5 + 0.5 * np.tanh((v - bend - rng.normal(0, 0.15)) / wide)
    texture = field.grain(rng.uniform(0.025, 0.08))
    rim = np.exp(-0.5 * ((v - bend) / wide) ** 2)
    return inside * (1 + rng.uniform(0.1, 0.6) * texture) + rng.normal(0, 0.5) * rim


def contaminant(field: Field) -> DoubleArray:
    """A shell, as of ferritin, or a globule; often beside a bright lump."""
    rng = field.rng
    x, y = rng.normal(0, 0.05, 2)
    away = np.hypot(field.x - x, field.y - y)
    wide = rng.uniform(0.14, 0.3)
    if rng.random() < 0.5:
        thick = rng.uniform(0.18, 0.4) * wide
        outer = np.sqrt(np.maximum(wide**2 - away**2, 0))
        inner = np.sqrt(np.maximum((wide - thick) ** 2 - away**2, 0))
        picture = (outer - inner) / wide
    else:
        picture = field.lump(x, y, wide, 10) * (1 + 0.3 * field.grain(0.04))
    if rng.random() < 0.4:
        picture = picture + rng.uniform(0.5, 1.5) * rim_lump(field)
    return picture


_PICTURES: dict[str, Callable[[Field], DoubleArray]] = {
    SHADE: shade,
    STREAK: streak,
    RINGS: rings,
    HALO: halo,
    BLOB: blob,
    HOLE: hole,
    FILM: film,
    CONTAMINANT: contaminant,
}

FIELD_JUNK = tuple(_PICTURES)


def _standard(picture: DoubleArray) -> DoubleArray:
    return (picture - picture.mean()) / picture.std()
