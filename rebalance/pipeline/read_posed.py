"""Reads particles and from where they look, and finds the point group that counts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from rebalance import formats
from rebalance.errors import InputError
from rebalance.model import Orientations, Posed
from rebalance.model.counting import counted
from rebalance.point_groups import operations_of, parse_symmetry


def read_posed(
    path: Path,
    *,
    symmetry: str | None = None,
    only_classes: Iterable[int] | None = None,
    format: str | None = None,
    passthrough: Iterable[Path] = (),
    project: Path | None = None,
) -> Posed:
    """Read particles and their poses.

    Parameters
    ----------
    path : Path
        Job folder or particle table of a 3D refinement, classification or initial model.
    symmetry : str, optional
        Point group; by default what the job says, else C1.
    only_classes : iterable of int, optional
        3D classes to use.
    format, passthrough, project
        As for `rebalance.read`.

    Raises
    ------
    InputError
        If there are no particles, or none with a pose.
    OptionError
        If there is no such point group.
    """
    dataset = formats.read_refinement(
        path, format=format, passthrough=tuple(passthrough), project=project
    )
    assert dataset.particles is not None
    orientations = formats.read_orientations(dataset)
    group, notes = _symmetry(symmetry, orientations)
    class_id = dataset.particles.class_id
    is_of_class = np.ones(len(class_id), dtype=np.bool_)
    if only_classes is not None:
        is_of_class = np.isin(class_id, list(only_classes))
    is_used = is_of_class & orientations.is_known
    if not is_used.any():
        which = "has a pose" if only_classes is None else "of these 3D classes has a pose"
        raise InputError(
            f"None of the {counted(len(class_id), 'particle')} {which}.",
            path=path,
            hint="Give the particles from a 3D refinement.",
        )
    warnings = []
    unknown = int(np.count_nonzero(is_of_class & ~orientations.is_known))
    if unknown:
        warnings.append(f"{counted(unknown, 'particle')} without a pose were put in no bin.")
    classes = np.unique(class_id[is_used])
    if len(classes) > 1:
        notes.append(
            f"Particles of {len(classes)} 3D classes were analyzed together. Use `only_classes` "
            "to select some."
        )
    return Posed(
        dataset,
        orientations,
        group,
        operations_of(group, convention=orientations.convention),
        is_used,
        is_of_class,
        (*dataset.notes, *notes),
        (*dataset.warnings, *warnings),
    )


def _symmetry(given: str | None, orientations: Orientations) -> tuple[str, list[str]]:
    """The point group that counts, and where it comes from."""
    stated = orientations.symmetry
    if given is not None:
        group = parse_symmetry(given, orientations.convention)
        if stated and parse_symmetry(stated, orientations.convention) != group:
            return group, [
                (f"Using point group {group} as requested, but the job was run with {stated}.")
            ]
        return group, []
    if stated:
        group = parse_symmetry(stated, orientations.convention)
        return group, [f"Point group {stated}, from the files of the job."]
    return "C1", [
        "The files don't state the point group of the refinement, so C1 is used. If it was "
        "another, give it with `symmetry`."
    ]
