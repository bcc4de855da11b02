"""What each clustering says of itself: the number, noise, ties, and what it makes small."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("rebalance_graph", reason="rebalance-graph is not installed")

from rebalance_graph.affinity_propagation import AffinityPropagation
from rebalance_graph.hdbscan import Hdbscan
from rebalance_graph.k_medoids import KMedoids
from rebalance_graph.leiden import Leiden
from rebalance_graph.merging import merge_most_alike

from rebalance.contracts import ClusteringInput
from rebalance.errors import OptionError

FINDERS = (Leiden, Hdbscan, AffinityPropagation)
ALL = (*FINDERS, KMedoids)


def groups(
    n: int, n_groups: int, rng: np.random.Generator, within: float = 0.85, between: float = 0.4
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """An affinity of clear groups of shuffled averages, and the groups."""
    truth = rng.permutation(np.arange(n) % n_groups)
    noise = rng.normal(0, 0.03, (n, n))
    values = np.where(truth[:, None] == truth[None, :], within, between) + (noise + noise.T) / 2
    np.fill_diagonal(values, 1.0)
    return np.clip(values, 0, 1).astype(np.float32), truth


def found(clustering, affinity, number=None, seed=0, **options):  # type: ignore[no-untyped-def]
    model = clustering.options_model(**options)
    rng = np.random.default_rng(seed)
    averages = ClusteringInput(affinity, np.arange(1, len(affinity) + 1))
    return clustering.cluster(averages, number, model, rng).label


def same_partition(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> bool:
    together = one[:, None] == one[None, :]
    return bool(np.array_equal(together, other[:, None] == other[None, :]))


@pytest.mark.parametrize(
    ("clustering", "n_groups"),
    [
        *itertools.product((Leiden, Hdbscan), (2, 5, 8)),
        # Where half of all pairs are of one group, the median says nothing of what lies between.
        *itertools.product((AffinityPropagation,), (5, 8)),
    ],
)
def test_clear_groups_and_their_number_are_found(clustering, n_groups: int) -> None:  # type: ignore[no-untyped-def]
    affinity, truth = groups(64, n_groups, np.random.default_rng(n_groups))
    # Three neighbours hold a large group of equals together at some places only.
    options = {"neighbours": 12} if clustering is Leiden else {}
    assert same_partition(found(clustering(), affinity, **options), truth)


@pytest.mark.parametrize("clustering", [Leiden, AffinityPropagation, KMedoids])
@pytest.mark.parametrize("number", [1, 2, 3, 7, 20, 39, 40])
def test_as_many_superclasses_as_are_asked_for(clustering, number: int) -> None:  # type: ignore[no-untyped-def]
    affinity, _ = groups(40, 3, np.random.default_rng(0))
    assert len(np.unique(found(clustering(), affinity, number))) == number


def test_parts_that_nothing_joins_are_merged_to_the_number_asked_for() -> None:
    """Leiden can't join what no edge joins, at no resolution."""
    affinity, truth = groups(30, 5, np.random.default_rng(3), between=0.2)
    threshold = {"graph": "threshold", "threshold": 0.6}
    assert len(np.unique(found(Leiden(), affinity, **threshold))) == 5
    label = found(Leiden(), affinity, 2, **threshold)
    assert len(np.unique(label)) == 2
    # A group is never torn apart for it.
    assert all(len(np.unique(label[truth == group])) == 1 for group in range(5))


def test_higher_resolution_finds_more() -> None:
    affinity, _ = groups(60, 4, np.random.default_rng(1), within=0.52, between=0.5)
    numbers = [len(np.unique(found(Leiden(), affinity, resolution=r))) for r in (0.1, 1.0, 5.0)]
    assert numbers[0] < numbers[1] < numbers[2]


def test_higher_preference_finds_more() -> None:
    affinity, _ = groups(60, 4, np.random.default_rng(1), within=0.6, between=0.5)
    numbers = [
        len(np.unique(found(AffinityPropagation(), affinity, preference=q))) for q in (0, 0.5, 1)
    ]
    assert numbers[0] < numbers[2]
    assert numbers == sorted(numbers)


def test_hdbscan_refuses_a_number_and_says_what_to_do() -> None:
    affinity, _ = groups(20, 2, np.random.default_rng(0))
    with pytest.raises(OptionError, match="finds the number") as error:
        found(Hdbscan(), affinity, 4)
    assert "Leave out `n_superclasses`" in str(error.value)


