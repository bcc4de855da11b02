"""Half sets: a group that is cut keeps the ratio of its halves, to within one particle.

A refinement deals its particles into two halves, which are compared to find the resolution. Cut
without regard to that, a small group could end in one of them. So the places of a group are shared
out to its halves as seats are to parties, by the method of Webster and Sainte-Laguë (see
`rebalance.strategies.order.in_proportion`): each half has its share of any number kept, rounded,
and a larger cap takes no particle away. Who of a half stays is for the strategy to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.model import IntArray, ParticleTable
from rebalance.strategies.run_plugin import slices

HALF_SETS = ("rlnRandomSubset", "alignments3D/split")
"""Columns that say which half a particle is in."""

MOST_VALUES = 3
"""Two halves, and a value for particles in neither. A column with more values means something else.
"""

_FEW = 256


@dataclass(frozen=True, eq=False)
class HalfSets:
    """In which half of the data each particle is.

    Parameters
    ----------
    column : str
    half : uint8 (P,)
        0 to H − 1, in the order of the column's values; of particles without one, the last.
    n : int
        H, 2 or 3.
    """

    column: str
    half: npt.NDArray[np.uint8]
    n: int


def read_half_sets(particles: ParticleTable) -> HalfSets | None:
    """The halves that a table tells of; None if there is no column of two or three values.

    Values are categories, whatever they are: RELION's halves are 1 and 2, with 0 for a particle
    in neither, those of CryoSPARC 0 and 1. One value alone says that there are no halves yet.
    """
    names = particles.column_names
    for column in HALF_SETS:
        if column in names:
            values = np.asarray(particles.column(column))
            found = _categories(values) if values.shape == (len(particles),) else None
            if found is not None:
                return HalfSets(column, *found)
    return None


def _categories(values: npt.NDArray[Any]) -> tuple[npt.NDArray[np.uint8], int] | None:
    if not len(values):
        return None
    if values.dtype.kind == "b":
        values = values.view(np.uint8)
    if values.dtype.kind in "iu":
        low, high = int(values.min()), int(values.max())
        if high - low < _FEW:
            code = np.empty(len(values), dtype=np.uint8)
            count = np.zeros(_FEW, dtype=np.int64)
            for rows in slices(len(values)):
                # In a type of 8 bits a difference of up to 255 is right though it wraps around.
                code[rows] = (values[rows] - values.dtype.type(low)).astype(np.uint8)
                count += np.bincount(code[rows], minlength=_FEW)
            return _renumbered(code, np.flatnonzero(count))
    elif values.dtype.kind not in "fUS":
        values = values.astype(str)
    distinct, place = np.unique(values, return_inverse=True)
    return _renumbered(place, np.arange(len(distinct)))


def _renumbered(code: npt.NDArray[Any], present: IntArray) -> tuple[Any, int] | None:
    if not 2 <= len(present) <= MOST_VALUES:
        return None
    number = np.zeros(int(present[-1]) + 1, dtype=np.uint8)
    number[present] = np.arange(len(present))
    return number[code], len(present)


def count_halves(group: IntArray, n_groups: int, halves: HalfSets) -> IntArray:
    """Particles of each half of each group, int64 (G, H); those of −1 are not counted."""
    count = np.zeros((n_groups + 1) * halves.n, dtype=np.int64)
    for rows in slices(len(group)):
        number = (group[rows] + 1) * halves.n + halves.half[rows]
        count += np.bincount(number, minlength=len(count))
    return count.reshape(n_groups + 1, halves.n)[1:]


def seats(count: IntArray, cap: int) -> IntArray:
    """How many of each half are kept at a cap.

    Parameters
    ----------
    count : int64 (G, H)
        Particles of each half of each group; H is 2 or 3.
    cap : int ≥ 0

    Returns
    -------
    int64 (G, H)
        min(size, cap) in all for each group; each is its share of that, rounded up or down, and
        rises with the cap.
    """
    size = count.sum(axis=1, keepdims=True)
    # Of two or three parties none has less than its share rounded down, or more than rounded up.
    share = np.minimum(size, cap) * count // np.maximum(size, 1)
    has_one_more = [
        _place_in_group(share[:, half], half, count) < np.minimum(size[:, 0], cap)
        for half in range(count.shape[1])
    ]
    return share + (np.stack(has_one_more, axis=1) & (share < count))


def places_below(half_in_line: npt.NDArray[np.uint8], count: IntArray, quota: IntArray) -> IntArray:
    """The places below which particles of each half stay, so that its quota does.

    Parameters
    ----------
    half_in_line : uint8 (n,)
        Halves of the candidates by group, and by their place in it.
    count, quota : int64 (G, H)
        Particles of each half of each group, and how many of them stay.

    Returns
    -------
    int64 (G, H)
    """
    start = _before(count.sum(axis=1))
    below = np.zeros_like(count)
    for half in range(count.shape[1]):
        at = np.flatnonzero(half_in_line == half)
        some = np.flatnonzero(quota[:, half])
        last = at[(_before(count[:, half]) + quota[:, half] - 1)[some]]
        below[some, half] = last - start[some] + 1
    return below


def places_in_line(half_in_line: npt.NDArray[np.uint8], count: IntArray) -> IntArray:
    """Places by which every cap keeps its quota of each half.

    Parameters
    ----------
    half_in_line, count
        As for `places_below`.

    Returns
    -------
    int64 (n,)
        In line.
    """
    place = np.empty(len(half_in_line), dtype=np.int64)
    for half in range(count.shape[1]):
        own = count[:, half]
        rank = np.arange(int(own.sum())) - np.repeat(_before(own), own)
        at = np.flatnonzero(half_in_line == half)
        place[at] = _place_in_group(rank, half, np.repeat(count, own, axis=0))
    return place


def _before(count: IntArray) -> IntArray:
    return np.asarray(np.cumsum(count) - count)


def _place_in_group(rank: IntArray, half: int, count: IntArray) -> IntArray:
    """Place in its group of row number ``rank`` of a half.

    The row is at (rank + ½) / n of the n of its half. Before it are those of another half that are
    at less, and at as much if that half is the larger. Between halves of one size the first goes
    first where they are of odd size, and last where they are of even size: over many groups no
    half gains.

    Parameters
    ----------
    rank : int64 (m,)
    half : int
    count : int64 (m, H)
        Particles of each half of its group.
    """
    n = np.maximum(count[:, half], 1)
    place = rank.copy()
    for other in range(count.shape[1]):
        if other == half:
            continue
        theirs = count[:, other]
        is_first = (n % 2 == 1) if other < half else (n % 2 == 0)
        goes_first = (theirs > n) | ((theirs == n) & is_first)
        # (2 r' + 1) / theirs < (2 r + 1) / n in whole numbers: odd numbers below, or up to, x / n.
        x = (2 * rank + 1) * theirs
        place += np.where(goes_first, (x // n + 1) // 2, -(-x // n) // 2)
    return place
