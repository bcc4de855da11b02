"""The first thing that a Python user types works, or says in one sentence what was expected."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rebalance
from rebalance.errors import OptionError
from rebalance.model import Affinity, ClassAverages, Dataset, ParticleTable, Superclasses
from rebalance.scanning import scan_classes
from tests.scanning.blocks import blocks
from tests.strategies.tables import of_sizes, table

from .affinities import affinity, groups_of, partition


def test_a_bare_matrix_is_grouped_and_its_averages_are_numbered_from_1(
    rng: np.random.Generator,
) -> None:
    values, truth = groups_of([5, 4, 3], rng)
    expected = rebalance.cluster(affinity(values), 3)
    for matrix in (values, values.astype(np.float64), values.tolist()):
        found = rebalance.cluster(matrix, 3)
        assert found.class_id.tolist() == list(range(1, 13))
        assert partition(found.label) == partition(truth)
        np.testing.assert_array_equal(found.order, expected.order)
    assert rebalance.scan(values, [2, 3]).numbers.tolist() == [2, 3]


@pytest.mark.parametrize(
    ("matrix", "found"),
    [
        (np.ones((3, 2)), r"its shape is \(3, 2\)"),
        (np.ones(3), r"its shape is \(3,\)"),
        ([[1, 2], [2, 1]], "its values are from 1 to 2"),
        ([[1, np.nan], [np.nan, 1]], "its values are from nan to nan"),
        ([[1, 0.2], [0.3, 1]], "it is not symmetric"),
        ([[0, 0.2], [0.2, 0]], "its diagonal is not 1"),
    ],
)
def test_a_matrix_that_is_no_affinity_is_refused_in_one_sentence(matrix: Any, found: str) -> None:
    with pytest.raises(OptionError, match=f"square, symmetric, .* But {found}"):
        rebalance.cluster(matrix, 1)


def test_superclasses_are_numbered_by_the_particles_that_the_affinity_carries() -> None:
    values = np.eye(5)
    values[0, 1] = values[1, 0] = values[2, 3] = values[3, 2] = 0.9
    counts = np.array([10, 10, 1, 1, 30])
    plain = affinity(values)
    carried = Affinity(plain.values, plain.class_id, plain.is_empty, n_particles=counts)
    assert rebalance.cluster(plain, 3).size.tolist() == [2, 2, 1]
    found = rebalance.cluster(carried, 3)
    assert found.size.tolist() == [30, 20, 2]
    np.testing.assert_array_equal(
        found.label, rebalance.cluster(plain, 3, n_particles=counts).label
    )
    # Counts that are given go before those that are carried.
    assert rebalance.cluster(carried, 3, n_particles=[1, 1, 5, 5, 1]).size.tolist() == [10, 2, 1]
    assert rebalance.scan(carried, [2, 3]).total == counts.sum()


def test_auto_is_the_number_that_a_scan_suggests() -> None:
    values, _ = blocks([6] * 4, seed=4)
    scan = rebalance.scan(values)
    found = rebalance.cluster(values, "auto")
    assert len(found) == scan.suggestion.number == 4
    np.testing.assert_array_equal(found.label, scan.superclasses[4].label)
    assert scan.suggestion.reason in found.notes
    with pytest.raises(OptionError, match="identity finds the number of superclasses itself"):
        rebalance.cluster(values, "auto", clustering="identity")


def test_scanning_for_classes_is_scanning(rng: np.random.Generator) -> None:
    from rebalance.api.arguments import classes_of

    of = affinity(groups_of([5, 4, 3], rng)[0], empty=[2])
    counts = rng.integers(1, 9, len(of))
    one = rebalance.scan(of, [2, 4], n_particles=counts, left_out=[7])
    other = scan_classes(classes_of(of, counts, [7]), of, [2, 4])
    np.testing.assert_array_equal(one.score, other.score)
    np.testing.assert_array_equal(one.superclasses[4].label, other.superclasses[4].label)
    assert one.superclasses[4].left_out == (7,)


def _of_another_kind() -> list[tuple[Any, str]]:
    images = np.random.default_rng(1).normal(size=(4, 8, 8)).astype(np.float32)
    averages = ClassAverages(images, np.arange(1, 5))
    return [
        (8, "an Affinity, or an .* array of numbers, not int"),
        ("affinity.npz", "not str"),
        (averages, "not ClassAverages; compute it with"),
        (Dataset("relion", class_averages=averages), "not Dataset; compute it with"),
    ]


@pytest.mark.parametrize(("given", "message"), _of_another_kind())
@pytest.mark.parametrize("function", ["cluster", "scan"])
def test_what_is_no_affinity_is_named(function: str, given: Any, message: str) -> None:
    with pytest.raises(TypeError, match=rf"rebalance\.{function} takes .*{message}"):
        getattr(rebalance, function)(given)


def test_swapped_arguments_are_named() -> None:
    of = affinity(np.eye(4))
    for number in (of, of.values):
        with pytest.raises(TypeError, match="takes the affinity first"):
            rebalance.cluster(8, number)
    particles, groups = of_sizes(5, 4)
    data = Dataset("relion", particles=table([1, 1, 2]))
    for given in ((groups, particles), (data, groups), (particles, of), (of, groups)):
        names = " and ".join(type(one).__name__ for one in given)
        with pytest.raises(TypeError, match=f"in that order; not {names}"):
            rebalance.select(*given)
    assert isinstance(particles, ParticleTable)
    assert isinstance(groups, Superclasses)