def test_noise_goes_to_the_most_alike_superclass_or_stays_alone() -> None:
    affinity, truth = groups(30, 3, np.random.default_rng(2))
    # An average that is a little like one group and not dense with it.
    lone = np.full((31, 31), 0.1, dtype=np.float32)
    lone[:30, :30] = affinity
    lone[30, :30] = lone[:30, 30] = np.where(truth == 1, 0.3, 0.1)
    lone[30, 30] = 1.0
    nearest = found(Hdbscan(), lone)
    assert same_partition(nearest[:30], truth)
    assert nearest[30] == nearest[:30][truth == 1][0]
    alone = found(Hdbscan(), lone, noise="alone")
    assert same_partition(alone, np.append(truth, 3))


def test_where_hdbscan_finds_nothing_dense_there_is_one_superclass() -> None:
    affinity = np.full((2, 2), 0.5, dtype=np.float32)
    np.fill_diagonal(affinity, 1.0)
    assert len(np.unique(found(Hdbscan(), affinity))) == 1
    assert len(np.unique(found(Hdbscan(), affinity, noise="alone"))) == 2


@pytest.mark.parametrize("seed", range(4))
def test_k_medoids_finds_the_smallest_loss_of_small_sets(seed: int) -> None:
    affinity, _ = groups(10, 3, np.random.default_rng(seed))
    label = found(KMedoids(), affinity, 3)
    distance = 1.0 - affinity.astype(np.float64)
    of_groups = [np.flatnonzero(label == group) for group in range(3)]
    loss = sum(distance[np.ix_(members, members)].sum(axis=1).min() for members in of_groups)
    best = min(
        distance[:, list(medoids)].min(axis=1).sum()
        for medoids in itertools.combinations(range(10), 3)
    )
    assert loss == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("clustering", ALL)
def test_the_order_of_the_averages_does_not_count(clustering) -> None:  # type: ignore[no-untyped-def]
    """Noise that gives every algorithm close decisions to make, and copies of some averages."""
    rng = np.random.default_rng(7)
    affinity, _ = groups(36, 6, rng, within=0.6, between=0.52)
    copies = np.concatenate((np.arange(36), [0, 5, 5]))
    affinity = affinity[np.ix_(copies, copies)]
    number = 5 if clustering is KMedoids else None
    label = found(clustering(), affinity, number)
    for _ in range(5):
        order = rng.permutation(len(affinity))
        moved = found(clustering(), affinity[np.ix_(order, order)], number)
        assert same_partition(moved, label[order])


def test_merging_joins_the_most_alike_first() -> None:
    affinity = np.eye(4)
    affinity[0, 1] = affinity[1, 0] = 0.5
    affinity[2, 3] = affinity[3, 2] = 0.9
    start = np.arange(4)
    assert same_partition(merge_most_alike(start, affinity, 3), np.array([0, 1, 2, 2]))
    assert same_partition(merge_most_alike(start, affinity, 2), np.array([0, 0, 1, 1]))
    assert same_partition(merge_most_alike(start, affinity, 1), np.zeros(4, dtype=np.int64))


def test_the_seed_decides_leiden_and_nothing_else() -> None:
    affinity, _ = groups(50, 5, np.random.default_rng(5), within=0.5, between=0.5)
    first = found(Leiden(), affinity, seed=1, n_starts=1)
    assert np.array_equal(first, found(Leiden(), affinity, seed=1, n_starts=1))
    others = [found(Leiden(), affinity, seed=seed, n_starts=1) for seed in range(2, 12)]
    assert any(not same_partition(first, other) for other in others)
    for clustering in (Hdbscan, AffinityPropagation):
        label = found(clustering(), affinity, seed=1)
        assert np.array_equal(label, found(clustering(), affinity, seed=2))


def test_the_benchmark_counts_what_is_found_of_what_is_there() -> None:
    from rebalance_graph.benchmark import measure, table_of

    rows = measure({"leiden": {"n_starts": "2"}}, n_sets=1)
    by_name = {(row.name, row.is_told): row for row in rows}
    assert by_name["k-medoids", True].n_found == by_name["k-medoids", True].n_true
    assert all(-1 <= row.ari[0] <= 1 for row in rows)
    assert by_name["hierarchical", True].ari[0] > 0.2
    assert "leiden" in table_of(rows)
