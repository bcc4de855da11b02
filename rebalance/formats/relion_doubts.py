"""What makes the particles and the class averages of a RELION job look like two different jobs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rebalance.errors import InputError
from rebalance.formats.averages import box_warnings, class_warnings, count_particles
from rebalance.formats.relion_averages import RelionAverages, find_averages
from rebalance.formats.relion_job import averages_block, loop_of
from rebalance.formats.relion_particles import Optics, has_windows_line_ends
from rebalance.formats.relion_paths import file_beside, is_beside
from rebalance.formats.relion_progress import iteration_of
from rebalance.formats.star_file import StarFile
from rebalance.formats.star_loop import StarLoop
from rebalance.model import BoolArray, ClassAverages, DoubleArray, ParticleTable
from rebalance.model.class_numbers import count_classes, name_classes

_ODD_SHARE = 0.25
"""Share of the particles in other classes than the model says, from which a warning is given.
Weights of one classification give less than 0.02, unfinished gradient refinement about 0.1.
"""

_ODD_NUMBER = 10
"""Number of particles in other classes that chance explains."""

_MOST_PARTICLES = 1e12
_TWO_JOBS = "Are particles and averages from different jobs?"


def doubts(
    particles: ParticleTable | None,
    averages: ClassAverages,
    source: RelionAverages,
    optics: Optics,
    *,
    is_found: bool,
) -> list[str]:
    """A sentence for each thing that does not fit.

    Parameters
    ----------
    particles : ParticleTable, optional
    averages : ClassAverages
    source : RelionAverages
        Of them.
    optics : Optics
        Of the particles.
    is_found : bool
        False where a person named the averages, or they are not next to the table, which may then
        be a part of the job's.
    """
    said = [*source.found_warnings, *_about_stacks_elsewhere(source)]
    star, loop = source.star, source.loop
    if star is not None and loop is not None and has_windows_line_ends(star, loop):
        said.append(
            f"{source.path.name} has Windows line endings (CR+LF), which RELION 3.1 and later "
            f"refuses, and so has templates.star. Run dos2unix on {source.path} first."
        )
    if particles is None:
        return said
    if averages.pixel_size is None or not optics.shows_as_much(averages.pixel_size * averages.box):
        said += box_warnings(averages.box, optics.boxes, source.path.name)
    said += _about_missing_classes(source)
    # Of chosen averages that a person names it is no surprise that others are missing.
    if source.is_whole or is_found:
        said += class_warnings(particles.class_id, source.class_id, source.path.name)
    return [
        *said,
        *_about_blank_averages(averages, len(particles)),
        *_about_distribution(particles, source, is_found=is_found),
    ]


def refuse_useless_classes(particles: ParticleTable, averages: ClassAverages) -> None:
    """InputError if at most one class average has both an image and particles, of several."""
    assert averages.n_particles is not None
    if len(averages) < 2:
        return
    alone = about_one_class(particles)
    if alone:
        raise InputError(
            f"{alone[0]} There are {len(averages):,} class averages.",
            path=particles.path,
            hint="Give the *_data.star of the Class2D job.",
        )
    if not (averages.has_image & ~averages.lacks_particles).any() and averages.has_image.any():
        raise InputError(
            f"None of the {len(particles):,} particles is in a class whose average has an image. "
            f"{_TWO_JOBS}",
            path=particles.path,
            hint="Give the class averages of the same job and iteration as `class_averages`.",
        )


def about_one_class(particles: ParticleTable) -> list[str]:
    """A sentence if all particles are in one class."""
    counts = count_classes(particles.class_id)
    if len(counts) != 1 or len(particles) < 2:
        return []
    ((number, n),) = counts.items()
    return [
        f"All {n:,} particles are in class {number}, as after a 3D refinement. 2D class numbers "
        "are in the *_data.star of the Class2D job. For a refinement, use `rebalance diagnose` or "
        "`rebalance orientations`."
    ]


def _about_missing_classes(source: RelionAverages) -> list[str]:
    general = source.star.block("model_general") if source.star is not None else None
    n = general.pairs.get("rlnNrClasses", "") if general is not None else ""
    if not n.isascii() or not n.isdigit() or n == str(len(source.class_id)):
        return []
    return [
        f"{source.path.name} is for {n:.12} classes, but lists {len(source.class_id):,} images. "
        "Is it cut short?"
    ]


def _about_blank_averages(averages: ClassAverages, n: int) -> list[str]:
    """Particles of classes that died out: a classification leaves none there."""
    low, high = averages.pixel_range
    assert averages.n_particles is not None
    blank = (low == high) & ~averages.lacks_particles
    if not blank.any():
        return []
    classes = name_classes(sorted(averages.class_id[blank].tolist()))
    are = "averages are" if np.count_nonzero(blank) > 1 else "average is"
    return [
        f"{averages.n_particles[blank].sum():,} of {n:,} particles are in {classes}, whose {are} "
        f"blank. {_TWO_JOBS}"
    ]


def _about_distribution(
    particles: ParticleTable, source: RelionAverages, *, is_found: bool
) -> list[str]:
    """Counts of the table against what the model says, and against chosen averages."""
    said: list[str] = []
    model = source if source.loop is not None and source.is_whole else _model_of_images(source)
    if model is not None:
        said += _about_iterations(particles.path, model.path)
        said += _about_counts(particles, model, is_whole=is_found and source.is_whole)
    if not said and is_found and not source.is_whole:
        said += _about_counts(particles, source, is_whole=True)
    return said


def _about_counts(particles: ParticleTable, model: RelionAverages, *, is_whole: bool) -> list[str]:
    """Counts against ``rlnClassDistribution`` and the number of particles of the model.

    Parameters
    ----------
    particles : ParticleTable
    model : RelionAverages
        What describes the classes.
    is_whole : bool
        True where the table is next to it, and should have all its particles.
    """
    n, n_job = len(particles), _particles_of_job(model)
    if n_job is not None and (n > n_job or (n < n_job and is_whole)):
        cut = "" if n > n_job else "Is the table cut short? "
        return [
            f"The table has {n:,} particles, but {model.path.name} was made from {n_job:,}. "
            f"{cut}{_TWO_JOBS}"
        ]
    counts = count_particles(particles.class_id, model.class_id)
    share = _column(model.loop, "rlnClassDistribution")
    if share is None or not np.isfinite(share).all() or share.sum() <= 0 or counts.sum() == 0:
        return []
    if n_job is not None and n < n_job:
        # A part of the job has no more particles of any class than the job.
        surplus = np.maximum(counts - share * n_job, 0).sum()
    elif n_job is not None or is_whole:
        surplus = np.maximum(counts - share / share.sum() * counts.sum(), 0).sum()
    else:
        return []
    if surplus < max(_ODD_NUMBER, _ODD_SHARE * counts.sum()):
        return []
    return [
        f"{surplus:,.0f} of {n:,} particles are in other classes than rlnClassDistribution of "
        f"{model.path.name} says. {_TWO_JOBS}"
    ]


def _model_of_images(source: RelionAverages) -> RelionAverages | None:
    """The model beside the one stack that the images are in, by RELION's names."""
    stacks = {source.find(name).path for name in source.stack}
    if len(stacks) != 1:
        return None
    (stack,) = stacks
    root = stack.name.removesuffix("_classes.mrcs")
    model = file_beside(stack, f"{root}_model.star") if root != stack.name else None
    try:
        return find_averages(model, source.project) if model is not None else None
    except InputError:
        return None


