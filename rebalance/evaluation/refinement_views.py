"""Views of particles as a 3D refinement found them: RELION's star files, CryoSPARC's .cs files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rebalance import formats
from rebalance.errors import InputError
from rebalance.evaluation.matched_truth import NAME_COLUMNS
from rebalance.orientations.view_angles import Symmetry
from rebalance.point_groups import operations_of

_HINT = "Give the particles of a 3D refinement."
_ENDINGS = (".star", ".cs", ".csg")
_SURELY_ALIKE = 1e-6


def is_refinement(path: Path) -> bool:
    """Whether a path may be one: a file by its ending, or a folder of such files."""
    if path.is_dir():
        return any(entry.suffix.lower() in _ENDINGS for entry in path.iterdir())
    return path.suffix.lower() in _ENDINGS


def read_refined_views(path: Path, symmetry: str | None = None) -> tuple[dict[str, Any], Symmetry]:
    """Name and view of every particle, as fields of `Truth`, and the point group.

    Parameters
    ----------
    path : Path
    symmetry : str, optional
        Point group, instead of the one that the job states.

    Returns
    -------
    fields : dict
    symmetry : str or float64 (G, 3, 3)
        C1 by its name, others by their rotations, as the program has them.

    Raises
    ------
    InputError
        If the angles are not there, or all the same.
    """
    dataset = formats.read_refinement(path)
    orientations = formats.read_orientations(dataset)
    assert dataset.particles is not None
    known = orientations.direction[orientations.is_known]
    if len(known) > 1 and np.ptp(known, axis=0).max() < _SURELY_ALIKE:
        raise InputError(
            "All particles have the same view, as after a 2D classification.", path=path, hint=_HINT
        )
    name = next((one for one in NAME_COLUMNS if one in dataset.particles.column_names), None)
    if name is None:
        raise InputError(
            f"Its particles have no name: there is no {' or '.join(NAME_COLUMNS)}.",
            path=path,
            hint=_HINT,
        )
    group = symmetry or orientations.symmetry or "C1"
    fields = {
        "particle_view": orientations.direction,
        "particle_name": dataset.particles.column(name).astype(str),
    }
    if group.upper() == "C1":
        return fields, "C1"
    return fields, operations_of(group, convention=orientations.convention)
