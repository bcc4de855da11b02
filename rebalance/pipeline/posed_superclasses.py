"""Superclasses beside the poses that a 3D refinement gave to the same particles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.model import (
    BoolArray,
    Dataset,
    DoubleArray,
    IntArray,
    ParticleTable,
    Selection,
    SuperclassOrientations,
)
from rebalance.orientations.sampling import DRAWS, SlicePasses
from rebalance.orientations.superclasses import views_of_groups
from rebalance.pipeline.read_posed import read_posed
from rebalance.seeds import generator

NAMES = ("rlnImageName", "uid")
"""Columns that identify the same particle in two tables."""


@dataclass(frozen=True, eq=False)
class MatchedPoses:
    """Particles of a 2D classification with the poses that a 3D refinement gave them.

    Parameters
    ----------
    source : str
        Name of the refinement.
    direction : float64 (P, 3)
        From where each particle of the classification looks; NaN without a pose.
    symmetry : str
    operations : float64 (G, 3, 3)
        Of the point group.
    files : tuple of Path
        That were read.
    warnings, notes : tuple of str
    """

    source: str
    direction: DoubleArray
    symmetry: str
    operations: DoubleArray
    files: tuple[Path, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def match_poses(
    dataset: Dataset, path: Path, *, symmetry: str | None = None, project: Path | None = None
) -> MatchedPoses:
    """The poses of the particles of a 2D classification.

    Parameters
    ----------
    dataset : Dataset
        The 2D classification.
    path : Path
        A 3D refinement of the same particles, or of some of them.
    symmetry : str, optional
        Point group; what the refinement says by default.
    project : Path, optional

    Raises
    ------
    InputError
        If the refinement can't be read, or has none of the particles.
    """
    if dataset.particles is None:
        raise InputError(
            "There are no particles to match with its poses.",
            path=path,
            hint="Leave out `poses`, or give the particles of the classification.",
        )
    posed = read_posed(path, symmetry=symmetry, project=project)
    assert posed.dataset.particles is not None
    row = rows_of_same(dataset.particles, posed.dataset.particles, path)
    direction = np.full((len(row), 3), np.nan)
    direction[row >= 0] = posed.direction[row[row >= 0]]
    n, total = int(np.count_nonzero(np.isfinite(direction[:, 0]))), len(row)
    if n == 0:
        raise InputError(
            "It has a pose for none of the particles of the 2D classification.",
            path=path,
            hint="Give a 3D refinement of the same particles.",
        )
    said = f"{n:,} of {total:,} particles have a pose in {posed.dataset.job}."
    is_few = n < total / 2
    return MatchedPoses(
        posed.dataset.job,
        direction,
        posed.symmetry,
        posed.operations,
        posed.dataset.sources,
        (*posed.warnings, *((said,) if is_few else ())),
        (*posed.notes, *(() if is_few else (said,))),
    )


def superclass_orientations(
    poses: MatchedPoses,
    selection: Selection,
    n_superclasses: int,
    *,
    threads: int | None = None,
) -> SuperclassOrientations:
    """How superclasses lie on the sphere, and what a selection does to SCF*.

    Parameters
    ----------
    poses : MatchedPoses
    selection : Selection
        Of the same particles; its seed draws as many at random.
    n_superclasses : int
    threads : int, optional
    """
    direction = poses.direction
    has_pose: BoolArray = np.isfinite(direction[:, 0])
    view, spread = views_of_groups(
        direction, selection.superclass, n_superclasses, poses.operations
    )
    grouped = has_pose & (selection.superclass >= 0)
    label, kept = selection.superclass[grouped], selection.selected[grouped]
    n_after = int(np.count_nonzero(kept))
    scf_star, after, at_random = 0.0, None, np.zeros(0)
    if len(label):
        passes = SlicePasses(direction[grouped], poses.operations, threads=threads)
        scf_star = passes.score(np.ones(len(kept), dtype=np.bool_))
        if selection.cap is not None and n_after:
            after = passes.score(kept)
            rng = generator(selection.seed, len(kept), n_after)
            at_random = passes.at_random(n_after, rng, DRAWS)
    return SuperclassOrientations(
        source=poses.source,
        symmetry=poses.symmetry,
        operations=poses.operations,
        n_matched=int(np.count_nonzero(has_pose)),
        n_particles=len(has_pose),
        particles=np.bincount(label, minlength=n_superclasses).astype(np.int64),
        direction=view,
        spread=spread,
        scf_star=scf_star,
        scf_star_after=after,
        scf_star_at_random=at_random,
        n_after=n_after,
    )


def rows_of_same(particles: ParticleTable, others: ParticleTable, path: Path) -> IntArray:
    """Row among others of each particle, by its name.

    Parameters
    ----------
    particles : ParticleTable
        P particles.
    others : ParticleTable
    path : Path
        Of the others, for the error.

    Returns
    -------
    int64 (P,)
        −1 for one that is not there. Of a name that is there twice, the first row.

    Raises
    ------
    InputError
        If the tables name no particles by the same column, or share none.
    """
    name = next(
        (one for one in NAMES if one in particles.column_names and one in others.column_names), None
    )
    if name is None:
        raise InputError(
            "Its particles are identified differently from those of the 2D classification "
            f"({_named(particles.column_names)}, here {_named(others.column_names)}).",
            path=path,
            hint="Give a refinement from the same program, with rlnImageName or uid.",
        )
    row = _rows_of(particles.column(name), others.column(name))
    if not (row >= 0).any():
        raise InputError(
            f"It shares no particles with the 2D classification, compared by {name}.",
            path=path,
            hint="Give a 3D refinement of the same particles.",
        )
    return row


def _named(columns: Iterable[str]) -> str:
    return next((name for name in NAMES if name in columns), "without identifiers")


def _rows_of(wanted: npt.NDArray[np.generic], names: npt.NDArray[np.generic]) -> IntArray:
    order = np.argsort(names, kind="stable")
    in_order = names[order]
    place = np.searchsorted(in_order, wanted).clip(max=max(len(order) - 1, 0))
    if len(order) == 0:
        return np.full(len(wanted), -1, dtype=np.int64)
    return np.where(in_order[place] == wanted, order[place], -1).astype(np.int64)
