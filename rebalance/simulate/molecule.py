"""What is simulated: the phantom, a density map or an atomic model, with its point group."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.errors import InputError, OptionError
from rebalance.model import DoubleArray
from rebalance.point_groups import operations_of, parse_symmetry
from rebalance.simulate import atoms, map_file, symmetry_axes
from rebalance.simulate.blobs import Blobs
from rebalance.simulate.phantom import phantom
from rebalance.simulate.simulation_options import SimulationOptions, parse_simulation
from rebalance.simulate.volume import Volume, volume_of

PHANTOM, MAP, MODEL = "phantom", "map", "model"

_PHANTOM_PIXEL = 4.0
_THINNEST = 0.75
"""Pixels; the grid's band limit would cut off narrower Gaussians."""

_ROOM = 1.35
_RESOLUTION_IN_PIXELS = 2.5


@dataclass(frozen=True, eq=False)
class Molecule:
    """A density to project, and what is known of it.

    Parameters
    ----------
    density : Blobs or Volume
    pixel_size : float
        Å; of the images that it suits.
    symmetry : str
        Point group.
    operators : float64 (G, 3, 3)
        Rotations under which the density is itself; the identity first.
    kind : {"phantom", "map", "model"}
    name : str, optional
        File name without folder.
    sha256 : str, optional
        Of the file.
    """

    density: Blobs | Volume
    pixel_size: float
    symmetry: str
    operators: DoubleArray
    kind: str
    name: str | None = None
    sha256: str | None = None

    @property
    def diameter(self) -> float:
        """Å; of the sphere about the origin that holds the molecule."""
        return self.density.diameter


def load_molecule(options: SimulationOptions | Mapping[str, Any] | None = None) -> Molecule:
    """Load what the options name, once for many simulations.

    Parameters
    ----------
    options : SimulationOptions or mapping, optional
        ``source``, ``symmetry``, ``symmetrise``, ``resolution``, ``assembly``, ``box`` and
        ``pixel_size`` matter here.

    Raises
    ------
    InputError
        If the file is not there, or neither a map nor an atomic model.
    OptionError
        If the density has not the symmetry asked for, or doesn't fit in the box.
    """
    options = parse_simulation(options)
    symmetry = parse_symmetry(options.symmetry)
    if options.source is None:
        return _phantom(options, symmetry)
    path = Path(options.source)
    if not path.is_file():
        raise InputError(
            "This file does not exist." if not path.exists() else "This is a folder.",
            path=path,
            hint="Give a density map (.mrc, .map) or an atomic model (.pdb, .cif).",
        )
    suffix = path.with_suffix("").suffix if path.suffix.lower() == ".gz" else path.suffix
    if suffix.lower() in atoms.SUFFIXES:
        return _from_model(path, options, symmetry)
    if suffix.lower() in map_file.SUFFIXES:
        return _from_map(path, options, symmetry)
    raise InputError(
        f"{suffix or 'A file without extension'} is neither a density map "
        f"({', '.join(map_file.SUFFIXES)}) nor an atomic model ({', '.join(atoms.SUFFIXES)}).",
        path=path,
        hint="Give one of these, plain or gzipped.",
    )


def _phantom(options: SimulationOptions, symmetry: str) -> Molecule:
    blobs, group = phantom(), operations_of(symmetry)
    pixel_size = options.pixel_size or _PHANTOM_PIXEL
    if len(group) == 1:
        return Molecule(blobs, pixel_size, symmetry, group, PHANTOM)
    symmetric = symmetric_phantom(group, _THINNEST * pixel_size)
    _check_fit(symmetric.diameter, options.box, pixel_size)
    return Molecule(volume_of(symmetric, pixel_size), pixel_size, symmetry, group, PHANTOM)


