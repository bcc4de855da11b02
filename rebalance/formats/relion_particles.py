"""Particles of a RELION job: their table, and what it says of pixel size and box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance.errors import InputError
from rebalance.formats.averages import EXTENT_TOLERANCE
from rebalance.formats.pixel_size import Stated
from rebalance.formats.refinements import commands_for
from rebalance.formats.relion_job import RelionJob, loop_of, particle_block
from rebalance.formats.relion_poses import ROT
from rebalance.formats.star_file import StarFile
from rebalance.formats.star_loop import StarLoop
from rebalance.formats.star_text import split_tokens
from rebalance.model import NO_CLASS, IntArray, ParticleTable

CLASS_COLUMN, NAME_COLUMN = "rlnClassNumber", "rlnImageName"
_TOO_LARGE = 1e9


@dataclass(frozen=True)
class OpticsGroup:
    """What a particle table says of the images of one optics group.

    Parameters
    ----------
    pixel_size : float, optional
        Å.
    box : int, optional
        Pixels.
    """

    pixel_size: float | None = None
    box: int | None = None


@dataclass(frozen=True)
class Optics:
    """What a particle table says of its images.

    Parameters
    ----------
    source : str
        Who says so.
    groups : tuple of OpticsGroup
    """

    source: str = ""
    groups: tuple[OpticsGroup, ...] = ()

    @property
    def boxes(self) -> tuple[int, ...]:
        """Different ones, in pixels."""
        return tuple(dict.fromkeys(group.box for group in self.groups if group.box))

    def nearest(self, pixel_size: float | None, box: int) -> Stated:
        """Of several groups, what the one says that is most like the averages.

        Parameters
        ----------
        pixel_size : float, optional
            Å, of the averages.
        box : int
            Theirs, in pixels. Where they show as many Å as a group's particles, they were made
            smaller, and their pixel size is borne out.
        """
        sizes = [group.pixel_size for group in self.groups if group.pixel_size]
        if not sizes:
            return Stated(self.source, None)
        if pixel_size and self.shows_as_much(pixel_size * box):
            return Stated(self.source, pixel_size)
        wanted = pixel_size or sizes[0]
        return Stated(self.source, min(sizes, key=lambda size: abs(size - wanted)))

    def shows_as_much(self, extent: float) -> bool:
        """True if the images of a group are as wide, in Å."""
        return any(
            abs(extent / (group.pixel_size * group.box) - 1) < EXTENT_TOLERANCE
            for group in self.groups
            if group.pixel_size and group.box
        )


def read_particles(
    job: RelionJob, *, needs_class: bool = True
) -> tuple[ParticleTable, Optics, list[str]]:
    """The particle table of a job, what it says of its images, and what looks wrong in it.

    Parameters
    ----------
    job : RelionJob
    needs_class : bool
        False if particles need no class numbers, and nothing is to be said of those without.

    Raises
    ------
    InputError
        If there is no particle table, it has no rows, or no class numbers where these are needed.
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
            hint="Give a *_data.star of Class2D, or the particles.star of a Select job."
            if needs_class
            else "Give the *_data.star of the refinement.",
        )
    loop = loop_of(block)
    has_class = CLASS_COLUMN in loop.labels
    if needs_class and not has_class:
        raise InputError(
            f"The particle table has no {CLASS_COLUMN}; its columns are "
            f"{', '.join(loop.labels[:40])}.",
            path=path,
            location=f"data_{block.name}",
            hint="Give the *_data.star that a 2D classification wrote."
            + (f" {commands_for(path)}" if ROT in loop.labels else ""),
        )
    first, named = (
        next((name for name in names if name in loop.labels), None)
        for names in ((CLASS_COLUMN, ROT), (NAME_COLUMN,))
    )
    loop.scan(first, named)
    if len(loop) == 0:
        raise InputError(
            "The particle table is empty: it has labels, but no rows.",
            path=path,
            location=f"data_{block.name}",
            hint="Give a table with particles.",
        )
    if needs_class:
        class_id, without = _classes(loop)
    else:
        class_id, without = _classes_if_any(loop), []
    warnings = [*without, *_about_repeats(loop), *_about_spelling(star, loop)]
    return ParticleTable(class_id, loop, path), _optics(star, loop), warnings


