"""Class averages of any format: found and read, counted, and checked against the particles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from rebalance.contracts import ReadRequest
from rebalance.errors import InputError
from rebalance.model import NO_CLASS, BoolArray, ClassAverages, FloatArray, IntArray, ParticleTable
from rebalance.model.class_averages import LARGEST_VALUE, SMALLEST_CONTRAST
from rebalance.model.class_numbers import name_classes

EXTENT_TOLERANCE = 0.03
"""Tolerance when comparing the widths of two images in Å."""

_CAN_BE_COMPARED = f"up to {LARGEST_VALUE:.0e} that differ by at least {SMALLEST_CONTRAST:.0e}"


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
        What was found next to the particles.
    particles : ParticleTable, optional
    find : callable
        What a path and the project folder give.
    not_beside : str
        What is missing next to the particles if nothing was found.
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
            return (
                None,
                None,
                [f"{path.name} was left out: it does not list every class in the table."],
            )
        images = source.read_images()
        refuse_unusable_pixels(ClassAverages(images, source.class_id), source.path)
        return source, images, []
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
    return bool(np.isin(np.unique(particle_class), [*class_id, NO_CLASS]).all())


def refuse_unusable_pixels(averages: ClassAverages, source: Path) -> None:
    """InputError if no image can be compared, and some would if their pixels were not so large or
    small."""
    unusable = _is_out_of_range(averages)
    if averages.has_image.any() or not unusable.any():
        return
    low, high = (limit[unusable] for limit in averages.pixel_range)
    raise InputError(
        f"All images have pixel values from {low.min():.3g} to {high.max():.3g}, but only numbers "
        f"{_CAN_BE_COMPARED} can be compared.",
        path=source,
        hint="Scale the images, or give the stack that the classification wrote.",
    )


def _is_out_of_range(averages: ClassAverages) -> BoolArray:
    low, high = averages.pixel_range
    with np.errstate(invalid="ignore"):
        return ~averages.has_image & np.isfinite(low) & np.isfinite(high) & (low < high)


def image_warnings(averages: ClassAverages) -> tuple[list[str], list[str]]:
    """Warnings of images whose pixels can't be computed with, notes of images of one gray value.

    All count as no image, and so do images of zeros, of which nothing is said: a program writes
    them for classes that died out.
    """
    low, high = averages.pixel_range
    is_broken = ~np.isfinite(low) | ~np.isfinite(high)
    is_flat = ~is_broken & (low == high) & (low != 0)
    warnings, notes = [], []
    if is_broken.any():
        hold = "images hold" if np.count_nonzero(is_broken) > 1 else "image holds"
        warnings.append(
            f"{_classes(averages, is_broken)}: the {hold} NaN or infinite pixels and can't be "
            "compared."
        )
    is_out = _is_out_of_range(averages)
    if is_out.any():
        image = "images have" if np.count_nonzero(is_out) > 1 else "image has"
        warnings.append(
            f"{_classes(averages, is_out)}: the {image} pixels from {low[is_out].min():.3g} to "
            f"{high[is_out].max():.3g}, but only numbers {_CAN_BE_COMPARED} can be compared."
        )
    if is_flat.any():
        are = "images are" if np.count_nonzero(is_flat) > 1 else "image is"
        notes.append(
            f"{_classes(averages, is_flat)}: the {are} a single gray value, so treated as empty."
        )
    return warnings, notes


def _classes(averages: ClassAverages, which: BoolArray) -> str:
    return _capital(name_classes(sorted(averages.class_id[which].tolist())))


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
    unmatched = np.setdiff1d(particle_class, [*class_id, NO_CLASS])
    if not len(unmatched):
        return []
    shown = ", ".join(map(str, unmatched[:5])) + (" …" if len(unmatched) > 5 else "")
    classes = f"{len(unmatched)} classes ({shown})" if len(unmatched) > 1 else f"class {shown}"
    return [
        f"{source} has no average for {classes}, used by the particles. Are averages and "
        "particles from different jobs?"
    ]


def box_warnings(box: int, particle_boxes: Sequence[int], source: str) -> list[str]:
    """At most one sentence on averages whose box, in pixels, is not that of the particles."""
    if not particle_boxes or box in particle_boxes:
        return []
    sizes = ", ".join(map(str, particle_boxes))
    return [
        f"The class averages in {source} are {box} px wide, but the particles {sizes} px. Are "
        "they from different jobs?"
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
    if abs(extent / particle_extent - 1) < EXTENT_TOLERANCE:
        return []
    return [
        f"The class averages in {source} are {extent:.0f} Å wide, but the particles "
        f"{particle_extent:.0f} Å. Are they from different jobs?"
    ]
