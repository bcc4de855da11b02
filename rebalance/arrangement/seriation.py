"""An order with similar averages side by side: the leaves of a tree, optimally turned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance.model import DoubleArray, FloatArray, IntArray

MOST_FOR_ALL_ENDS = 500
"""Up to so many averages every leaf may be an end of its branch: time ~ n³, 0.2 s at this size."""

ENDS = 64
"""Leaves of each branch that may be its ends, beyond."""

_AT_ONCE = 200_000
"""Sums that are held at a time."""


def seriate(affinity: FloatArray, label: IntArray | None = None) -> IntArray:
    """An order of averages of which no tree is known: by that of their average linkage.

    Parameters
    ----------
    affinity : float32 (n, n)
    label : int64 (n,), optional
        Averages of one label are merged first, so that they stand side by side.

    Returns
    -------
    int64 (n,)
        As `order_leaves` gives it.
    """
    if len(affinity) < 3:
        return np.arange(len(affinity), dtype=np.int64)
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    distance = np.clip(1.0 - squareform(affinity, checks=False).astype(np.float64), 0.0, None)
    if label is not None:
        # No distance within is as large as the least between.
        distance += 2.0 * squareform(label[:, None] != label[None, :], checks=False)
    return order_leaves(linkage(distance, "average"), affinity)


def in_blocks(order: IntArray, label: IntArray) -> IntArray:
    """An order with the averages of each label side by side: blocks by their mean place in it.

    Parameters
    ----------
    order : int64 (n,)
        What stands where.
    label : int64 (n,)
        Of what is ordered, from 0.

    Returns
    -------
    int64 (n,)
        The order itself where the averages of each label are side by side already.
    """
    along = label[order]
    n_of, total = np.bincount(along), np.bincount(along, weights=np.arange(len(order)))
    mean = np.divide(total, n_of, out=np.zeros(len(total)), where=n_of > 0)
    return order[np.lexsort((along, mean[along]))]


def heavy_first(order: IntArray, weight: IntArray) -> IntArray:
    """An order from that of its two ends near which more weight is; as it is where that ties."""
    n = len(order)
    lever = 2 * np.arange(n) - (n - 1)
    return order[::-1].copy() if int(weight[order] @ lever) > 0 else order


def turned(tree: DoubleArray, order: IntArray) -> DoubleArray:
    """A tree whose leaves, from left to right, are in an order that it allows.

    Parameters
    ----------
    tree : float64 (n−1, 4)
        A linkage.
    order : int64 (n,)
        Its leaves. If a branch is not side by side in it, only the middles of branches are.
    """
    n = len(order)
    total, size = np.zeros(n + len(tree)), np.ones(n + len(tree))
    total[order] = np.arange(n)
    made = tree.copy()
    for node, (left, right) in enumerate(tree[:, :2].astype(np.int64).tolist(), start=n):
        total[node], size[node] = total[left] + total[right], size[left] + size[right]
        if total[left] * size[right] > total[right] * size[left]:
            made[node - n, :2] = right, left
    return made


def order_leaves(tree: DoubleArray, affinity: FloatArray, *, ends: int | None = None) -> IntArray:
    r"""The leaves of a tree so that the affinities of neighbours have the highest sum.

    At each merge the two branches may change sides; every branch stays in one piece. With
    M(v; i, j) the least sum of 1 − a of neighbours along branch v from the leaf i at one end to j
    at the other, two branches u and w have [1]_

    .. math:: M(v; i, j) = \min_{k ∈ u, l ∈ w} M(u; i, k) + (1 - a_{kl}) + M(w; l, j)

    found in two steps, first over k, then over l. (SciPy's ``optimal_leaf_ordering`` looks for the
    same order, but may miss it, see scipy/scipy#11227.) In large trees each branch keeps only
    so many ends, those that are best by M and by their affinity to what it is merged with next.

    Parameters
    ----------
    tree : float64 (n−1, 4)
        A linkage.
    affinity : float32 (n, n)
    ends : int, optional
        Leaves of a branch that may be its ends; all of them up to `MOST_FOR_ALL_ENDS` averages,
        `ENDS` beyond.

    Returns
    -------
    int64 (n,)
        Leaves from one end to the other; which comes first means nothing.

    References
    ----------
    .. [1] Z. Bar-Joseph, D. K. Gifford and T. S. Jaakkola, "Fast optimal leaf ordering for
       hierarchical clustering", Bioinformatics 17 (2001) S22, section 3,
       doi:10.1093/bioinformatics/17.suppl_1.S22.
    """
    n = len(tree) + 1
    if ends is None:
        ends = n if n <= MOST_FOR_ALL_ENDS else ENDS
    children = tree[:, :2].astype(np.int64)
    near = _Near(children)
    branches = [_Branch(np.array([leaf]), np.zeros((1, 1)), None) for leaf in range(n)]
    for node, (left, right) in enumerate(children.tolist(), start=n):
        made = _merged(branches[left], branches[right], affinity)
        if len(made.ends) > ends:
            made = _with_best_ends(made, near.of(node), affinity, ends)
        branches.append(made)
        # Only how to go back is still needed of them.
        branches[left].least = branches[right].least = np.empty((0, 0))
    return _walk(branches, children)


@dataclass(eq=False)
class _Merge:
    """Inner ends of a merge, by its outer ones, all as places among the ends of a branch.

    With the outer end i in the first branch and j in the second, the ends that touch are
    ``first[i, second[i, j]]`` and ``second[i, j]``.
    """

    first: IntArray
    second: IntArray
    kept: IntArray
    """Places, first branch before second, of what the merged branch kept as its ends."""


@dataclass(eq=False)
class _Branch:
    ends: IntArray
    """Leaves that may be at its ends."""
    least: DoubleArray
    """Least cost from end to end."""
    merge: _Merge | None


def _merged(one: _Branch, other: _Branch, affinity: FloatArray) -> _Branch:
    step = 1.0 - affinity[np.ix_(one.ends, other.ends)].astype(np.float64)
    to_other, first = _min_plus(one.least, step)
    across, second = _min_plus(to_other, other.least)
    n_one, n_all = len(one.ends), len(one.ends) + len(other.ends)
    least = np.full((n_all, n_all), np.inf)
    least[:n_one, n_one:] = across
    least[n_one:, :n_one] = across.T
    merge = _Merge(first, second, np.arange(n_all))
    return _Branch(np.concatenate([one.ends, other.ends]), least, merge)


def _min_plus(a: DoubleArray, b: DoubleArray) -> tuple[DoubleArray, IntArray]:
    """min_k a_ik + b_kj, and that k; float64 and int64 (len(a), len(bᵀ))."""
    value = np.empty((len(a), b.shape[1]))
    place = np.empty(value.shape, dtype=np.int64)
    columns = np.ascontiguousarray(b.T)
    step = max(1, _AT_ONCE // max(1, columns.size))
    for start in range(0, len(a), step):
        sums = a[start : start + step, None, :] + columns
        place[start : start + step] = sums.argmin(axis=2)
        value[start : start + step] = sums.min(axis=2)
    return value, place


def _with_best_ends(made: _Branch, near: IntArray, affinity: FloatArray, ends: int) -> _Branch:
    """The same branch with fewer ends, half of them on either side of its merge."""
    assert made.merge is not None
    n_one = len(made.merge.first)
    outward = 1.0 - affinity[np.ix_(made.ends, near)].max(axis=1) if len(near) else 0.0
    cost = made.least.min(axis=1) + outward
    rank = np.argsort(cost, kind="stable")
    one, other = rank[rank < n_one], rank[rank >= n_one]
    most = max(ends // 2, ends - len(other))
    kept = np.sort(np.concatenate([one[:most], other[: max(ends - len(one), ends - most)]]))
    merge = _Merge(made.merge.first, made.merge.second, kept)
    return _Branch(made.ends[kept], made.least[np.ix_(kept, kept)], merge)


class _Near:
    """Leaves of the branches that a branch is merged with next, and next but one."""

    def __init__(self, children: IntArray) -> None:
        n = len(children) + 1
        self._parent = np.full(n + len(children), -1)
        self._parent[children.ravel()] = np.repeat(np.arange(n, n + len(children)), 2)
        self._children, self._n = children, n
        self._size = np.ones(n + len(children), dtype=np.int64)
        for node, (left, right) in enumerate(children.tolist(), start=n):
            self._size[node] = self._size[left] + self._size[right]
        # Every branch is a run of one order of all leaves.
        self._first = np.zeros(n + len(children), dtype=np.int64)
        for node in range(n + len(children) - 1, n - 1, -1):
            left, right = children[node - n]
            self._first[left] = self._first[node]
            self._first[right] = self._first[node] + self._size[left]
        self._leaves = np.argsort(self._first[:n])

    def of(self, node: int) -> IntArray:
        """Leaves beyond a branch, those of its grandparent; int64 (m,)."""
        up = self._parent[node]
        above = self._parent[up] if up >= 0 else -1
        top = above if above >= 0 else up
        if top < 0:
            return self._leaves[:0]
        start, stop = self._first[node], self._first[node] + self._size[node]
        left, right = self._first[top], self._first[top] + self._size[top]
        return np.concatenate([self._leaves[left:start], self._leaves[stop:right]])


def _walk(branches: list[_Branch], children: IntArray) -> IntArray:
    """The leaves along the best way through the whole tree."""
    n = len(children) + 1
    root = len(branches) - 1
    start, stop = divmod(int(branches[root].least.argmin()), len(branches[root].ends))
    order, waiting = [], [(root, start, stop)]
    while waiting:
        node, start, stop = waiting.pop()
        merge = branches[node].merge
        if merge is None:
            order.append(node)
            continue
        left, right = children[node - n].tolist()
        i, j = sorted((int(merge.kept[start]), int(merge.kept[stop])))
        j -= len(merge.first)
        inner = int(merge.second[i, j])
        ways = [(left, i, int(merge.first[i, inner])), (right, inner, j)]
        if merge.kept[start] > merge.kept[stop]:
            ways = [(branch, last, first) for branch, first, last in reversed(ways)]
        waiting.extend(reversed(ways))
    return np.array(order, dtype=np.int64)
