"""Particles of a RELION job: their table, and what it says of pixel size and box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance.errors import InputError
from rebalance.formats.pixel_size import Stated
from rebalance.formats.relion_job import RelionJob, loop_of, particle_block
from rebalance.formats.star_file import StarBlock, StarFile
from rebalance.formats.star_loop import StarLoop
from rebalance.model import IntArray, ParticleTable

CLASS_COLUMN = "rlnClassNumber"


@dataclass(frozen=True)
class Optics:
    """What a particle table says of its images.

    Parameters
    ----------
    source : str
        Who says so.
    pixel_sizes : tuple of float
        Å, of each optics group that has one of its own.
    boxes : tuple of int
        Pixels, likewise.
    """

    source: str = ""
    pixel_sizes: tuple[float, ...] = ()
    boxes: tuple[int, ...] = ()

    def nearest(self, pixel_size: float | None) -> Stated:
        """Of several groups, the one whose pixel size is most like that of the averages."""
        if not self.pixel_sizes:
            return Stated(self.source, None)
        wanted = pixel_size or self.pixel_sizes[0]
        return Stated(self.source, min(self.pixel_sizes, key=lambda size: abs(size - wanted)))


def read_particles(job: RelionJob) -> tuple[ParticleTable, Optics]:
    """The particle table of a job, and what it says of its images.

    Raises
    ------
    InputError
        If there is no particle table, it has no class numbers or rows, or a number is below 1.
    """
    assert job.particles is not None
    path = job.particles
    star = job.table or StarFile(path)
    block = particle_block(star)
    if block is None:
        blocks = ", ".join(f"data_{one.name}" for one in star.blocks[:6])
        raise InputError(
            f"There is no particle table; the blocks are {blocks}.",
            path=path,
            hint="Give a *_data.star of Class2D, or the particles.star of a Select job.",
        )
    loop = loop_of(block)
    if CLASS_COLUMN not in loop.labels:
        raise InputError(
            f"The particle table has no {CLASS_COLUMN}; its columns are "
            f"{', '.join(loop.labels[:40])}.",
            path=path,
            location=f"data_{block.name}",
            hint="Give the *_data.star that a 2D classification wrote.",
        )
    loop.scan(CLASS_COLUMN)
    if len(loop) == 0:
        raise InputError(
            "The particle table is empty: labels, and no rows.",
            path=path,
            location=f"data_{block.name}",
            hint="Give a table with particles.",
        )
    class_id = loop.read_integers(CLASS_COLUMN)
    _refuse_below_one(loop, class_id)
    return ParticleTable(class_id, loop, path), _optics(star, loop)


def _refuse_below_one(loop: StarLoop, class_id: IntArray) -> None:
    below = class_id < 1
    if not below.any():
        return
    row = int(np.argmax(below))
    raise InputError(
        f"_{CLASS_COLUMN} is {class_id[row]}; RELION counts classes from 1 ({below.sum():,} of "
        f"{len(class_id):,} rows have a number below).",
        path=loop.text.path,
        location=f"line {loop.row_line(row)}",
        hint="Give the *_data.star of a finished iteration, where every particle has a class.",
    )


def _optics(star: StarFile, particles: StarLoop) -> Optics:
    """What the table of particles says of pixel size and box, group by group."""
    name = star.path.name
    block = star.block("optics")
    if block is None or block.loop is None:
        return Optics(name, _old_pixel_sizes(particles))
    sizes = _positive(block, "rlnImagePixelSize")
    boxes = tuple(int(box) for box in _positive(block, "rlnImageSize"))
    return Optics(f"the optics of {name}", sizes, boxes)


def _positive(block: StarBlock, label: str) -> tuple[float, ...]:
    loop = loop_of(block)
    if label not in loop.labels:
        return ()
    column = loop.read_column(label)
    if column.dtype.kind not in "if":
        return ()
    return tuple(float(value) for value in dict.fromkeys(column.tolist()) if value > 0)


def _old_pixel_sizes(loop: StarLoop) -> tuple[float, ...]:
    # RELION 3.0 and before: detector pixel in µm over magnification.
    labels = ("rlnDetectorPixelSize", "rlnMagnification")
    if not set(labels) <= set(loop.labels):
        return ()
    detector, magnification = (loop.read_column(label) for label in labels)
    if detector.dtype.kind not in "if" or magnification.dtype.kind not in "if":
        return ()
    with np.errstate(divide="ignore", invalid="ignore"):
        size = 1e4 * detector[:1] / magnification[:1]
    return tuple(float(f"{value:.6g}") for value in size if np.isfinite(value) and value > 0)
