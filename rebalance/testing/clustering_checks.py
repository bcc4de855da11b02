"""The checks of a clustering, in order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from rebalance.api import cluster
from rebalance.model import UNASSIGNED, Affinity, DoubleArray, FloatArray, IntArray
from rebalance.plugin_validation import overrides
from rebalance.seeds import generator
from rebalance.testing.clustering_subject import (
    BLOCKS,
    MANY,
    ClusteringSubject,
    N,
    all_alike,
    any_affinity,
    as_result,
    block_affinity,
    input_of,
    partition,
    tied_affinity,
    unequal_particles,
)
from rebalance.testing.common_checks import COMMON_CHECKS
from rebalance.testing.outcome import Broken, NotApplicable, broken, named, require


def contract(subject: ClusteringSubject) -> None:
    """Its declarations follow rebalance.contracts.Clustering."""
    plugin = subject.plugin
    for name in ("finds_number", "needs_affinity", "each_by_itself"):
        value = getattr(plugin, name)
        require(isinstance(value, bool), f"{name} = {value!r}, expected True or False.")


def labels(subject: ClusteringSubject) -> None:
    """Each average gets one int64 label, and renumbering leaves no gap."""
    values = any_affinity()
    label = subject.cluster(values, 4).label
    require(
        isinstance(label, np.ndarray) and label.dtype == np.int64,
        f"label is {type(label).__name__} {getattr(label, 'dtype', '')}, expected int64 ({N},).",
    )
    numbered = cluster(
        _affinity(values),
        None if subject.finds_number else 4,
        clustering=subject.plugin,
        options=subject.options,
        n_particles=10 + np.arange(N),
    ).label
    require(
        set(numbered.tolist()) == set(range(int(numbered.max()) + 1)),
        f"After numbering the labels are {numbered.tolist()}, expected 0, 1, … without a gap.",
    )
    require(
        partition(numbered) == partition(label),
        f"rebalance.cluster gives {numbered.tolist()}, the plugin by itself {label.tolist()}.",
    )


def number_respected(subject: ClusteringSubject) -> None:
    """It makes exactly the requested number of superclasses."""
    if subject.finds_number:
        raise NotApplicable("It finds the number itself.")
    for number in range(1, N + 1):
        found = len(partition(subject.cluster(any_affinity(), number).label))
        require(
            found == number,
            f"{found} superclasses of {N} averages, expected {number}.",
        )


def number_found(subject: ClusteringSubject) -> None:
    """Without a number it finds one; a given number is respected or raises OptionError."""
    if not subject.finds_number:
        raise NotApplicable("It does not find the number itself.")
    found = len(partition(subject.cluster(any_affinity(), None).label))
    require(1 <= found <= N, f"{found} superclasses of {N} averages.")
    if subject.plugin.each_by_itself:
        require(found == N, f"{found} superclasses, expected each of {N} averages by itself.")
        return
    for number in range(1, N + 1):
        try:
            result = subject.ask_given(input_of(any_affinity()), number)
        except Broken:
            raise
        except Exception as error:
            broken(f"Given K = {number} it raised {type(error).__name__}: {error}")
        if result is None:
            continue
        found = len(partition(result.label))
        require(found <= number, f"{found} superclasses, K = {number} was given.")


def order_of_averages(subject: ClusteringSubject) -> None:
    """The groups don't depend on the order of the averages."""
    for values, numbers in (
        (any_affinity(), (2, 3, 4, 6, N - 1)),
        (block_affinity()[0], (2, 3, 4, 6)),
        (any_affinity(MANY), (2, 5, 12)),
    ):
        asked: tuple[int | None, ...] = (None, *numbers) if subject.finds_number else numbers
        for number in asked:
            _same_in_any_order(subject, values, number)


def _same_in_any_order(subject: ClusteringSubject, values: FloatArray, number: int | None) -> None:
    n = len(values)
    particles = unequal_particles(n)

    def grouped(order: IntArray) -> set[frozenset[int]] | None:
        shown = input_of(values[np.ix_(order, order)], particles[order])
        result = subject.ask(shown, None) if number is None else subject.ask_given(shown, number)
        return None if result is None else partition(result.label, order)

    expected = grouped(np.arange(n))
    if expected is None or subject.plugin.each_by_itself:
        return
    asked = f"{n} averages, {'number left open' if number is None else f'K = {number}'}"
    for seed in range(4):
        order = np.random.default_rng(seed).permutation(n)
        found = grouped(order)
        if found is None:
            broken(f"{asked}: refused when shown in the order {order.tolist()}.")
        if found != expected:
            broken(
                f"{asked}: grouped as {_words(found)} when shown in the order "
                f"{order.tolist()}, as {_words(expected)} when shown in rising order."
            )


