"""Alignments of CryoSPARC's particles in 2D, and poses as their alignments3D."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.formats.cryosparc_handle import CryosparcParticles
from rebalance.formats.csg_file import write_group
from rebalance.model import Dataset, DoubleArray, InPlaneAlignment, ParticlePoses, ParticleTable
from rebalance.poses.conventions import vector_of_rotation

POSE, SHIFT = "alignments2D/pose", "alignments2D/shift"
SIZES = ("alignments2D/psize_A", "blob/psize_A")
"""Å per pixel of the shift; old versions only write the second."""
SLOT = "alignments3D"

FIELDS: tuple[tuple[Any, ...], ...] = (
    ("split", "<u4"),
    ("shift", "<f4", (2,)),
    ("pose", "<f4", (3,)),
    ("psize_A", "<f4"),
    ("error", "<f4"),
    ("error_min", "<f4"),
    ("resid_pow", "<f4"),
    ("slice_pow", "<f4"),
    ("image_pow", "<f4"),
    ("cross_cor", "<f4"),
    ("alpha", "<f4"),
    ("alpha_min", "<f4"),
    ("weight", "<f4"),
    ("pose_ess", "<f4"),
    ("shift_ess", "<f4"),
    ("class_posterior", "<f4"),
    ("class", "<u4"),
    ("class_ess", "<f4"),
)
"""The slot as written by CryoSPARC's refinements."""

_GIVE_ALIGNED = "Give the particles as the 2D classification wrote them."


def read_alignment(dataset: Dataset) -> InPlaneAlignment:
    """pose and shift of a 2D classification.

    Raises
    ------
    InputError
        If a field is not there, or the pixel size of the class averages is not known.
    """
    handle = joined(dataset.particles)
    pose, shift = _numbers(handle, POSE), _numbers(handle, SHIFT, 2)
    return InPlaneAlignment(np.rad2deg(pose), -shift * _pixels(dataset)[:, None])


def write_poses(dataset: Dataset, poses: ParticlePoses, folder: Path, stem: str) -> list[Path]:
    """Write a result group: rows as they were, and alignments3D behind those of the main file."""
    handle, rows = joined(dataset.particles), poses.row
    shift = -poses.shift / _pixels(dataset)[rows, None]
    added = _slot(poses.rotation, shift, _pixel_sizes(handle)[rows])
    paths, files = handle.write(folder, stem, rows, added)
    group = folder / f"{stem}.csg"
    write_group(
        group,
        type="particle",
        title="Particles with starting poses",
        files={**files, SLOT: paths[0].name},
        n_items=len(rows),
        source=handle.main.path,
    )
    return [group, *paths]


def joined(particles: ParticleTable | None) -> CryosparcParticles:
    """The tables behind particles of this format."""
    assert particles is not None
    assert isinstance(particles.handle, CryosparcParticles)
    return particles.handle


def _pixels(dataset: Dataset) -> DoubleArray:
    """How many pixels of the class averages one of each particle's alignment is; float64 (P,)."""
    handle, averages = joined(dataset.particles), dataset.class_averages
    if averages is None or averages.pixel_size is None:
        raise InputError(
            "The pixel size of the class averages is unknown.",
            path=handle.main.path,
            hint="Give it with `pixel_size`.",
        )
    return _pixel_sizes(handle) / averages.pixel_size


def _pixel_sizes(handle: CryosparcParticles) -> DoubleArray:
    """Å per pixel of each particle's alignment; NaN where it makes no sense."""
    name = next((name for name in SIZES if name in handle.column_names), SIZES[0])
    size = _numbers(handle, name)
    return np.where(size > 0, size, np.nan)


def _numbers(handle: CryosparcParticles, name: str, *shape: int) -> DoubleArray:
    """A field of numbers, (P, *shape)."""
    values = handle.read_field(name)
    if values.dtype.kind not in "fiu" or values.shape[1:] != shape:
        expected = "a pair of numbers" if shape else "one number"
        raise InputError(
            f"{name} is not {expected} per row.", path=handle.main.path, hint=_GIVE_ALIGNED
        )
    # Damaged files hold NaNs that NumPy would warn of.
    with np.errstate(invalid="ignore", over="ignore"):
        return values.astype(np.float64)


def _slot(rotation: DoubleArray, shift: DoubleArray, pixel_size: DoubleArray) -> npt.NDArray[Any]:
    """alignments3D of each particle."""
    fields = [(f"{SLOT}/{name}", *rest) for name, *rest in FIELDS]
    table = np.zeros(len(rotation), dtype=fields)
    ones = ("alpha", "alpha_min", "class_posterior", "class_ess")
    values = {
        # Half sets have to be said here; every other particle is as good as any.
        "split": np.arange(len(rotation)) % 2,
        "shift": shift,
        "pose": vector_of_rotation(rotation),
        "psize_A": pixel_size,
        **dict.fromkeys(ones, 1.0),
    }
    for name, value in values.items():
        table[f"{SLOT}/{name}"] = value
    return table
