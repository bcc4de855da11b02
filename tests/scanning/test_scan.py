"""A scan finds the number of blocks, says when there are none, and is the clustering's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rebalance
from rebalance.errors import OptionError
from rebalance.model import Affinity
from rebalance.scanning import default_numbers
from rebalance.scanning.null_model import Spread
from rebalance.scanning.suggestion import Tried, about_the_choice, suggest
from tests.numbered_views import numbered_views
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
    assert f"Suggested: {n_blocks} superclasses (silhouette" in found.suggestion.reason
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
        (3, None, "at least four usable class averages; there are 3"),
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


def tried(score: np.ndarray, first: int = 3, **known: Any) -> Tried:
    """Numbers from ``first`` on with these gains, even superclasses and no crumbs."""
    n = len(score)
    none = np.zeros(n, dtype=np.int64)
    usual: dict[str, Any] = {"small": none, "alone": none, "largest_share": np.full(n, 0.3)}
    usual |= {"stability": np.full(n, np.nan), "n_averages": 60} | known
    return Tried(np.arange(first, first + n), score, np.zeros(n), **usual)


def test_runners_up_are_other_peaks_that_come_close() -> None:
    score = np.array([0.10, 0.30, 0.25, 0.28, 0.26, 0.20, 0.29, 0.10])
    found = suggest(tried(score))
    assert (found.number, found.runners_up) == (4, (9, 6))
    far = suggest(tried(np.where(score < 0.3, score / 2, score)))
    assert far.runners_up == ()
    # The second of two equal neighbors is no other choice.
    assert suggest(tried(np.array([0.1, 0.3, 0.3, 0.1]))).runners_up == ()


def test_the_reason_tells_how_stable_the_number_is_and_whether_larger_ones_were_tried() -> None:
    score = np.array([0.30, 0.41, 0.60])
    last = suggest(tried(score)).reason
    assert last == (
        "Suggested: 5 superclasses (silhouette 0.60; 0.00 expected by chance). "
        "This is the largest number tried, so try larger ones too."
    )
    known = suggest(tried(score[::-1], stability=np.full(3, 0.876)))
    assert known.reason == (
        "Suggested: 3 superclasses (silhouette 0.60; 0.00 expected by chance; stability 0.88)."
    )
    # Of one or two numbers none is the end of a range.
    assert "larger ones" not in suggest(tried(score[1:])).reason


def test_a_number_that_splits_off_no_crumbs_is_preferred_to_one_little_better_and_crumbs_told() -> (
    None
):
    score = np.array([0.20, 0.25, 0.21, 0.24, 0.26, 0.27])
    assert suggest(tried(score)).number == 8
    small = np.array([0, 0, 1, 3, 4, 4])
    found = suggest(tried(score, small=small))
    assert found.number == 4
    assert "too small" not in found.reason
    much_better = suggest(tried(np.where(np.arange(6) == 5, 0.4, score), small=small))
    assert much_better.number == 8
    assert "4 of the 8 are too small to count as views." in much_better.reason


def test_no_number_is_outstanding_where_one_superclass_holds_nearly_all_averages() -> None:
    score = np.array([0.60, 0.65, 0.71, 0.55])
    share = np.array([0.95, 0.91, 0.85, 0.82])
    found = suggest(tried(score, largest_share=share))
    assert not found.has_structure
    assert "one superclass holds 85% of the class averages" in found.reason
    # One that is even goes before any that is not, if it stands out.
    share[3] = 0.8
    even = suggest(tried(score, largest_share=share))
    assert (even.number, even.has_structure, even.runners_up) == (6, True, ())
    weak = suggest(tried(np.where(np.arange(4) == 3, 0.05, score), largest_share=share))
    assert (weak.number, weak.has_structure) == (5, False)


def test_a_number_stands_out_by_a_wide_margin_or_not_at_all() -> None:
    score = np.array([0.30, 0.41, 0.35])
    assert suggest(tried(score)).has_structure
    blurred = suggest(tried(score - 0.1))
    assert (blurred.number, blurred.has_structure) == (4, False)
    assert "There are groups" in blurred.reason
    none = suggest(tried(score - 0.35))
    assert (none.number, none.has_structure) == (4, False)
    assert "change gradually" in none.reason


def test_no_number_stands_out_that_tells_many_single_averages_apart() -> None:
    score = np.array([0.40, 0.61, 0.45])
    assert suggest(tried(score, 8, alone=np.array([0, 2, 9]))).has_structure
    found = suggest(tried(score, 8, alone=np.array([0, 3, 9])))
    assert (found.number, found.has_structure) == (9, False)
    assert "With 9, 3 are single averages" in found.reason
    assert suggest(tried(score, 2, alone=np.array([0, 1, 2]))).has_structure
    # Four groups of five, and eleven averages that are like nothing.
    values, _ = blocks([5] * 4 + [1] * 11, seed=6)
    told = rebalance.scan(affinity_of(values), [4, 15]).suggestion
    assert (told.number, told.has_structure) == (15, False)


def test_no_number_stands_out_where_views_are_not_trusted() -> None:
    score = np.array([0.20, 0.61, 0.25])
    found = suggest(tried(score, trusts_views=False))
    assert (found.number, found.has_structure) == (4, False)
    assert "The viewing directions are not known" in found.reason
    assert suggest(tried(score, trusts_views=True)).has_structure


def test_a_scan_asks_whether_the_views_of_its_affinity_are_trusted() -> None:
    values, _ = blocks([6] * 5, seed=5)
    alone = affinity_of(values)
    for trusted in (True, False):
        views = numbered_views(alone.class_id, trusted=trusted)
        affinity = replace(
            alone, metric="views", facts=views.as_facts(), results=views.as_results()
        )
        found = rebalance.scan(affinity, range(2, 12)).suggestion
        assert (found.number, found.has_structure) == (5, trusted)


def test_particle_shares_never_decide_whether_a_number_is_outstanding() -> None:
    values, _ = blocks([6] * 5, seed=5)
    counts = np.where(np.arange(30) < 6, 5_000, 40)
    found = rebalance.scan(affinity_of(values), range(2, 12), n_particles=counts)
    assert found.superclasses[5].size.max() > 0.95 * counts.sum()
    assert (found.suggestion.number, found.suggestion.has_structure) == (5, True)
    # In averages it does: twenty-six of thirty alike, and four that are like nothing.
    alone, _ = blocks([26, 1, 1, 1, 1], seed=5)
    found = rebalance.scan(affinity_of(alone), range(2, 12))
    assert not found.suggestion.has_structure


def test_few_averages_make_no_number_outstanding() -> None:
    score = np.array([0.40, 0.45, 0.50, 0.62])
    assert suggest(tried(score, first=16, n_averages=60)).has_structure
    found = suggest(tried(score, first=16, n_averages=24))
    assert (found.number, found.has_structure) == (19, False)
    assert "24 class averages are too few to tell 19 views apart" in found.reason


def test_the_number_that_was_taken_is_said_and_those_close_to_it() -> None:
    score = np.array([0.10, 0.30, 0.25, 0.28, 0.26, 0.20, 0.29, 0.10])
    assert about_the_choice(suggest(tried(score))) == (
        "4 superclasses were made, the best-scoring number. Also worth a look: "
        "`n_superclasses=9`, `n_superclasses=6`."
    )
    assert about_the_choice(suggest(tried(score + 0.5 * (score == 0.3)))) == (
        "4 superclasses were made."
    )


def test_few_averages_are_told() -> None:
    few, _ = blocks([4, 4, 4], seed=2)
    many, _ = blocks([10, 10, 10], seed=2)
    assert "With only 12 class averages, the number is approximate." in (
        rebalance.scan(affinity_of(few)).suggestion.reason
    )
    assert "approximate" not in rebalance.scan(affinity_of(many)).suggestion.reason


def test_what_is_set_aside_takes_no_part_in_a_scan_and_is_in_no_superclass() -> None:
    values, _ = blocks([6] * 4, seed=8)
    affinity = affinity_of(values)
    aside = rebalance.scan(affinity, range(2, 9), set_aside=[3, 9])
    without = rebalance.scan(affinity, range(2, 9), left_out=[3, 9])
    np.testing.assert_array_equal(aside.score, without.score)
    assert aside.superclasses[4].set_aside == (3, 9)
    assert aside.total == without.total == 22
    assert rebalance.cluster(affinity, 4, set_aside=[3, 9]).label[[2, 8]].tolist() == [-2, -2]


def test_crumbs_are_counted_and_cost_nobody_a_particle() -> None:
    values, _ = blocks([5, 5, 5, 1], seed=4)
    counts = np.where(np.arange(16) < 15, 100, 3)
    affinity = affinity_of(values)
    found = rebalance.scan(affinity, [3, 4], n_particles=counts, factor=1)
    assert found.small is not None
    assert found.small.tolist() == [0, 1]
    assert found.kept.tolist()[1] == 1_503
    guide = rebalance.scan(affinity, [3, 4], n_particles=counts, factor=1, cap_from=0)
    assert guide.kept.tolist()[1] == 12