def empties_and_loners(subject: ClusteringSubject) -> None:
    """Empty averages are in no superclass; an average unlike all others is in one."""
    values, _ = block_affinity()
    n = len(values)
    loner, empty = n, n + 1
    full = np.zeros((n + 2, n + 2), dtype=np.float32)
    full[:n, :n] = values
    np.fill_diagonal(full, 1.0)
    is_empty = np.zeros(n + 2, dtype=np.bool_)
    is_empty[empty] = True
    particles = np.where(is_empty, 0, 50)
    label = cluster(
        _affinity(full, is_empty),
        None if subject.finds_number else len(BLOCKS) + 1,
        clustering=subject.plugin,
        options=subject.options,
        n_particles=particles,
    ).label
    require(
        label[empty] == UNASSIGNED, f"average {empty} is empty and in superclass {label[empty]}."
    )
    require(label[loner] >= 0, f"average {loner}, like no other, is in no superclass.")
    without = label[: n + 1]
    require(
        (without >= 0).all(),
        f"averages {np.flatnonzero(without < 0).tolist()} are in no superclass.",
    )


def same_seed_same_labels(subject: ClusteringSubject) -> None:
    """The same seed gives the same labels, also when only chance decides."""
    for what, values in (
        ("no two pairs equally similar", any_affinity()),
        ("clear groups", block_affinity()[0]),
        ("many pairs equally similar", tied_affinity()),
    ):
        results = [subject.cluster(values, 3, seed=11).label for _ in range(4)]
        for other in results[1:]:
            if not np.array_equal(results[0], other):
                at = int(np.flatnonzero(np.asarray(results[0]) != np.asarray(other))[0])
                broken(
                    f"{len(values)} averages, {what}: labels {results[0].tolist()} and, with the "
                    f"same seed, {other.tolist()}; average {at} is the first that differs."
                )


def particles_or_none(subject: ClusteringSubject) -> None:
    """It works with and without numbers of particles."""
    number = None if subject.finds_number else 4
    known = input_of(any_affinity())
    for n_particles in (
        None,
        np.full(N, 7, dtype=np.int64),
        np.array([1_000_000, *[1] * (N - 1)], dtype=np.int64),
    ):
        subject.ask(replace(known, n_particles=n_particles), number)


def linkage_valid(subject: ClusteringSubject) -> None:
    """A linkage, if any, is float64, valid for SciPy, and gives the labels when cut at K."""
    from scipy.cluster.hierarchy import is_valid_linkage

    for number in (2, 4, 7):
        result = subject.cluster(any_affinity(), number)
        if result.linkage is None:
            raise NotApplicable("It gives no linkage.")
        dtype = getattr(result.linkage, "dtype", type(result.linkage).__name__)
        require(dtype == np.float64, f"linkage is {dtype}, expected float64.")
        try:
            is_valid_linkage(result.linkage, throw=True)
        except (ValueError, TypeError) as error:
            broken(f"SciPy says: {error}")
        require(
            result.linkage.shape == (N - 1, 4),
            f"linkage has shape {result.linkage.shape}, expected {(N - 1, 4)}.",
        )
        found = partition(result.label)
        of_tree = partition(_cut(result.linkage, len(found)))
        require(
            of_tree == found,
            f"K = {len(found)}: the labels group {_words(found)}, the linkage {_words(of_tree)}.",
        )


def order_valid(subject: ClusteringSubject) -> None:
    """An order, if any, has every average once."""
    result = subject.cluster(any_affinity(), 4)
    if result.order is None:
        raise NotApplicable("It gives no order.")
    order = np.asarray(result.order)
    require(
        order.dtype == np.int64 and sorted(order.tolist()) == list(range(N)),
        f"order is {order.dtype} {order.tolist()}, expected int64, each of 0 … {N - 1} once.",
    )


def many_numbers_at_once(subject: ClusteringSubject) -> None:
    """cluster_many, if implemented, gives the same as cluster for each number."""
    if not overrides(subject.plugin, "cluster_many"):
        raise NotApplicable("It has no cluster_many.")
    values, numbers = any_affinity(), (2, 5, 3, N, 1)
    found = subject.plugin.cluster_many(input_of(values), numbers, subject.options, generator(0))
    if found is None:
        raise NotApplicable("Its cluster_many returns None.")
    for number in numbers:
        require(number in found, f"K = {number} was requested, but is missing.")
        one = subject.ask(input_of(values), number)
        many = as_result(found[number], N, "cluster_many()")
        many_groups, groups = partition(many.label), partition(one.label)
        require(
            many_groups == groups,
            f"K = {number}: {_words(many_groups)} by cluster_many, {_words(groups)} by cluster.",
        )


