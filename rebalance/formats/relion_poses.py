"""Alignments and poses of RELION's particles: read from a table, and set in a copy of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rebalance.errors import InputError
from rebalance.formats.star_edit import write_with_columns
from rebalance.formats.star_loop import StarLoop
from rebalance.model import Dataset, DoubleArray, InPlaneAlignment, ParticlePoses, ParticleTable
from rebalance.poses.conventions import angles_of_rotation

ROT, TILT, PSI = "rlnAngleRot", "rlnAngleTilt", "rlnAnglePsi"
ORIGIN_ANGSTROM = ("rlnOriginXAngst", "rlnOriginYAngst")
ORIGIN_PIXELS = ("rlnOriginX", "rlnOriginY")
HALF_SET = "rlnRandomSubset"
"""Which half of the data a particle is in; without it RELION assigns halves anew."""


def read_alignment(dataset: Dataset) -> InPlaneAlignment:
    """psi and origins of a 2D classification.

    Raises
    ------
    InputError
        If a column is not there or holds no numbers, or a pixel size is needed and not known.
    """
    loop = loop_of(dataset)
    origin, size = _origin(dataset, loop)
    psi, x, y = (_numbers(loop, name) for name in (PSI, *origin))
    return InPlaneAlignment(psi, -np.stack([x, y], axis=1) / size)


def write_poses(dataset: Dataset, poses: ParticlePoses, target: Path) -> None:
    """Write a copy of the table, of the rows that have poses, in which these are set."""
    loop = loop_of(dataset)
    origin, size = _origin(dataset, loop)
    values = [*angles_of_rotation(poses.rotation).T, *(-poses.shift.T * size)]
    columns = dict(zip((ROT, TILT, PSI, *origin), values, strict=True))
    with open(target, "wb") as out:
        write_with_columns(loop, out, poses.keep(), columns, without=(HALF_SET,))


def loop_of(dataset: Dataset) -> StarLoop:
    """The table of the particles."""
    assert dataset.particles is not None
    return table_of(dataset.particles)


def table_of(particles: ParticleTable) -> StarLoop:
    """The table behind particles of this format."""
    assert isinstance(particles.handle, StarLoop)
    return particles.handle


def _origin(dataset: Dataset, loop: StarLoop) -> tuple[tuple[str, str], float]:
    """The names of the origins, and how much of their unit a pixel is."""
    if set(ORIGIN_ANGSTROM) <= set(loop.labels):
        averages = dataset.class_averages
        if averages is None or averages.pixel_size is None:
            raise InputError(
                f"{ORIGIN_ANGSTROM[0]} is in Å, but the pixel size is unknown.",
                path=loop.text.path,
                hint="Give it with `pixel_size`.",
            )
        return ORIGIN_ANGSTROM, averages.pixel_size
    if set(ORIGIN_PIXELS) <= set(loop.labels):
        return ORIGIN_PIXELS, 1.0
    raise _missing(loop, ORIGIN_ANGSTROM)


def _numbers(loop: StarLoop, name: str) -> DoubleArray:
    if name not in loop.labels:
        raise _missing(loop, (name,))
    column = loop.read_column(name)
    if column.dtype.kind not in "if":
        raise InputError(
            f"{name} does not contain numbers.",
            path=loop.text.path,
            location=f"data_{loop.block}",
            hint="Give the *_data.star that the 2D classification wrote.",
        )
    return column.astype(np.float64)


def _missing(loop: StarLoop, names: Sequence[str]) -> InputError:
    return InputError(
        f"The particle table has no {' and '.join(names)}, so it is unknown how particles are "
        "aligned to their class averages.",
        path=loop.text.path,
        location=f"data_{loop.block}",
        hint="Give the *_data.star that the 2D classification wrote.",
    )
