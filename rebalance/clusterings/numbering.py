"""From the raw labels of a clustering to `Superclasses`: numbers, medoids, display order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rebalance.arrangement.seriation import heavy_first, in_blocks, seriate, turned
from rebalance.model import (
    BY_CLUSTERING,
    SET_ASIDE,
    UNASSIGNED,
    Classes,
    DoubleArray,
    FloatArray,
    IntArray,
    Superclasses,
)


def number_superclasses(
    label: IntArray,
    classes: Classes,
    *,
    values: FloatArray | None = None,
    linkage: DoubleArray | None = None,
    preferred_order: IntArray | None = None,
    clustering: str = "",
    options: Mapping[str, Any] | None = None,
    notes: tuple[str, ...] = (),
    by: str = BY_CLUSTERING,
) -> Superclasses:
    """Renumber labels by falling size and describe each superclass.

    Parameters
    ----------
    label : int64 (N,)
        0 … K−1 in any order, each at least once; below 0 for averages in no superclass.
    classes : Classes
        N classes. Without particle counts the size of a superclass is its number of averages.
    values : float32 (N, N), optional
        Affinity; without it medoids are the averages with most particles.
    linkage : float64 (n−1, 4), optional
        Over the averages with a label, in order.
    preferred_order : int64 (n,), optional
        Indices of the averages with a label, similar ones side by side; without it they are put
        in order by their affinity.
    clustering, options, notes, by
        As in `Superclasses`.
    """
    class_id, counts = classes.class_id, classes.n_particles
    if counts is None:
        counts = np.ones(len(label), dtype=np.int64)
    groups = [np.flatnonzero(label == number) for number in range(label.max(initial=-1) + 1)]
    groups = [members[np.argsort(class_id[members])] for members in groups]
    groups.sort(key=lambda members: (-int(counts[members].sum()), int(class_id[members[0]])))

    numbered = np.full(len(label), UNASSIGNED, dtype=np.int64)
    medoid_row = np.empty(len(groups), dtype=np.int64)
    mean_affinity = np.empty(len(groups), dtype=np.float64)
    for number, members in enumerate(groups):
        numbered[members] = number
        medoid_row[number], mean_affinity[number] = _medoid(members, values, counts)
    numbered[(numbered == UNASSIGNED) & classes.is_aside] = SET_ASIDE
    by_number = np.argsort(class_id)
    used, aside, others = (
        by_number[which[by_number]]
        for which in (numbered >= 0, numbered == SET_ASIDE, numbered == UNASSIGNED)
    )
    shown = _in_display_order(used, numbered, values, preferred_order, counts)

    return Superclasses(
        label=numbered,
        class_id=class_id,
        size=np.array([counts[members].sum() for members in groups], dtype=np.int64),
        medoid=class_id[medoid_row],
        mean_affinity=mean_affinity,
        order=np.concatenate([shown, aside, others]).astype(np.int64),
        clustering=clustering,
        options=dict(options or {}),
        linkage=None if linkage is None else turned(linkage, np.argsort(np.argsort(shown))),
        left_out=classes.left_out,
        junk=classes.junk,
        notes=notes,
        by=by,
        n_particles=classes.n_particles,
    )


def _medoid(members: IntArray, values: FloatArray | None, counts: IntArray) -> tuple[int, float]:
    if len(members) == 1:
        return int(members[0]), 1.0
    if values is None:
        return int(members[np.argmax(counts[members])]), float("nan")
    within = values[np.ix_(members, members)].astype(np.float64)
    np.fill_diagonal(within, 0.0)
    total = within.sum(axis=1)
    # Members come by class number: ties go to the most particles, then to the lowest number.
    best = np.flatnonzero(total == total.max())
    medoid = members[best[np.argmax(counts[members[best]])]]
    return int(medoid), float(total.sum() / (len(members) * (len(members) - 1)))


def _in_display_order(
    used: IntArray,
    label: IntArray,
    values: FloatArray | None,
    preferred: IntArray | None,
    counts: IntArray,
) -> IntArray:
    """Indices ``used``, which come by class number, in the order of `Superclasses.order`."""
    if preferred is not None:
        order = in_blocks(preferred, label)
    elif values is not None:
        order = used[seriate(values[np.ix_(used, used)], label[used])]
    else:
        return used[np.lexsort((-counts[used], label[used]))]
    return heavy_first(order, counts)
