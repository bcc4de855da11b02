"""A scan finds the number of blocks, says when there are none, and is the clustering's own."""

from __future__ import annotations

import numpy as np
import pytest

import rebalance
from rebalance.errors import OptionError
from rebalance.model import Affinity
from rebalance.scanning import default_numbers
from rebalance.scanning.null_model import Spread
from rebalance.scanning.suggestion import suggest
from tests.scanning.blocks import blocks


def affinity_of(values: np.ndarray, empty: tuple[int, ...] = ()) -> Affinity:
    is_empty = np.zeros(len(values), dtype=np.bool_)
    is_empty[list(empty)] = True
    return Affinity(values=values, class_id=np.arange(1, len(values) + 1), is_empty=is_empty)


@pytest.mark.parametrize("clustering", ["hierarchical", "spectral"])
@pytest.mark.parametrize("n_blocks", [4, 7])
def test_the_number_of_blocks_is_suggested(clustering: str, n_blocks: int) -> None:
    values, _ = blocks([6] * n_blocks, seed=n_blocks)
    found = rebalance.scan(affinity_of(values), range(2, 15), clustering=clustering)
    assert found.suggestion.number == n_blocks
    assert found.suggestion.has_structure
    assert f"{n_blocks} superclasses stand out" in found.suggestion.reason
    assert found.stability[n_blocks - 2] == pytest.approx(1.0)
    assert len(found.superclasses[n_blocks]) == n_blocks


def test_averages_without_groups_have_no_structure() -> None:
    values, _ = blocks([25, 25, 25], seed=1, within=0.6)
    spread = Spread(values)
    told = []
    for seed in range(3, 11):
        found = rebalance.scan(
            affinity_of(spread.sample(np.random.default_rng(seed))), range(3, 15)
        )
        told.append(found.suggestion.has_structure)
        if not told[-1]:
            assert "No number of superclasses stands out" in found.suggestion.reason
    assert np.count_nonzero(told) <= 1


def test_superclasses_are_those_that_the_clustering_gives() -> None:
    values, _ = blocks([5, 7, 4, 6], seed=4, noise=0.2)
    counts = np.random.default_rng(4).integers(1, 500, 22)
    affinity = affinity_of(values, empty=(3,))
    found = rebalance.scan(affinity, [3, 5, 8], n_particles=counts, left_out=[7], factor="0.5")
    for at, number in enumerate([3, 5, 8]):
        alone = rebalance.cluster(affinity, number, n_particles=counts, left_out=[7])
        assert (found.superclasses[number].label == alone.label).all()
        assert found.smallest[at] == alone.size.min()
        cap = int(alone.size.min()) * 2
        assert found.kept[at] == np.minimum(alone.size, cap).sum()
    assert found.total == counts.sum() - counts[3] - counts[6]


def test_the_same_seed_gives_the_same_scan() -> None:
    values, _ = blocks([5, 6, 7], seed=9, noise=0.15)
    first, second = (rebalance.scan(affinity_of(values), seed=3) for _ in range(2))
    assert (first.score == second.score).all()
    assert (first.numbers == np.array(default_numbers(18))).all()
    other = rebalance.scan(affinity_of(values), seed=4)
    assert not (first.expected == other.expected).all()


@pytest.mark.parametrize(
    ("n", "numbers", "words"),
    [
        (3, None, "at least four class averages; 3 can be used"),
        (10, [1, 4], "from 2 to 9"),
        (10, [4, 10], "asked for: 4 to 10"),
        (10, [], "asked for: none"),
    ],
)
def test_numbers_that_can_not_be_tried_are_refused(
    n: int, numbers: list[int] | None, words: str
) -> None:
    values, _ = blocks([n], seed=0)
    with pytest.raises(OptionError, match=words):
        rebalance.scan(affinity_of(values), numbers)


def test_runners_up_are_other_peaks_that_come_close() -> None:
    numbers = np.arange(3, 11)
    nothing = np.zeros(8)
    score = np.array([0.10, 0.30, 0.25, 0.28, 0.26, 0.20, 0.29, 0.10])
    found = suggest(numbers, score, nothing, nothing)
    assert (found.number, found.runners_up) == (4, (9, 6))
    far = suggest(numbers, np.where(score < 0.3, score / 2, score), nothing, nothing)
    assert far.runners_up == ()
