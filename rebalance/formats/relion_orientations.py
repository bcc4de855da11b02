"""What a 3D refinement by RELION found: the poses of its particles, and its point group."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rebalance.errors import InputError, OptionError
from rebalance.formats.relion_job import RelionJob
from rebalance.formats.relion_paths import file_beside
from rebalance.formats.relion_poses import PSI, ROT, TILT, loop_of
from rebalance.formats.star_file import StarFile
from rebalance.formats.star_loop import StarLoop
from rebalance.model import Dataset, Orientations
from rebalance.point_groups import parse_symmetry

ANGLES = (ROT, TILT, PSI)
_TOMO = ("rlnTomoName", "rlnTomoSubtomogramRot")
_GIVE_REFINED = (
    "Give the run_data.star of a Refine3D job, or the last run_it…_data.star of a Class3D or "
    "InitialModel job."
)


def read_orientations(dataset: Dataset) -> Orientations:
    """rlnAngleRot, rlnAngleTilt and rlnAnglePsi of each particle, and the point group.

    Raises
    ------
    InputError
        If they are not there, hold text, are nowhere a number, or are those of 2D classification
        or of subtomograms, which a tilt series shows from many sides.
    """
    assert dataset.particles is not None
    loop = loop_of(dataset)
    path, location = loop.text.path, f"data_{loop.block}"
    missing = [name for name in ANGLES if name not in loop.labels]
    if missing:
        raise InputError(
            f"The particles have no poses: {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing.",
            path=path,
            location=location,
            hint=_GIVE_REFINED,
        )
    tomo = [name for name in _TOMO if name in loop.labels]
    if tomo:
        raise InputError(
            f"These are tomography particles ({tomo[0]}). A tilt series shows each from many "
            "sides, so one pose does not say from where it is seen.",
            path=path,
            location=location,
            hint="Give particles from single micrographs.",
        )
    angles = np.empty((len(loop), 3))
    for column, name in enumerate(ANGLES):
        angles[:, column] = loop.read_numbers(name)
    angles[np.isinf(angles)] = np.nan
    orientations = Orientations(angles, ANGLES, "relion", read_symmetry(dataset.particles.path)[0])
    known = angles[orientations.is_known]
    if len(known) == 0:
        raise InputError(
            f"None of the {len(loop):,} particles has a pose: {', '.join(ANGLES)} are not numbers.",
            path=path,
            location=location,
            hint=_GIVE_REFINED,
        )
    if not known[:, :2].any():
        raise InputError(
            f"{ROT} and {TILT} are 0 for all {len(known):,} particles, as after 2D "
            "classification. They have no 3D poses.",
            path=path,
            location=location,
            hint=_GIVE_REFINED,
        )
    return orientations


def has_poses(loop: StarLoop) -> bool:
    """Whether particles have been turned out of the plane."""
    try:
        return any(loop.read_numbers(name).any() for name in (TILT, ROT) if name in loop.labels)
    except InputError:
        return False


def sampling_beside(particles: Path | None) -> Path | None:
    """The ``*_sampling.star`` of the iteration that a particle table is of, or None."""
    if particles is None:
        return None
    for path in dict.fromkeys((particles, particles.resolve())):
        root = path.name.removesuffix("_data.star")
        found = file_beside(path, f"{root}_sampling.star") if root != path.name else None
        if found is not None:
            return found
    return None


def read_symmetry(particles: Path | None) -> tuple[str, list[str]]:
    """The point group that the refinement of a particle table was run with, and warnings.

    Empty where no ``*_sampling.star`` next to the table says it, by a name that is known.
    """
    sampling = sampling_beside(particles)
    said = _pairs(sampling, "sampling_general").get("rlnSymmetryGroup", "")
    if not said:
        return "", []
    try:
        return parse_symmetry(said, "relion"), []
    except OptionError:
        assert sampling is not None
        return "", [
            f"{sampling.name} states the point group {said[:20]!r}, which is not a known "
            "rotational point group. Give it with `symmetry`."
        ]


def is_refinement(job: RelionJob) -> bool:
    """Whether a job refined maps, as far as what is next to its particles says."""
    sampled = _pairs(sampling_beside(job.particles), "sampling_general").get("rlnIs3DSampling")
    if sampled is not None:
        return sampled == "1"
    return _pairs(job.averages, "model_general").get("rlnReferenceDimensionality") == "3"


def _pairs(path: Path | None, block: str) -> dict[str, str]:
    """The pairs of a block of a star file; none if it can't be read, for no one named it."""
    if path is None or path.suffix != ".star":
        return {}
    try:
        found = StarFile(path).block(block)
    except InputError:
        return {}
    return {} if found is None else found.pairs