def inputs_unchanged(subject: ClusteringSubject) -> None:
    """The affinity, class numbers and numbers of particles are not modified."""
    shown, before = input_of(any_affinity()), input_of(any_affinity())
    subject.ask(shown, None if subject.finds_number else 4)
    for what, now, then in (
        ("affinity", shown.affinity, before.affinity),
        ("class_id", shown.class_id, before.class_id),
        ("n_particles", shown.n_particles, before.n_particles),
    ):
        now, then = np.asarray(now), np.asarray(then)
        if not np.array_equal(now, then):
            at = tuple(int(index) for index in np.argwhere(now != then)[0])
            broken(f"It wrote to {what}: {then[at]} at {at} is now {now[at]}.")


def one_average(subject: ClusteringSubject) -> None:
    """One average is one superclass."""
    label = subject.cluster(np.ones((1, 1), dtype=np.float32), 1).label
    require(len(label) == 1, f"{len(label)} labels of one average.")


def two_averages(subject: ClusteringSubject) -> None:
    """Two averages are one superclass or two, as requested."""
    values = np.array([[1.0, 0.6], [0.6, 1.0]], dtype=np.float32)
    for number in (1, 2):
        found = partition(subject.cluster(values, number).label)
        expected = {1, 2} if subject.finds_number else {number}
        require(
            len(found) in expected and sum(map(len, found)) == 2,
            f"K = {number}: {_words(found)}, expected {number} superclass{'es'[: 2 * number - 2]}.",
        )


def all_alike_averages(subject: ClusteringSubject) -> None:
    """Equally similar averages are grouped too, into at most K superclasses."""
    values = all_alike()
    for number in (1, 3, len(values)):
        found = partition(subject.cluster(values, number).label)
        highest = len(values) if subject.finds_number else number
        require(
            len(found) <= highest and sum(map(len, found)) == len(values),
            f"K = {number} of {len(values)} averages: {_words(found)}, expected at most {highest}.",
        )


def blocks_recovered(subject: ClusteringSubject) -> None:
    """Clear groups are found as superclasses."""
    if not subject.plugin.needs_affinity:
        raise NotApplicable("Its labels do not depend on the affinity.")
    values, truth = block_affinity()
    found, expected = partition(subject.cluster(values, len(BLOCKS)).label), partition(truth)
    if found != expected:
        broken(f"grouped as {_words(found)}, expected {_words(expected)}.")


def needs_affinity(subject: ClusteringSubject) -> None:
    """With needs_affinity = False, labels don't depend on the affinity."""
    if subject.plugin.needs_affinity:
        raise NotApplicable("It needs the affinity.")
    none = np.eye(N, dtype=np.float32)
    first = partition(subject.cluster(none, 4).label)
    for values in (any_affinity(), all_alike(N)):
        other = partition(subject.cluster(values, 4).label)
        require(first == other, f"{_words(first)} without affinity, {_words(other)} with one.")


def _words(groups: set[frozenset[int]]) -> str:
    return " ".join(
        "{" + ", ".join(map(str, sorted(group))) + "}" for group in sorted(groups, key=min)
    )


def _cut(tree: DoubleArray, number: int) -> IntArray:
    """Labels when only the first n − number merges are made."""
    n = len(tree) + 1
    group = {leaf: [leaf] for leaf in range(n)}
    for merge in range(n - number):
        first, second = (int(child) for child in tree[merge, :2])
        group[n + merge] = group.pop(first) + group.pop(second)
    label = np.empty(n, dtype=np.int64)
    for at, members in enumerate(group.values()):
        label[members] = at
    return label


def _affinity(values: FloatArray, is_empty: Any = None) -> Affinity:
    n = len(values)
    empty = np.zeros(n, dtype=np.bool_) if is_empty is None else is_empty
    return Affinity(values, np.arange(1, n + 1), empty)


CLUSTERING_CHECKS = named(
    (
        contract,
        *COMMON_CHECKS,
        labels,
        number_respected,
        number_found,
        order_of_averages,
        empties_and_loners,
        same_seed_same_labels,
        particles_or_none,
        linkage_valid,
        order_valid,
        many_numbers_at_once,
        inputs_unchanged,
        one_average,
        two_averages,
        all_alike_averages,
        blocks_recovered,
        needs_affinity,
    )
)
