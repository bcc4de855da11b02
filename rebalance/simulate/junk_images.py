"""What averages show that is no view, by kind; and what stands beside a view.

Contrasts are in units of the standard deviation of the molecule's own picture inside the mask, so
that junk looks as strong beside real averages as it does in a micrograph.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from rebalance.model import DoubleArray
from rebalance.simulate.blobs import Blobs
from rebalance.simulate.field_junk import FIELD_JUNK, field_picture, haze
from rebalance.simulate.particle_junk import PARTICLE_JUNK, ParticleJunk
from rebalance.simulate.projection import in_plane, project
from rebalance.simulate.simulation_options import (
    DOUBLE,
    EDGE,
    FILM,
    HALO,
    HOLE,
    ICE,
    RINGS,
    SHADE,
    STREAK,
)
from rebalance.simulate.viewing_directions import around, uniform, view_frames
from rebalance.simulate.volume import Volume

_EDGE_CONTRAST = 2.0
_ICE_CONTRAST = 3.0
_FIELD_CONTRAST, _HAZE_CONTRAST, _MOST_HAZE = 3.5, 0.4, 0.8
NO_PARTICLES = (SHADE, STREAK, RINGS, HALO, HOLE, FILM, EDGE, ICE)
"""Kinds not made of particles, so without the modulation by a CTF that those have."""
_VIEWS_BLURRED = 8
_BLUR = 25.0
"""Angle in degrees between views that a classification aligns on something else."""


class JunkImages:
    """Makes the noise-free pictures of junk classes, and haze.

    Parameters
    ----------
    molecule : Blobs or Volume
    box : int
    pixel_size : float
        Å.
    contrast : float
        Standard deviation of the molecule's own picture inside the mask.
    seed : int
        Of the simulation.
    """

    def __init__(
        self,
        molecule: Blobs | Volume,
        box: int,
        pixel_size: float,
        contrast: float,
        seed: int,
    ) -> None:
        self.molecule, self.box, self.pixel_size = molecule, box, pixel_size
        self.contrast, self.seed = contrast, seed
        self.diameter = molecule.diameter / pixel_size

    @cached_property
    def _of_particles(self) -> ParticleJunk:
        rng = np.random.default_rng([self.seed, 13])
        return ParticleJunk(self.molecule, self.box, self.pixel_size, rng)

    def picture(self, kind: str, rng: np.random.Generator) -> DoubleArray:
        """The picture of a junk class.

        Returns
        -------
        float64 (box, box)
            In the units of the projection; zero for kinds that show nothing of their own.
        """
        box, diameter = self.box, self.diameter
        if kind == EDGE:
            return self.contrast * _EDGE_CONTRAST * _edge(box, diameter, rng)
        if kind == ICE:
            return self.contrast * _ICE_CONTRAST * _ice(box, diameter, rng)
        if kind == DOUBLE:
            angle = rng.uniform(0, 2 * np.pi)
            step = 0.33 * diameter * np.array([np.cos(angle), np.sin(angle)])
            one = blurred_molecule(self.molecule, step, box, self.pixel_size, rng)
            return one + blurred_molecule(self.molecule, -step, box, self.pixel_size, rng)
        if kind in PARTICLE_JUNK:
            return self._of_particles.picture(kind, rng)
        if kind in FIELD_JUNK:
            strength = rng.lognormal(np.log(_FIELD_CONTRAST), 0.6)
            return self.contrast * strength * field_picture(kind, box, diameter, rng)
        return np.zeros((box, box))

    def haze(self, number: int) -> DoubleArray:
        """What is next to the view of an average, by its number."""
        rng = np.random.default_rng([self.seed, 14, number])
        # A view under more haze than that would be junk.
        strength = min(rng.lognormal(np.log(_HAZE_CONTRAST), 0.9), _MOST_HAZE)
        return self.contrast * strength * haze(self.box, self.diameter, rng)


def neighbours(
    n: int,
    molecule: Blobs | Volume,
    box: int,
    pixel_size: float,
    nearest: float,
    rng: np.random.Generator,
) -> DoubleArray:
    """Other particles about the one in the middle, blurred as nothing aligns them; (box, box)."""
    picture = np.zeros((box, box))
    angle = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(n) / n + rng.normal(0, 0.3, n)
    for direction in angle:
        distance = rng.uniform(nearest, 0.85) * molecule.diameter / pixel_size
        step = distance * np.array([np.cos(direction), np.sin(direction)])
        picture += rng.uniform(0.4, 0.9) * blurred_molecule(molecule, step, box, pixel_size, rng)
    return picture


def blurred_molecule(
    molecule: Blobs | Volume,
    place: DoubleArray,
    box: int,
    pixel_size: float,
    rng: np.random.Generator,
) -> DoubleArray:
    """The mean of some projections whose views and places scatter; float64 (box, box)."""
    direction = around(np.repeat(uniform(1, rng), _VIEWS_BLURRED, axis=0), _BLUR / np.sqrt(2), rng)
    turn = in_plane(rng.uniform(-180, 180) + rng.normal(0, _BLUR / 2, _VIEWS_BLURRED))
    scatter = 0.03 * molecule.diameter / pixel_size
    places = place + rng.normal(0, scatter, (_VIEWS_BLURRED, 2))
    # In a box twice as wide nothing that leaves the image comes in at the other side.
    wide = project(molecule, turn @ view_frames(direction), 2 * box, pixel_size, shifts=places)
    middle = slice(box - box // 2, box - box // 2 + box)
    return wide[:, middle, middle].mean(axis=0, dtype=np.float64)


def _edge(box: int, diameter: float, rng: np.random.Generator) -> DoubleArray:
    """A film that ends in a gently bent line, darker rim and grain on its side."""
    x, y = _grid(box)
    angle = rng.uniform(0, 2 * np.pi)
    along, across = x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)
    bend = along**2 / (rng.choice([-1, 1]) * rng.uniform(2, 6) * diameter)
    inside = (across - bend - rng.uniform(-0.2, 0.2) * diameter) / (0.04 * diameter)
    film = 0.5 + 0.5 * np.tanh(inside)
    rim = np.exp(-0.5 * (inside / 1.5) ** 2)
    grain = _smooth(rng.standard_normal((box, box)), 0.03 * diameter)
    return _standard(film + 0.8 * rim + 0.15 * film * grain)


def _ice(box: int, diameter: float, rng: np.random.Generator) -> DoubleArray:
    """Some compact lumps of unequal size, one of them near the middle."""
    x, y = _grid(box)
    picture = np.zeros((box, box))
    for number in range(int(rng.integers(1, 4))):
        away = 0.05 if number == 0 else 0.3
        cx, cy = rng.normal(0, away * diameter, 2)
        wide, narrow = rng.uniform(0.08, 0.22, 2) * diameter
        angle = rng.uniform(0, np.pi)
        u = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
        v = -(x - cx) * np.sin(angle) + (y - cy) * np.cos(angle)
        # Flat with a sharp brim: crystals are not Gaussian.
        brim = np.sqrt((u / wide) ** 2 + (v / narrow) ** 2)
        picture += rng.uniform(0.6, 1.2) / (1 + np.exp((brim - 1) * 8))
    return _standard(picture)


def _grid(box: int) -> tuple[DoubleArray, DoubleArray]:
    axis = np.arange(box, dtype=np.float64) - box // 2
    x, y = np.meshgrid(axis, axis)
    return x, y


def _smooth(image: DoubleArray, sigma: float) -> DoubleArray:
    from scipy import ndimage

    return _standard(ndimage.gaussian_filter(image, sigma, mode="wrap"))


def _standard(image: DoubleArray) -> DoubleArray:
    return (image - image.mean()) / image.std()
