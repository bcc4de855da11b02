"""What a 3D refinement by CryoSPARC found: the poses of its particles, and its point group.

The pose of a particle is ``alignments3D/pose``. Where several classes were refined, each has a pose
of its own for every particle: in a slot ``alignments_class_N`` after *Ab-Initio Reconstruction*, in
``alignments3D_multi`` after *Heterogeneous Refinement*. Then a particle has that of the class of
highest ``class_posterior``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError, OptionError
from rebalance.formats.cryosparc_handle import CryosparcParticles
from rebalance.formats.cryosparc_job import CLASS_FIELD, POSE_FIELD
from rebalance.formats.cryosparc_poses import SLOT, joined
from rebalance.formats.paths import folders_of
from rebalance.model import NO_CLASS, Dataset, IntArray, Orientations
from rebalance.point_groups import parse_symmetry
from rebalance.poses.conventions import angles_of_vector
from rebalance.text_files import read_json

POSE = f"{SLOT}/pose"
MULTI = "alignments3D_multi"
_CLASS_POSE = re.compile(r"(alignments_class_(\d{1,9}))/pose")
_GIVE_REFINED = (
    "Give the particles of a Homogeneous, Non-Uniform, Local or Heterogeneous Refinement, or of "
    "an Ab-Initio Reconstruction, or the file with their alignments3D as `passthrough`."
)
_JOB, _PARAMETERS, _SYMMETRY = "job.json", "params_spec", "refine_symmetry"


def read_orientations(dataset: Dataset) -> Orientations:
    """The pose of each particle, and the point group where job.json says it.

    Raises
    ------
    InputError
        If there are no poses, they are no rotation vectors, or none of them is a number.
    """
    handle = joined(dataset.particles)
    vector, columns = _read_vectors(handle)
    orientations = Orientations(
        angles_of_vector(vector), columns, "cryosparc", read_symmetry(handle.main.path)[0]
    )
    if not orientations.is_known.any():
        raise InputError(
            f"None of the {len(handle):,} particles has a pose: {columns[0]} is not a number in "
            "any row.",
            path=handle.main.path,
            hint=_GIVE_REFINED,
        )
    return orientations


def has_poses(handle: CryosparcParticles) -> bool:
    """Whether particles have poses in 3D, as far as the names of their fields say."""
    return any(map(POSE_FIELD.fullmatch, handle.field_names))


def read_classes_if_any(handle: CryosparcParticles) -> IntArray:
    """The class of each particle, int64 (P,): 2D, else that of highest posterior, else none."""
    names = handle.field_names
    if CLASS_FIELD in names:
        return handle.read_classes()
    none = np.full(len(handle), NO_CLASS, dtype=np.int64)
    if POSE in names:
        return none
    slots = _class_slots(names)
    if slots:
        number = np.array([*slots, NO_CLASS], dtype=np.int64)
        return number[_best_slot(handle, slots)]
    if f"{MULTI}/class_posterior" not in names:
        return none
    best = _best_column(handle)
    number_of = best
    if f"{MULTI}/class" in names:
        numbers = handle.read_field(f"{MULTI}/class")
        shape = handle.read_field(f"{MULTI}/class_posterior").shape
        if numbers.dtype.kind in "iu" and numbers.shape == shape:
            number_of = numbers[np.arange(len(best)), best].astype(np.int64)
    return np.where(best < 0, NO_CLASS, number_of)


def read_symmetry(particles: Path) -> tuple[str, list[str]]:
    """The point group of the job whose folder particles lie in, and warnings; empty if unknown.

    Of a refinement, by ``refine_symmetry`` of its parameters.
    """
    for folder in folders_of(particles):
        path = folder / _JOB
        try:
            spec = read_json(path, "CryoSPARC job") if path.is_file() else {}
        except InputError:
            # No one asked for that file.
            continue
        said: Any = spec
        for name in (_PARAMETERS, _SYMMETRY, "value"):
            said = said.get(name) if isinstance(said, dict) else None
        if not isinstance(said, str) or not said:
            continue
        try:
            return parse_symmetry(said, "cryosparc"), []
        except OptionError:
            return "", [
                f"{_JOB} next to {particles.name} states the point group {said[:20]!r}, which is "
                "not a known rotational point group. Give it with `symmetry`."
            ]
    return "", []


def _read_vectors(
    handle: CryosparcParticles,
) -> tuple[npt.NDArray[np.floating[Any]], tuple[str, ...]]:
    """The rotation vector of each particle, (P, 3), and where it was read."""
    names = handle.field_names
    if POSE in names:
        return _floats(handle, POSE, (3,)), (POSE,)
    slots = _class_slots(names)
    if slots:
        best = _best_slot(handle, slots)
        vector = np.full((len(handle), 3), np.nan, dtype=np.float32)
        for place, slot in enumerate(slots.values()):
            rows = best == place
            vector[rows] = _floats(handle, f"{slot}/pose", (3,))[rows]
        return vector, tuple(f"{slot}/pose" for slot in slots.values())
    if f"{MULTI}/pose" in names:
        best = _best_column(handle)
        n_classes = handle.read_field(f"{MULTI}/class_posterior").shape[1]
        every = _floats(handle, f"{MULTI}/pose", (n_classes, 3))
        vector = every[np.arange(len(best)), best]
        vector[best < 0] = np.nan
        return vector, (f"{MULTI}/pose",)
    has = dict.fromkeys(name.partition("/")[0] for name in names if "/" in name)
    raise InputError(
        f"The particles have no poses in 3D: {POSE} is missing; their fields are of "
        f"{', '.join(has) or 'no slot'}.",
        path=handle.main.path,
        hint=_GIVE_REFINED,
    )


def _class_slots(names: tuple[str, ...]) -> dict[int, str]:
    """The slots that hold the poses of one class each, by its rising number."""
    found = [match for match in map(_CLASS_POSE.fullmatch, names) if match]
    return dict(sorted((int(match[2]), match[1]) for match in found))


def _best_slot(handle: CryosparcParticles, slots: dict[int, str]) -> IntArray:
    """Which of the slots has the highest posterior, int64 (P,); −1 where none has any."""
    if len(slots) == 1:
        return np.zeros(len(handle), dtype=np.int64)
    best = np.full(len(handle), -1, dtype=np.int64)
    highest = np.full(len(handle), -np.inf)
    for place, slot in enumerate(slots.values()):
        posterior = _floats(handle, f"{slot}/class_posterior", ())
        # Never true of NaN, of which some NaNs warn.
        with np.errstate(invalid="ignore"):
            is_higher = posterior > highest
        best[is_higher] = place
        highest[is_higher] = posterior[is_higher]
    return best


def _best_column(handle: CryosparcParticles) -> IntArray:
    """Which class of `MULTI` has the highest posterior, int64 (P,); −1 where none has any."""
    name = f"{MULTI}/class_posterior"
    values = handle.read_field(name)
    if values.ndim != 2 or not values.shape[1]:
        raise _odd(handle, name, values, "one number per class")
    posterior = np.where(np.isnan(_floats(handle, name, values.shape[1:])), -np.inf, values)
    best = posterior.argmax(axis=1).astype(np.int64)
    best[np.isneginf(posterior).all(axis=1)] = -1
    return best


def _floats(
    handle: CryosparcParticles, name: str, shape: tuple[int, ...]
) -> npt.NDArray[np.floating[Any]]:
    """A field of decimal numbers of this shape, (P, *shape)."""
    values = handle.read_field(name)
    if values.dtype.kind != "f" or values.shape[1:] != shape:
        expected = {
            (): "one decimal number",
            (3,): "a rotation vector of three decimal numbers",
        }.get(shape, f"decimal numbers × {' × '.join(map(str, shape))}")
        raise _odd(handle, name, values, expected)
    return values


def _odd(
    handle: CryosparcParticles, name: str, values: npt.NDArray[Any], expected: str
) -> InputError:
    found = "text" if values.dtype.kind in "SU" else values.dtype.name
    found += "".join(f" × {extent}" for extent in values.shape[1:])
    return InputError(
        f"{name} is {found} in each row, but {expected} was expected.",
        path=handle.main.path,
        location=name,
        hint=_GIVE_REFINED,
    )
