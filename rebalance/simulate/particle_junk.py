"""Junk made of particles: broken ones, two that overlap, and aggregates."""

from __future__ import annotations

import numpy as np

from rebalance.model import DoubleArray
from rebalance.simulate.blobs import Blobs
from rebalance.simulate.projection import in_plane, project
from rebalance.simulate.simulation_options import AGGREGATE, BROKEN, OVERLAP
from rebalance.simulate.viewing_directions import around, uniform, view_frames
from rebalance.simulate.volume import Volume

PARTICLE_JUNK = (BROKEN, OVERLAP, AGGREGATE)

_AVERAGED = 12


class ParticleJunk:
    """Makes them for one simulation, in units of the projection; float64 (box, box).

    Parameters
    ----------
    molecule : Blobs or Volume
    box : int
    pixel_size : float
        Å.
    rng : numpy.random.Generator
        Cuts the molecule in two.
    """

    def __init__(
        self, molecule: Blobs | Volume, box: int, pixel_size: float, rng: np.random.Generator
    ) -> None:
        self.molecule, self.box, self.pixel_size = molecule, box, pixel_size
        self.parts = halves(molecule, rng)

    def picture(self, kind: str, rng: np.random.Generator) -> DoubleArray:
        """A picture of one of `PARTICLE_JUNK`."""
        if kind == BROKEN:
            part = self.parts[int(rng.integers(2))]
            return self._average(part, rng.normal(0, 0.06, 2), rng.lognormal(np.log(12), 0.6), rng)
        if kind == OVERLAP:
            return self._overlap(rng)
        return self._aggregate(rng)

    def _overlap(self, rng: np.random.Generator) -> DoubleArray:
        """Two, one of which the classification aligned on."""
        angle, apart = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 0.6)
        step = apart * np.array([np.cos(angle), np.sin(angle)])
        near = rng.uniform(0.1, 0.5)
        sharp, soft = rng.lognormal(np.log(14), 0.4), rng.lognormal(np.log(20), 0.4)
        one = self._average(self.molecule, -near * step, sharp, rng)
        return one + rng.uniform(0.5, 1) * self._average(
            self.molecule, (1 - near) * step, soft, rng
        )

    def _aggregate(self, rng: np.random.Generator) -> DoubleArray:
        """Several in a heap, none of them aligned."""
        picture = np.zeros((self.box, self.box))
        for _ in range(int(rng.integers(3, 8))):
            place = rng.normal(0, 0.32, 2)
            blur = rng.uniform(15, 40)
            picture += rng.uniform(0.4, 1.1) * self._average(self.molecule, place, blur, rng)
        return picture

    def _average(
        self,
        molecule: Blobs | Volume,
        place: DoubleArray,
        degrees: float,
        rng: np.random.Generator,
    ) -> DoubleArray:
        """The mean of projections about one view, at a place in diameters of the molecule."""
        box, diameter = self.box, self.molecule.diameter / self.pixel_size
        degrees = min(degrees, 60.0)
        view = np.repeat(uniform(1, rng), _AVERAGED, axis=0)
        turn = in_plane(rng.uniform(-180, 180) + rng.normal(0, degrees / 2, _AVERAGED))
        scatter = rng.normal(0, 0.0012 * degrees * diameter, (_AVERAGED, 2))
        frames = turn @ view_frames(around(view, degrees, rng))
        # In a box twice as wide nothing that leaves the image comes in at the other side.
        wide = project(
            molecule, frames, 2 * box, self.pixel_size, shifts=place * diameter + scatter
        )
        middle = slice(box - box // 2, box - box // 2 + box)
        return wide[:, middle, middle].mean(axis=0, dtype=np.float64)


def halves(
    molecule: Blobs | Volume, rng: np.random.Generator
) -> tuple[Blobs | Volume, Blobs | Volume]:
    """The two parts of a molecule on both sides of a plane near its middle, each centered."""
    normal = uniform(1, rng)[0]
    offset = rng.uniform(-0.05, 0.1) * molecule.diameter
    if isinstance(molecule, Blobs):
        above = molecule.centre @ normal > offset
        if not 0 < above.sum() < len(molecule):
            return molecule, molecule
        one, two = (_some_blobs(molecule, side) for side in (above, ~above))
        return one, two
    side = len(molecule.density)
    axis = (np.arange(side) - side // 2) * molecule.voxel_size
    height = axis[:, None, None] * normal[2] + axis[:, None] * normal[1] + axis * normal[0] - offset
    # A cut finer than a voxel would ring.
    part = 0.5 + 0.5 * np.tanh(height / (1.5 * molecule.voxel_size))
    return _part_of_volume(molecule, part), _part_of_volume(molecule, 1 - part)


def _some_blobs(molecule: Blobs, side: np.ndarray) -> Blobs:
    mass = molecule.mass[side]
    middle = mass @ molecule.centre[side] / mass.sum()
    return Blobs(molecule.centre[side] - middle, molecule.sigma[side], mass)


def _part_of_volume(molecule: Volume, part: DoubleArray) -> Volume:
    from scipy import ndimage

    density = molecule.density * part
    centre = np.array(ndimage.center_of_mass(np.maximum(density, 0)))
    moved = ndimage.shift(density, len(density) // 2 - centre, order=1)
    return Volume(moved.astype(np.float32), molecule.voxel_size, molecule.diameter)
