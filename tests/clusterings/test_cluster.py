"""What `cluster` promises for every clustering: numbers, medoids, order, empties, equivariance."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rebalance.api import cluster
from rebalance.api.arguments import classes_of
from rebalance.clusterings import (
    cluster_classes,
    cluster_each,
    from_labels,
    identity_superclasses,
)
from rebalance.contracts import ClusteringInput
from rebalance.errors import OptionError, PluginError
from rebalance.model import UNASSIGNED, Affinity, Classes, ClusteringResult, Superclasses
from rebalance.options import NoOptions, Options

from .affinities import affinity, groups_of, partition, random_values

SETTINGS: list[tuple[str, dict[str, Any]]] = [
    *[("hierarchical", {"linkage": kind}) for kind in
      ("average", "complete", "single", "weighted", "ward")],
    ("spectral", {}),
    ("spectral", {"scaling": "local"}),
    ("spectral", {"power": 1.0, "n_init": 5}),
]  # fmt: skip
every_setting = pytest.mark.parametrize(("name", "options"), SETTINGS)


def shown(values: np.ndarray) -> ClusteringInput:
    return ClusteringInput(values, np.arange(1, len(values) + 1))


def check_description(superclasses: Superclasses, of: Affinity, counts: Any = None) -> None:
    """Everything in a `Superclasses` follows from its labels."""
    label = superclasses.label
    weight = np.ones(len(of), dtype=int) if counts is None else np.asarray(counts)
    used = np.flatnonzero(label != UNASSIGNED)
    assert set(label[used]) == set(range(len(superclasses)))
    sizes = [int(weight[label == k].sum()) for k in range(len(superclasses))]
    assert superclasses.size.tolist() == sizes
    lowest = [int(of.class_id[label == k].min()) for k in range(len(superclasses))]
    keys = [(-size, number) for size, number in zip(sizes, lowest, strict=True)]
    assert keys == sorted(keys)
    assert sorted(superclasses.order.tolist()) == list(range(len(of)))
    shown = label[superclasses.order]
    runs = shown[: len(used)][np.diff(shown[: len(used)], prepend=-9) != 0]
    assert sorted(runs) == list(range(len(superclasses))), "superclasses are in one piece each"
    assert (shown[len(used) :] == UNASSIGNED).all()
    for k in range(len(superclasses)):
        medoid, members = superclasses.medoid_row[k], superclasses.member_rows(k)
        assert medoid in members
        assert of.class_id[medoid] == superclasses.medoid[k]
        within = of.values[np.ix_(members, members)].astype(float)
        n = len(members)
        if n == 1:
            assert superclasses.mean_affinity[k] == 1.0
            continue
        off = (within.sum(axis=1) - 1) / (n - 1)
        assert off[members.tolist().index(medoid)] == pytest.approx(off.max(), abs=1e-12)
        assert superclasses.mean_affinity[k] == pytest.approx(off.mean())


@every_setting
@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 14), share=st.floats(0, 1), seed=st.integers(0, 2**32))
def test_every_number_of_superclasses_is_met_and_described(
    name: str, options: dict[str, Any], n: int, share: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = random_values(n, rng)
    if seed % 3 == 0:
        values = np.round(values, 1)  # ties
    counts = rng.integers(1, 5, n)
    of = affinity(values, class_id=rng.permutation(n * 3)[:n])
    number = 1 + int(share * (n - 1))
    superclasses = cluster(of, number, clustering=name, options=options, n_particles=counts)
    assert len(superclasses) == number
    check_description(superclasses, of, counts)
    check_description(cluster(of, number, clustering=name, options=options), of)


@every_setting
@settings(max_examples=25, deadline=None)
@given(n=st.integers(2, 14), share=st.floats(0, 1), seed=st.integers(0, 2**32))
def test_the_order_of_the_averages_does_not_matter(
    name: str, options: dict[str, Any], n: int, share: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = np.round(random_values(n, rng), int(rng.integers(0, 3)))  # many ties
    numbers = rng.permutation(100)[:n]
    counts = rng.integers(1, 3, n)
    empty = np.flatnonzero(rng.random(n) < 0.2)
    if len(empty) == n:
        empty = empty[1:]
    number = 1 + int(share * (n - len(empty) - 1))
    first = cluster(affinity(values, numbers, empty), number, clustering=name, options=options,
                    n_particles=counts)  # fmt: skip
    order = rng.permutation(n)
    moved = affinity(values[np.ix_(order, order)], numbers[order],
                     np.flatnonzero(np.isin(order, empty)))  # fmt: skip
    second = cluster(moved, number, clustering=name, options=options, n_particles=counts[order])
    np.testing.assert_array_equal(second.label, first.label[order])
    np.testing.assert_array_equal(second.medoid, first.medoid)
    np.testing.assert_array_equal(order[second.order], first.order)
    np.testing.assert_array_equal(second.mean_affinity, first.mean_affinity)


@every_setting
def test_a_plugin_by_itself_does_not_see_the_order(
    name: str, options: dict[str, Any], rng: np.random.Generator
) -> None:
    from rebalance.registry import registry

    plugin = registry().load("clustering", name)
    parsed = plugin.options_model(**options)
    for _ in range(10):
        values, _ = groups_of([5, 4, 4, 3, 1], rng)
        order = rng.permutation(len(values))
        first = plugin.cluster(shown(values), 5, parsed, np.random.default_rng(1))
        moved = values[np.ix_(order, order)]
        second = plugin.cluster(shown(moved), 5, parsed, np.random.default_rng(1))
        assert partition(first.label) == partition(second.label, order)


@every_setting
@pytest.mark.parametrize("sizes", [[6, 6, 6], [12, 5, 3, 2], [9, 9]])
def test_clear_groups_are_found(
    name: str, options: dict[str, Any], sizes: list[int], rng: np.random.Generator
) -> None:
    values, truth = groups_of(sizes, rng)
    found = cluster(affinity(values), len(sizes), clustering=name, options=options)
    assert partition(found.label) == partition(truth)


@every_setting
def test_a_graph_that_falls_apart_is_cut_where_it_does(
    name: str, options: dict[str, Any], rng: np.random.Generator
) -> None:
    values, truth = groups_of([5, 4, 3], rng)
    values[truth[:, None] != truth[None, :]] = 0.0
    found = cluster(affinity(values), 3, clustering=name, options=options)
    assert partition(found.label) == partition(truth)


@every_setting
@pytest.mark.parametrize("value", [0.0, 1.0, 0.5])
@pytest.mark.parametrize("n", [1, 2, 7])
def test_affinities_that_are_all_alike_still_give_every_number(
    name: str, options: dict[str, Any], value: float, n: int
) -> None:
    of = affinity(np.full((n, n), value))
    for number in range(1, n + 1):
        superclasses = cluster(of, number, clustering=name, options=options)
        assert len(superclasses) == number
        check_description(superclasses, of)


@every_setting
def test_one_seed_gives_one_answer(
    name: str, options: dict[str, Any], rng: np.random.Generator
) -> None:
    of = affinity(random_values(30, rng))
    first, second = (cluster(of, 6, clustering=name, options=options, seed=9) for _ in range(2))
    np.testing.assert_array_equal(first.label, second.label)
    np.testing.assert_array_equal(first.order, second.order)


def test_superclasses_are_numbered_by_falling_particle_count_ties_by_lowest_class() -> None:
    values = np.eye(5)
    values[0, 1] = values[1, 0] = values[2, 3] = values[3, 2] = 0.9
    of = affinity(values, class_id=[8, 3, 7, 4, 5])
    by_particles = cluster(of, 3, n_particles=[10, 10, 1, 1, 20])
    assert by_particles.label.tolist() == [0, 0, 2, 2, 1]
    by_averages = cluster(of, 3)
    assert by_averages.label.tolist() == [0, 0, 1, 1, 2]
    assert by_averages.size.tolist() == [2, 2, 1]


def test_the_medoid_of_a_pair_is_the_one_with_more_particles() -> None:
    values = [[1, 0.9], [0.9, 1]]
    assert cluster(affinity(values), 1, n_particles=[3, 8]).medoid.tolist() == [2]
    assert cluster(affinity(values, class_id=[5, 2]), 1).medoid.tolist() == [2]


def test_empties_and_averages_left_out_never_reach_the_clustering(
    rng: np.random.Generator,
) -> None:
    values = random_values(9, rng)
    counts = np.array([5, 5, 5, 0, 5, 5, 5, 5, 5])
    of = affinity(values, empty=[1])
    superclasses = cluster(of, 3, n_particles=counts, left_out=[8, 99])
    assert np.flatnonzero(superclasses.label == UNASSIGNED).tolist() == [1, 3, 7]
    assert superclasses.left_out == (8, 99)
    assert superclasses.order[-3:].tolist() == [1, 3, 7]
    kept = [0, 2, 4, 5, 6, 8]
    alone = cluster(affinity(values[np.ix_(kept, kept)]), 3)
    np.testing.assert_array_equal(superclasses.label[kept], alone.label)
    np.testing.assert_array_equal(superclasses.linkage, alone.linkage)


def test_the_linkage_is_over_the_usable_averages_in_order(rng: np.random.Generator) -> None:
    from scipy.cluster.hierarchy import cophenet, fcluster
    from scipy.spatial.distance import squareform

    values, truth = groups_of([4, 3, 2], rng)
    of = affinity(values, class_id=rng.permutation(50)[:9])
    superclasses = cluster(of, 3, options={"linkage": "average"})
    assert superclasses.linkage is not None
    assert partition(fcluster(superclasses.linkage, 3, "maxclust")) == partition(truth)
    together = squareform(cophenet(superclasses.linkage)) < 0.5
    np.testing.assert_array_equal(together, truth[:, None] == truth[None, :])


def test_averages_are_shown_in_the_order_of_the_leaves(rng: np.random.Generator) -> None:
    from scipy.cluster.hierarchy import leaves_list

    values = random_values(12, rng)
    superclasses = cluster(affinity(values), 4)
    leaves = leaves_list(superclasses.linkage)
    np.testing.assert_array_equal(superclasses.order, leaves)
    for k in range(1, 13):
        np.testing.assert_array_equal(cluster(affinity(values), k).order, leaves)
    along = values[leaves[:-1], leaves[1:]].sum()
    by_number = values[np.arange(11), np.arange(1, 12)].sum()
    assert along > by_number


def test_without_a_tree_the_most_alike_stand_side_by_side(rng: np.random.Generator) -> None:
    """Superclasses too: of groups along an arc, in the order along it."""
    angle = np.repeat([0.0, 0.5, 1.0, 1.5], [4, 7, 6, 5]) + rng.uniform(0, 0.2, 22)
    shuffled = rng.permutation(22)
    group = np.repeat(np.arange(4), [4, 7, 6, 5])[shuffled]
    values = np.cos(np.subtract.outer(angle[shuffled], angle[shuffled]))
    superclasses = cluster(affinity(values), 4, clustering="spectral")
    along = group[superclasses.order]
    assert along.tolist() in (sorted(group), sorted(group)[::-1])
    labels = dict(enumerate(superclasses.label.tolist(), 1))
    by_hand = from_labels(Classes.of(np.arange(1, 23)), labels, affinity(values))
    np.testing.assert_array_equal(by_hand.order, superclasses.order)


def test_the_order_begins_where_most_particles_are() -> None:
    values = np.exp(-np.abs(np.subtract.outer(np.arange(6.0), np.arange(6.0))))
    for counts in ([9, 8, 3, 2, 1, 1], [1, 1, 2, 3, 8, 9]):
        for name in ("hierarchical", "spectral"):
            found = cluster(affinity(values), 2, clustering=name, n_particles=counts)
            expected = np.arange(6) if counts[0] == 9 else np.arange(6)[::-1]
            np.testing.assert_array_equal(found.order, expected)


@pytest.mark.parametrize("kind", ["average", "complete", "single", "weighted"])
def test_hierarchical_is_the_textbook_algorithm(kind: str, rng: np.random.Generator) -> None:
    """Against merging by hand, with the group distance computed from its definition."""
    values = random_values(12, rng)
    distance = 1.0 - values.astype(float)
    groups: list[Any] = list(range(12))

    def members(tree: Any) -> list[int]:
        return [tree] if isinstance(tree, int) else members(tree[0]) + members(tree[1])

    def apart(u: Any, v: Any) -> float:
        if kind == "weighted":
            if not isinstance(u, int):
                return (apart(u[0], v) + apart(u[1], v)) / 2
            return distance[u, v] if isinstance(v, int) else apart(v, u)
        block = distance[np.ix_(members(u), members(v))]
        return {"average": block.mean, "complete": block.max, "single": block.min}[kind]()

    while True:
        options = {"linkage": kind, "path_neighbors": 0}
        found = cluster(affinity(values), len(groups), options=options)
        by_hand = {frozenset(members(group)) for group in groups}
        assert partition(found.label) == by_hand
        if len(groups) == 1:
            break
        _, i, j = min(
            (apart(groups[i], groups[j]), i, j)
            for i in range(len(groups))
            for j in range(i + 1, len(groups))
        )
        merged = (groups[i], groups[j])
        groups = [group for k, group in enumerate(groups) if k not in (i, j)] + [merged]


def test_identity_makes_each_average_its_own_superclass(rng: np.random.Generator) -> None:
    of = affinity(random_values(6, rng), empty=[2])
    counts = [3, 9, 0, 4, 4, 8]
    superclasses = cluster(of, clustering="identity", n_particles=counts)
    assert superclasses.label.tolist() == [4, 0, -1, 2, 3, 1]
    assert superclasses.mean_affinity.tolist() == [1.0] * 5
    check_description(superclasses, of, counts)


def test_identity_takes_the_number_read_or_the_number_in_use_with_a_note(
    rng: np.random.Generator,
) -> None:
    of = affinity(random_values(6, rng), empty=[2])
    assert not cluster(of, 6, clustering="identity").notes
    note = cluster(of, 5, clustering="identity").notes[0]
    assert "6 were read" in note
    with pytest.raises(OptionError, match=r"K = 4 .* 6 class averages were read \(5 in use\)"):
        cluster(of, 4, clustering="identity")


def test_identity_needs_no_affinity() -> None:
    superclasses = identity_superclasses(Classes.of([7, 3, 5, 9], [4, 6, 0, 4], left_out=[9]))
    assert superclasses.label.tolist() == [1, 0, -1, -1]
    assert superclasses.size.tolist() == [6, 4]
    assert superclasses.medoid.tolist() == [3, 7]
    assert superclasses.left_out == (9,)
    with pytest.raises(OptionError, match="K = 3"):
        identity_superclasses(Classes.of([7, 3], [4, 6]), 3)
    with pytest.raises(OptionError, match="None of the 2"):
        identity_superclasses(Classes.of([7, 3], [0, 0]))


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (0, "at least 1, not 0"),
        (-2, "at least 1, not -2"),
        (5, "4 usable class averages can't be divided into 5"),
        (None, "needs the number"),
        (2.5, "whole number"),
        ("8", "whole number"),
    ],
)
def test_a_wrong_number_of_superclasses_is_refused(
    number: Any, says: str, rng: np.random.Generator
) -> None:
    of = affinity(random_values(6, rng), empty=[2])
    with pytest.raises(OptionError, match=says):
        cluster(of, number, left_out=[1])


def test_nothing_left_to_group_is_refused() -> None:
    with pytest.raises(OptionError, match="None of the 2"):
        cluster(affinity(np.eye(2), empty=[0, 1]), 1)


@pytest.mark.parametrize("seed", [-1, 0.5, "a", None])
def test_a_wrong_seed_is_refused(seed: Any, rng: np.random.Generator) -> None:
    with pytest.raises(OptionError, match="seed"):
        cluster(affinity(random_values(4, rng)), 2, seed=seed)


def test_a_wrong_option_is_refused(rng: np.random.Generator) -> None:
    of = affinity(random_values(4, rng))
    with pytest.raises(OptionError, match=r"clustering\.linkage"):
        cluster(of, 2, options={"linkage": "centroid"})
    with pytest.raises(OptionError, match="no option"):
        cluster(of, 2, options={"power": 2})


class _Gives:
    """A clustering that gives what a test tells it to."""

    options_model: ClassVar[type[Options]] = NoOptions
    finds_number: ClassVar[bool] = True
    needs_affinity: ClassVar[bool] = True

    def __init__(self, **result: Any) -> None:
        self._result = ClusteringResult(**result)

    def cluster(self, *args: Any) -> ClusteringResult:
        return self._result


def test_a_clustering_installed_nowhere_may_find_the_number_itself() -> None:
    superclasses = cluster(affinity(np.eye(4)), clustering=_Gives(label=np.array([9, -4, 9, 2])))
    assert partition(superclasses.label) == {frozenset({0, 2}), frozenset({1}), frozenset({3})}
    assert "found 3" in superclasses.notes[0]


class _NeedsNone(_Gives):
    needs_affinity: ClassVar[bool] = False
    finds_number: ClassVar[bool] = False


def test_without_an_affinity_a_clustering_may_still_make_any_number() -> None:
    plugin = _NeedsNone(label=np.array([0, 1, 0]))
    classes = Classes.of([4, 2, 9, 7], is_empty=[False, True, False, False])
    superclasses = cluster_classes(classes, None, 2, clustering=plugin)
    # A clustering is shown the averages by class number: 4, 7, 9.
    assert superclasses.label.tolist() == [0, -1, 0, 1]
    assert cluster(affinity(np.eye(3)), 2, clustering=plugin).label.tolist() == [0, 1, 0]
    with pytest.raises(OptionError, match="3 usable class averages can't be divided into 5"):
        cluster_classes(classes, None, 5, clustering=plugin)
    with pytest.raises(OptionError, match="needs an affinity"):
        cluster_classes(classes, None, 2, clustering="hierarchical")


def test_a_clustering_that_finds_fewer_than_asked_is_said() -> None:
    superclasses = cluster(affinity(np.eye(3)), 3, clustering=_Gives(label=np.array([0, 0, 1])))
    assert "found 2 superclasses instead of 3" in superclasses.notes[0]


@pytest.mark.parametrize(
    "result",
    [
        {"label": np.array([0, 1])},
        {"label": np.array([0.0, 1.0, 0.0])},
        {"label": np.array([0, 1, 2])},
        {"label": np.array([0, 1, 1]), "order": np.array([0, 1, 1])},
        {"label": np.array([0, 1, 1]), "linkage": np.zeros((3, 4))},
    ],
)
def test_a_clustering_that_breaks_its_contract_is_reported(result: dict[str, Any]) -> None:
    with pytest.raises(PluginError, match="_Gives"):
        cluster(affinity(np.eye(3)), 2, clustering=_Gives(**result))


def test_a_clustering_that_gives_bare_labels_is_reported() -> None:
    class Bare(_Gives):
        def cluster(self, *_: Any) -> Any:
            return np.array([0, 1, 1])

    with pytest.raises(PluginError, match="Bare returned ndarray, not a ClusteringResult"):
        cluster(affinity(np.eye(3)), 2, clustering=Bare(label=np.zeros(3)))


def test_the_affinity_is_not_written_to(rng: np.random.Generator) -> None:
    of = affinity(random_values(10, rng))
    before = of.values.copy()
    of.values.flags.writeable = False
    for name, options in SETTINGS:
        cluster(of, 3, clustering=name, options=options)
    np.testing.assert_array_equal(of.values, before)


@every_setting
def test_many_numbers_at_once_give_what_each_gives_by_itself(
    name: str, options: dict[str, Any], rng: np.random.Generator
) -> None:
    of = affinity(groups_of([9, 7, 5, 4, 3, 1], rng, within=0.6, between=0.4)[0], empty=[3, 20])
    counts = rng.integers(1, 90, len(of))
    settings = {"clustering": name, "options": options}
    taken = {"n_particles": counts, "left_out": [8]}
    classes = classes_of(of, **taken)
    for numbers in ((1, 2, 7, 26), (26, 4)):
        many = cluster_each(classes, of, numbers, **settings)
        assert tuple(many) == numbers
        for number, together in many.items():
            alone = cluster(of, number, **settings, **taken)
            np.testing.assert_array_equal(together.label, alone.label)
            np.testing.assert_array_equal(together.order, alone.order)
            np.testing.assert_array_equal(together.medoid, alone.medoid)


def test_numbers_are_checked_and_a_plugin_that_leaves_one_out_is_named(
    rng: np.random.Generator,
) -> None:
    class Lazy:
        name = "lazy"
        options_model: ClassVar = NoOptions
        finds_number: ClassVar[bool] = False
        needs_affinity: ClassVar[bool] = True

        def cluster(self, averages: Any, n_superclasses: Any, *rest: Any) -> ClusteringResult:
            return ClusteringResult(label=np.arange(len(averages)) % n_superclasses)

        def cluster_many(self, averages: Any, numbers: Any, *rest: Any) -> Any:
            return {numbers[0]: self.cluster(averages, numbers[0])}

    of = affinity(random_values(6, rng))
    classes = classes_of(of, None, ())
    with pytest.raises(OptionError, match="6 usable class averages can't be divided into 7"):
        cluster_each(classes, of, (2, 7))
    with pytest.raises(PluginError, match="lazy returned nothing for 3, 4 superclasses"):
        cluster_each(classes, of, (2, 3, 4), clustering=Lazy())
