"""Aligns averages one to another along a chain or tree, accumulating the motions."""

from __future__ import annotations

import numpy as np

from rebalance.model import Alignment, FloatArray, IntArray, Transform

CARRIED = 0.75
"""Share of a shift that is carried on to the next: in a long chain of averages that are not quite
centred all of it would lead out of the box."""

ROOT = -1
"""For an average that is aligned to no other."""


def along(n: int) -> IntArray:
    """For n averages in a row, the place to which each is aligned: the previous one."""
    return np.arange(-1, n - 1, dtype=np.int64)


def on_the_most_alike(affinity: FloatArray) -> IntArray:
    """The place to which each average is aligned, with the highest sum of affinities.

    Parameters
    ----------
    affinity : float32 (n, n)

    Returns
    -------
    int64 (n,)
        The tree of highest affinities, hung up at the average with the highest sum of affinities,
        which has `ROOT`.
    """
    from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

    n = len(affinity)
    if n == 0:
        return np.empty(0, dtype=np.int64)
    # Where there is no edge stands 0, which these distances never are.
    tree = minimum_spanning_tree(2.0 - affinity.astype(np.float64))
    middle = int(affinity.sum(axis=1, dtype=np.float64).argmax())
    onto = breadth_first_order(tree, middle, directed=False)[1].astype(np.int64)
    onto[middle] = ROOT
    return onto


def carried_on(
    alignment: Alignment, rows: IntArray, onto: IntArray, *, carried: float = CARRIED
) -> list[Transform]:
    """The motion of each average onto its neighbor, as already moved.

    Parameters
    ----------
    alignment : Alignment
    rows : int64 (n,)
        Which averages of it.
    onto : int64 (n,)
        The place in ``rows`` of the one that each is laid on; `ROOT` where it is not moved.
    carried : float
        Share of a shift that is carried on; rotations and mirrors always are. With 1 each motion is
        that of the pair followed by that of its neighbour.

    Returns
    -------
    n of Transform
    """
    made: list[Transform | None] = [None] * len(rows)
    for place in range(len(rows)):
        waiting = [place]
        while made[place] is None:
            at = waiting[-1]
            under = int(onto[at])
            if under == ROOT:
                made[at] = Transform()
            elif (below := made[under]) is None:
                waiting.append(under)
                continue
            else:
                step = alignment.pair(int(rows[under]), int(rows[at])).then(below)
                x, y = step.shift
                made[at] = Transform(step.rotation, (carried * x, carried * y), step.mirror)
            waiting.pop()
    return [motion for motion in made if motion is not None]