def _classes(loop: StarLoop) -> tuple[IntArray, list[str]]:
    """The class of each particle; a number below 1 is none, as where gradient refinement stops
    before its last iteration."""
    class_id = loop.read_integers(CLASS_COLUMN, missing=NO_CLASS)
    is_without = class_id < 1
    n, without = len(class_id), int(np.count_nonzero(is_without))
    if without == 0:
        return class_id, []
    zeros = int(np.count_nonzero(class_id == 0))
    said = [f"{zeros:,} with 0"] * (zeros > 0)
    said += [f"{without - zeros:,} with a negative number or none"] * (without > zeros)
    if without == n:
        raise InputError(
            f"None of the {n:,} particles is in a class: {CLASS_COLUMN} counts from 1, but there "
            f"are {' and '.join(said)}.",
            path=loop.text.path,
            location=f"line {loop.row_line(0)}",
            hint="Give the *_data.star of a finished iteration.",
        )
    class_id[is_without] = NO_CLASS
    return class_id, [
        f"{without:,} of {n:,} particles are excluded, because they are in no class "
        f"({CLASS_COLUMN}: {' and '.join(said)}). Was the classification stopped, or is it still "
        "running?"
    ]


def _classes_if_any(loop: StarLoop) -> IntArray:
    if CLASS_COLUMN not in loop.labels:
        return np.full(len(loop), NO_CLASS, dtype=np.int64)
    class_id = loop.read_integers(CLASS_COLUMN, missing=NO_CLASS)
    class_id[class_id < 1] = NO_CLASS
    return class_id


def _about_repeats(loop: StarLoop) -> list[str]:
    repeats, first, second = loop.repeats()
    if repeats == 0:
        return []
    column = loop.labels.index(NAME_COLUMN)
    name = split_tokens(loop.row_bytes(second))[column]
    return [
        f"{repeats:,} of {len(loop):,} particles occur more than once in {NAME_COLUMN}, e.g. "
        f"{name} on lines {loop.row_line(first)} and {loop.row_line(second)}. Were overlapping "
        "tables joined?"
    ]


def _about_spelling(star: StarFile, loop: StarLoop) -> list[str]:
    """What RELION does not read, and the files written from this one inherit."""
    name = star.path.name
    found = []
    if has_windows_line_ends(star, loop):
        found.append(
            f"{name} has Windows line endings (CR+LF), which RELION 3.1 and later refuses, and so "
            f"have the files written from it. Run dos2unix on {star.path} first."
        )
    if loop.keyword != "loop_":
        found.append(
            f"{name} spells loop_ as {loop.keyword}, which RELION can't read. The files written "
            "from it have it too."
        )
    if loop.n_unclosed:
        found.append(
            f"{loop.n_unclosed:,} of {len(loop):,} rows of {name} have an unclosed quote. RELION "
            "3.1 and later refuses such rows, also in the files written from it."
        )
    if loop.body_end == len(star.text) and not loop.row_bytes(len(loop) - 1).endswith(b"\n"):
        found.append(
            f"The last line of {name} does not end with a newline. Is the table cut short?"
        )
    gap = loop.first_gap()
    if gap is not None:
        rows, between = gap
        is_blank = any(not line.strip() for line in between.splitlines())
        what = "stops at the blank line" if is_blank else "takes the comment for a particle"
        found.append(
            f"{star.path} has {'blank lines' if is_blank else 'comments'} between its rows. "
            f"They are kept, but RELION {what} after {rows:,} of {len(loop):,} particles. Remove "
            "them, also from the files written."
        )
    return found


def has_windows_line_ends(star: StarFile, loop: StarLoop) -> bool:
    """True if the first line of a block, or the first or last row of a table, ends with CR+LF."""
    lines = [star.text.line_at(block.begin) for block in star.blocks]
    lines += [loop.row_bytes(row) for row in {0, len(loop) - 1}]
    return any(line.rstrip(b"\n").endswith(b"\r") for line in lines)


def _optics(star: StarFile, particles: StarLoop) -> Optics:
    """What the table of particles says of pixel size and box, group by group."""
    name = star.path.name
    block = star.block("optics")
    if block is None or block.loop is None:
        return Optics(name, tuple(OpticsGroup(size) for size in _old_pixel_sizes(particles)))
    sizes, boxes = (_positive(block.loop, label) for label in ("rlnImagePixelSize", "rlnImageSize"))
    groups = (
        OpticsGroup(size, None if box is None else int(box))
        for size, box in zip(sizes, boxes, strict=True)
    )
    return Optics(f"the optics of {name}", tuple(groups))


def _positive(loop: StarLoop, label: str) -> list[float | None]:
    """The numbers of a column; None where there is none that makes sense."""
    if label not in loop.labels:
        return [None] * len(loop)
    column = loop.read_column(label)
    if column.dtype.kind not in "if":
        return [None] * len(loop)
    return [value if 0 < value < _TOO_LARGE else None for value in column.tolist()]


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