def _about_iterations(table: Path | None, model: Path) -> list[str]:
    numbers = [None if path is None else iteration_of(path) for path in (table, model)]
    if None in numbers or numbers[0] == numbers[1] or table is None:
        return []
    return [
        f"{table.name} is from iteration {numbers[0]}, but {model.name} from iteration "
        f"{numbers[1]}. Class numbers may differ between them."
    ]


def _particles_of_job(model: RelionAverages) -> int | None:
    block = model.star.block("model_groups") if model.star is not None else None
    sizes = None if block is None else _column(block.loop, "rlnGroupNrParticles")
    if sizes is None or not np.isfinite(sizes).all() or sizes.sum() > _MOST_PARTICLES:
        return None
    return int(sizes.sum()) or None


def _about_stacks_elsewhere(source: RelionAverages) -> list[str]:
    """Images of another folder: are they of the classes that the table describes?"""
    said = []
    for name in dict.fromkeys(source.stack):
        path = source.find(name).path
        if source.loop is None or is_beside(path, source.path):
            continue
        model = path.with_name(path.name.removesuffix("_classes.mrcs") + "_model.star")
        if not model.is_file():
            if source.is_whole:
                said.append(
                    f"The images listed in {source.path.name} are not next to it. Using {path}; "
                    "are they from the same job?"
                )
            continue
        differing = _differing_classes(
            source, np.array([one == name for one in source.stack]), model
        )
        if differing:
            said.append(
                f"The images listed in {source.path.name} are read from {path}, but {model.name} "
                f"next to them describes {name_classes(differing)} differently. Are these two "
                "jobs with the same name?"
            )
    return said


def _differing_classes(source: RelionAverages, which: BoolArray, model: Path) -> list[int]:
    """Classes whose rows differ in two tables, of those that both have."""
    try:
        block = averages_block(StarFile(model))
    except InputError:
        return []
    if block is None or source.loop is None:
        return []
    loop = loop_of(block)
    image = source.index
    differs = which & (image >= len(loop))
    both = which & ~differs
    for label in ("rlnClassDistribution", "rlnEstimatedResolution", "rlnAccuracyRotations"):
        ours, theirs = _column(source.loop, label), _column(loop, label)
        if ours is not None and theirs is not None:
            same = np.isclose(ours[both], theirs[image[both]], rtol=1e-3, atol=1e-6, equal_nan=True)
            differs[both] |= ~same
    return sorted(source.class_id[differs].tolist())


def _column(loop: StarLoop | None, label: str) -> DoubleArray | None:
    if loop is None or label not in loop.labels:
        return None
    column = loop.read_column(label)
    return column.astype(np.float64) if column.dtype.kind in "if" else None
