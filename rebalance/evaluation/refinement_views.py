"""Views of particles as a 3D refinement found them: RELION's star files, CryoSPARC's .cs files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rebalance.errors import InputError
from rebalance.model import DoubleArray

ROT, TILT, NAME = "rlnAngleRot", "rlnAngleTilt", "rlnImageName"
POSE, UID = "alignments3D/pose", "uid"
_HINT = (
    f"Give the particles of a 3D refinement: a star file with {NAME}, {ROT} and {TILT}, or a .cs "
    f"file with {POSE}."
)


def is_refinement(path: Path) -> bool:
    """Whether a file is one of those, by its ending."""
    return path.suffix.lower() in (".star", ".cs")


def read_refined_views(path: Path) -> dict[str, Any]:
    """Name and view of every particle, as fields of `Truth`.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        If the angles are not there.
    """
    return _of_star(path) if path.suffix.lower() == ".star" else _of_cs(path)


def view_of_angles(rot: DoubleArray, tilt: DoubleArray) -> DoubleArray:
    """Direction of view from RELION's angles in degrees: float64 (P, 3), z at tilt 0."""
    rot, tilt = np.deg2rad(rot), np.deg2rad(tilt)
    ring = np.sin(tilt)
    return np.stack([ring * np.cos(rot), ring * np.sin(rot), np.cos(tilt)], axis=1)


def view_of_pose(pose: DoubleArray) -> DoubleArray:
    """Direction of view from CryoSPARC's rotation vectors, (P, 3) in radians: float64 (P, 3).

    The rotation takes the frame of the image into that of the molecule, so that the view is where
    the beam, z, goes.
    """
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_rotvec(pose).apply([0.0, 0.0, 1.0]), dtype=np.float64)


def _of_star(path: Path) -> dict[str, Any]:
    from rebalance.formats.star_file import StarFile

    loops = [block.loop for block in StarFile(path).blocks]
    wanted = {ROT, TILT, NAME}
    loop = next((loop for loop in loops if loop is not None and wanted <= {*loop.labels}), None)
    if loop is None:
        raise InputError(f"No table in it has {NAME}, {ROT} and {TILT}.", path=path, hint=_HINT)
    rot, tilt = (_angles(loop, name, path) for name in (ROT, TILT))
    if len(rot) == 0:
        raise InputError("There are no particles in it.", path=path, hint=_HINT)
    all_the_same = np.ptp(rot) == 0 and np.ptp(tilt) == 0
    if all_the_same and len(rot) > 1:
        raise InputError(
            "All particles have the same view, as after a 2D classification.", path=path, hint=_HINT
        )
    names = np.asarray(loop.read_column(NAME)).astype(str)
    return {"particle_view": view_of_angles(rot, tilt), "particle_name": names}


def _angles(loop: Any, name: str, path: Path) -> DoubleArray:
    """Degrees; NaN where one is not finite: such a view is unknown."""
    column = loop.read_column(name)
    try:
        angle = np.asarray(column, dtype=np.float64)
    except ValueError:
        raise InputError(f"{name} does not hold numbers.", path=path, hint=_HINT) from None
    return np.where(np.isfinite(angle), angle, np.nan)


def _of_cs(path: Path) -> dict[str, Any]:
    from rebalance.formats.cs_file import open_cs, read_column

    table = open_cs(path)
    if not {POSE, UID} <= {*(table.dtype.names or ())}:
        raise InputError(f"It has no {POSE}.", path=path, hint=_HINT)
    pose = np.asarray(table.values(POSE), dtype=np.float64)
    names = read_column(table, UID).astype(str)
    return {"particle_view": view_of_pose(pose), "particle_name": names}
