"""Class averages of any format: found and read, counted, and checked against the particles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from rebalance.contracts import ReadRequest
from rebalance.errors import InputError
from rebalance.model import ClassAverages, FloatArray, IntArray, ParticleTable
from rebalance.model.class_numbers import name_classes


class AveragesSource(Protocol):
    """Where the class averages are, before their images are read."""

    @property
    def path(self) -> Path:
        """The file that names them."""
        ...

    @property
    def class_id(self) -> IntArray:
        """Class numbers, int64 (N,)."""
        ...

    def read_images(self) -> FloatArray:
        """float32 (N, L, L); InputError if that can't be."""
        ...


Source = TypeVar("Source", bound=AveragesSource)


def read_averages(
    request: ReadRequest,
    path: Path | None,
    particles: ParticleTable | None,
    find: Callable[[Path, Path | None], Source],
    *,
    not_beside: str,
    hint: str,
) -> tuple[Source | None, FloatArray | None, list[str]]:
    """Read the class averages that a request names, or else those that were found.

    Parameters
    ----------
    request : ReadRequest
    path : Path, optional
        What was found beside the particles.
    particles : ParticleTable, optional
    find : callable
        What a path and the project folder give.
    not_beside : str
        What does not lie beside the particles if nothing was found.
    hint : str
        What to do then.

    Returns
    -------
    source : optional
    images : float32 (N, L, L), optional
        None if they are not needed, and are broken or not of all classes of the particles.
    notes : list of str
        Why averages were left out.

    Raises
    ------
    InputError
        If there are none, or they are broken, and they are needed or were asked for.
    """
    path = request.class_averages or path
    if path is None:
        if request.need_class_averages:
            raise InputError(
                f"The class averages were not found: {not_beside}.",
                path=None if particles is None else particles.path,
                hint=hint,
            )
        return None, None, []
    must_read = request.need_class_averages or request.class_averages is not None
    source = None
    try:
        source = find(path, request.project)
        if not (must_read or particles is None or covers(source.class_id, particles.class_id)):
            return None, None, [f"{path.name} does not name every class of the table; left out."]
        return source, source.read_images(), []
    except InputError as error:
        if must_read:
            raise
        return source, None, [f"The class averages were left out. {error.problem}"]


def count_particles(particle_class: IntArray, class_id: IntArray) -> IntArray:
    """Particles of each class average, int64 (N,)."""
    numbers, counts = np.unique(particle_class, return_counts=True)
    place = np.searchsorted(numbers, class_id).clip(max=max(len(numbers) - 1, 0))
    if len(numbers) == 0:
        return np.zeros(len(class_id), dtype=np.int64)
    return np.where(numbers[place] == class_id, counts[place], 0).astype(np.int64)


def covers(class_id: IntArray, particle_class: IntArray) -> bool:
    """True if every particle's class has an average."""
    return bool(np.isin(np.unique(particle_class), class_id).all())


def image_warnings(averages: ClassAverages) -> tuple[list[str], list[str]]:
    """Warnings of images with pixels that are no numbers, notes of images of one grey value.

    Both count as empty averages, and so do images of zeros, of which nothing is said: a program
    writes them for classes that died out.
    """
    broken, flat = [], []
    for row in np.flatnonzero(averages.is_empty):
        image, number = averages.images[row], int(averages.class_id[row])
        if not np.isfinite(image).all():
            broken.append(number)
        elif image.flat[0] != 0 and image.min() == image.max():
            flat.append(number)
    hold = "images hold" if len(broken) > 1 else "image holds"
    warnings = [
        f"{_capital(name_classes(sorted(broken)))}: the {hold} NaN or infinite pixels and "
        "can't be compared."
    ]
    are = "images are" if len(flat) > 1 else "image is"
    notes = [f"{_capital(name_classes(sorted(flat)))}: the {are} of one grey value, hence empty."]
    return warnings if broken else [], notes if flat else []


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def class_warnings(particle_class: IntArray, class_id: IntArray, source: str) -> list[str]:
    """At most one sentence on classes of particles that a whole classification has no average of.

    Where the averages were chosen by a person it is no surprise that others are missing; the
    selection says how many particles that excludes.

    Parameters
    ----------
    particle_class : int64 (P,)
    class_id : int64 (N,)
        Every average of a classification.
    source : str
        The file of the averages.
    """
    unmatched = np.setdiff1d(particle_class, class_id)
    if not len(unmatched):
        return []
    shown = ", ".join(map(str, unmatched[:5])) + (" …" if len(unmatched) > 5 else "")
    classes = f"{len(unmatched)} classes ({shown})" if len(unmatched) > 1 else f"class {shown}"
    return [
        f"The particles name {classes}, of which {source} has no average: are averages and "
        "particles of two different jobs?"
    ]


def box_warnings(box: int, particle_boxes: Sequence[int], source: str) -> list[str]:
    """At most one sentence on averages whose box is not that of the particles."""
    if not particle_boxes or box in particle_boxes:
        return []
    sizes = ", ".join(map(str, particle_boxes))
    return [
        f"The class averages of {source} are {box} px wide and the particles {sizes} px: are they "
        "of two different jobs?"
    ]


def extent_warnings(
    averages: tuple[int, float | None], particles: tuple[int | None, float | None], source: str
) -> list[str]:
    """At most one sentence on averages that show another field of view than the particles.

    Parameters
    ----------
    averages, particles : (box, pixel size)
        Pixels and Å, as far as known. Averages may be coarser than particles, not wider.
    source : str
        The file of the averages.
    """
    (box, size), (particle_box, particle_size) = averages, particles
    if not (size and particle_size and particle_box):
        return []
    extent, particle_extent = box * size, particle_box * particle_size
    if abs(extent / particle_extent - 1) < 0.03:
        return []
    return [
        f"The class averages of {source} are {extent:.0f} Å wide and the particles "
        f"{particle_extent:.0f} Å: are they of two different jobs?"
    ]