def symmetric_phantom(group: DoubleArray, thinnest: float) -> Blobs:
    """The phantom under a point group (G, 3, 3), no Gaussian thinner than so many Å.

    Its copies share one center under few rotations. Under those of T, O and I nothing would be
    left of them but a ball; there smaller ones stand side by side on a shell of the same size.
    """
    one = phantom()
    centre, sigma = one.centre, one.sigma
    if len(set(np.abs(group[:, 2, 2]).round(6))) > 1:
        size = 1.3 / np.sqrt(len(group))
        outwards = np.array([0.35, 0.2, 0.92])
        centre = size * centre + (1 - size) * one.diameter / 2 * outwards
        sigma = np.maximum(size * sigma, thinnest)
    return Blobs(
        np.concatenate([centre @ turn.T for turn in group]),
        np.tile(sigma, len(group)),
        np.tile(one.mass / len(group), len(group)),
    )


def _from_model(path: Path, options: SimulationOptions, symmetry: str) -> Molecule:
    model = atoms.read_atoms(path, options.assembly)
    turn = symmetry_axes.turn_onto_axes(model, symmetry)
    group = operations_of(symmetry)
    extent = atoms.density_of(model, 1.0).diameter
    pixel_size = options.pixel_size or _fitting_pixel(extent, options.box)
    _check_fit(extent, options.box, pixel_size)
    resolution = options.resolution or _RESOLUTION_IN_PIXELS * pixel_size
    blobs = atoms.density_of(model, resolution, turn=turn)
    volume = volume_of(blobs, pixel_size)
    if len(group) > 1:
        volume, group = _symmetric(volume, group, symmetry, options.symmetrise, path)
    return Molecule(volume, pixel_size, symmetry, group, MODEL, path.name, _sha256(path))


def _from_map(path: Path, options: SimulationOptions, symmetry: str) -> Molecule:
    if options.assembly is not None or options.resolution is not None:
        name = "assembly" if options.assembly is not None else "resolution"
        raise OptionError(f"{name} is for atomic models, but {path.name} is a map.")
    whole = map_file.read_map(path)
    pixel_size = options.pixel_size or max(
        _fitting_pixel(whole.diameter, options.box), whole.voxel_size
    )
    _check_fit(whole.diameter, options.box, pixel_size)
    volume = map_file.resampled(whole, pixel_size)
    group = operations_of(symmetry)
    if len(group) > 1:
        group = symmetry_axes.operators_of_map(volume, symmetry)
        volume, group = _symmetric(volume, group, symmetry, options.symmetrise, path)
    return Molecule(volume, pixel_size, symmetry, group, MAP, path.name, _sha256(path))


def _symmetric(
    volume: Volume, group: DoubleArray, symmetry: str, symmetrise: bool, path: Path
) -> tuple[Volume, DoubleArray]:
    correlation = symmetry_axes.symmetry_correlation(volume, group)
    if correlation >= symmetry_axes.SYMMETRIC:
        return volume, group
    if symmetrise:
        return symmetry_axes.symmetrised(volume, group), group
    raise OptionError(
        f"symmetry = {symmetry}: projections of {path.name} related by {symmetry} only correlate "
        f"by {correlation:.2f}, and at least {symmetry_axes.SYMMETRIC} was expected.",
        hint="Check the group. For a map, turn its axes onto the standard ones "
        "(relion_align_symmetry). For a model of one part of the complex, build the assembly "
        '(`assembly="1"`). Or average the density over the group (`symmetrise=True`).',
    )


def _fitting_pixel(diameter: float, box: int) -> float:
    return math.ceil(10 * _ROOM * diameter / box) / 10


def _check_fit(diameter: float, box: int, pixel_size: float) -> None:
    if diameter <= box * pixel_size:
        return
    least = 2 * math.ceil(_ROOM * diameter / pixel_size / 2)
    raise OptionError(
        f"The molecule is {diameter:.0f} Å across, but the box only {box} × {pixel_size:g} Å = "
        f"{box * pixel_size:.0f} Å.",
        hint=f"Use box = {least} or pixel_size = {_fitting_pixel(diameter, box):g} Å, or leave "
        "pixel_size out to have it chosen.",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
