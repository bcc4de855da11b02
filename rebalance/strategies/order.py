"""Rows of each group, and the order in which a strategy would keep them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from rebalance.model import IntArray, ParticleTable
from rebalance.strategies.half_sets import read_half_sets


def rows_by_group(group: IntArray) -> Iterator[tuple[int, IntArray]]:
    """The rows of each non-empty group, in order; rows of group −1 are skipped.

    Parameters
    ----------
    group : int64 (P,)

    Yields
    ------
    number : int
    rows : int64
    """
    n = int(group.max(initial=-1)) + 1
    # A stable sort of small integers is a radix sort: linear in the number of particles.
    small = group.astype(np.int16) if n < 2**15 else group
    order = np.argsort(small, kind="stable")
    ends = np.cumsum(np.bincount(group + 1, minlength=n + 1))
    for number in range(n):
        rows = order[ends[number] : ends[number + 1]]
        if len(rows):
            yield number, rows


Quota = Literal["none", "proportional", "equal"]
"""How many places each class of a group gets: as it comes, its share, or all the same number."""

QUOTA_HELP = (
    "How the places of a group are shared between its 2D classes: none (chance or score decides), "
    "proportional (by size), equal (the same number each, as far as they last)."
)

QUOTA_WORDS = {
    "none": "",
    "proportional": " in proportion to the classes",
    "equal": ", the same number from each class",
}
"""For a methods paragraph."""


def classes_of(particles: ParticleTable, quota: Quota) -> IntArray:
    """The classes that a quota is for: where there are half sets, those within each half.

    Parameters
    ----------
    particles : ParticleTable
    quota : {"none", "proportional", "equal"}

    Returns
    -------
    int64 (P,)
        The class numbers, or a number of its own for each class and half.
    """
    halves = None if quota == "none" else read_half_sets(particles)
    return particles.class_id if halves is None else particles.class_id * halves.n + halves.half


def by_quota(rows: IntArray, class_id: IntArray, quota: Quota) -> IntArray:
    """Reorder rows so that every prefix gives the classes what a quota says.

    Parameters
    ----------
    rows : int64 (n,)
        In order of preference.
    class_id : int64 (n,)
        Of those rows, as `classes_of` numbers them.
    quota : {"none", "proportional", "equal"}

    Returns
    -------
    int64 (n,)
        The same rows.
    """
    if quota == "none":
        return rows
    return (in_proportion if quota == "proportional" else in_equal_numbers)(rows, class_id)


def in_equal_numbers(rows: IntArray, class_id: IntArray) -> IntArray:
    """Reorder rows so that every prefix holds as many of each class, as far as each reaches.

    The first of every class comes first, then the second of every class that has one, and so on;
    within a round the larger class goes first, then the lower class number. So no class has two
    more than another that has any left, and a larger cap never takes a row away.

    Parameters
    ----------
    rows : int64 (n,)
        In order of preference.
    class_id : int64 (n,)
        Of those rows.

    Returns
    -------
    int64 (n,)
        The same rows.
    """
    rank, count, of_class = _ranks(class_id)
    return rows[np.lexsort((of_class, -count[of_class], rank))]


def in_proportion(rows: IntArray, class_id: IntArray) -> IntArray:
    """Reorder rows so that every prefix has the classes in the proportion of the whole.

    A prefix of m rows is the Webster/Sainte-Laguë apportionment of m seats to the classes, so a
    larger cap never removes a row.

    Parameters
    ----------
    rows : int64 (n,)
        In order of preference.
    class_id : int64 (n,)
        Of those rows.

    Returns
    -------
    int64 (n,)
        The same rows.

    References
    ----------
    .. [1] M. L. Balinski and H. P. Young, "Fair Representation", Yale University Press (1982).
    """
    rank, count, of_class = _ranks(class_id)
    # Row r of a class of n gets place (r + ½) / n; ties: larger class, then lower number.
    # Correctly rounded division: equal fractions are equal floats, ties are real ties.
    place = (2 * rank + 1) / (2 * count[of_class])
    return rows[np.lexsort((of_class, -count[of_class], place))]


def _ranks(class_id: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Rank of each row in its class, size of each class, and which class each row is of."""
    _, of_class, count = np.unique(class_id, return_inverse=True, return_counts=True)
    by_class = np.argsort(of_class, kind="stable")
    start = np.concatenate(([0], np.cumsum(count)[:-1]))
    rank = np.empty(len(class_id), dtype=np.int64)
    rank[by_class] = np.arange(len(class_id)) - np.repeat(start, count)
    return rank, count, of_class
