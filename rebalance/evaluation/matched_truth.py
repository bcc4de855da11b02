"""Truth matched to a data set: a view for each particle of its table, a group for each class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance.errors import InputError
from rebalance.evaluation.ground_truth import Truth
from rebalance.evaluation.known_views import KnownViews
from rebalance.model import DoubleArray, IntArray, ParticleTable

NAME_COLUMNS = ("rlnImageName", "uid")
"""Columns of particle tables by which a truth may identify particles."""


@dataclass(frozen=True, eq=False)
class MatchedTruth:
    """Truth matched to one data set.

    Parameters
    ----------
    views : KnownViews or None
        None where no views are known.
    are_counted : bool
        False where particles are not known, and each class stands for one in ``views``.
    truth : Truth
    """

    views: KnownViews | None
    are_counted: bool
    truth: Truth


def match_truth(
    truth: Truth, particles: ParticleTable | None = None, *, mirrors: bool = True
) -> MatchedTruth:
    """Match a truth to particles, by their names or by their order.

    Parameters
    ----------
    truth : Truth
    particles : ParticleTable, optional
        Without it, the truth may know its particles itself.
    mirrors : bool
        A view and its opposite count as alike.

    Raises
    ------
    InputError
        If its particles are none of the table's.
    """
    if truth.particle_view is None and truth.class_view is None:
        return MatchedTruth(None, False, truth)
    table = particles
    if truth.particle_view is not None and (table is not None or truth.particle_class is not None):
        if table is None:
            assert truth.particle_class is not None
            return _matched(truth, truth.particle_class, truth.particle_view, mirrors)
        return _matched(truth, table, _of_table(truth, truth.particle_view, table), mirrors)
    if truth.class_view is None:
        return MatchedTruth(None, False, truth)
    if table is None:
        class_id = np.array(sorted(truth.class_view), dtype=np.int64)
        view = np.stack([truth.class_view[int(number)] for number in class_id])
        return MatchedTruth(_known(truth, class_id, view, mirrors), False, truth)
    none = np.full(3, np.nan)
    numbers, row = np.unique(table.class_id, return_inverse=True)
    of_class = np.stack([truth.class_view.get(int(number), none) for number in numbers])
    return _matched(truth, table, of_class[row], mirrors)


def _matched(
    truth: Truth, particles: ParticleTable | IntArray, view: DoubleArray, mirrors: bool
) -> MatchedTruth:
    return MatchedTruth(_known(truth, particles, view, mirrors), True, truth)


def _known(
    truth: Truth, particles: ParticleTable | IntArray, view: DoubleArray, mirrors: bool
) -> KnownViews:
    return KnownViews(particles, view, truth.symmetry, axial=mirrors, class_view=truth.class_view)


def _of_table(truth: Truth, view: DoubleArray, table: ParticleTable) -> DoubleArray:
    if truth.particle_name is None:
        same = truth.particle_class is not None and np.array_equal(
            truth.particle_class, table.class_id
        )
        if not same:
            raise InputError(
                f"It has {len(view):,} particles without names, which are not the {len(table):,} "
                "of the particle table.",
                path=truth.source or None,
                hint="Give a truth that names its particles, or the one for this classification.",
            )
        return view
    row_of = {str(name): row for row, name in enumerate(truth.particle_name)}
    columns = [name for name in NAME_COLUMNS if name in table.column_names]
    for column in columns:
        row = np.array([row_of.get(str(name), -1) for name in table.column(column)])
        if (row >= 0).any():
            return np.where((row >= 0)[:, None], view[row], np.nan)
    raise InputError(
        f"None of its {len(view):,} particles is in the particle table"
        + (
            f" (column {columns[0]}: {table.column(columns[0])[0]!s}, …; here: "
            f"{truth.particle_name[0]}, …)."
            if columns and len(table) and len(view)
            else "."
        ),
        path=truth.source or None,
        hint="Give the truth for the classification that was grouped.",
    )
