"""The strategy `best`: column, direction, NaN, ties; and both strategies by quota."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rebalance.errors import OptionError, PluginError
from rebalance.model import KEPT, REASONS
from rebalance.strategies import select, select_by_group
from rebalance.strategies.best import Best
from rebalance.strategies.order import by_quota, in_proportion, rows_by_group
from rebalance.testing import check_strategy

from .tables import superclasses, table

RELION = "rlnMaxValueProbDistribution"
CRYOSPARC = "alignments2D/error"


def two_classes(scores: list[float], column: str, **more: Any) -> tuple[Any, Any]:
    """Class 1 with these scores, class 2 with three particles of none."""
    class_id = np.repeat([1, 2], [len(scores), 3])
    particles = table(class_id, **{column: [*scores, 0.0, 0.0, 0.0]}, **more)
    return particles, superclasses([[1], [2]], class_id)


def kept_of_class_1(particles: Any, groups: Any, **options: Any) -> list[int]:
    selection = select(particles, groups, factor=1, strategy="best", options=options)
    return np.flatnonzero(selection.selected & (particles.class_id == 1)).tolist()


def test_the_default_score_is_high_probability_for_relion() -> None:
    particles, groups = two_classes([0.1, 0.9, 0.5, 0.7, 0.2], RELION)
    assert kept_of_class_1(particles, groups) == [1, 2, 3]


def test_the_default_score_is_low_error_for_cryosparc() -> None:
    particles, groups = two_classes([0.1, 0.9, 0.5, 0.7, 0.2], CRYOSPARC)
    assert kept_of_class_1(particles, groups) == [0, 2, 4]


def test_the_record_says_which_score_was_found() -> None:
    particles, groups = two_classes([0.1, 0.9, 0.5, 0.7, 0.2], CRYOSPARC)
    options = select(particles, groups, factor=1, strategy="best").options
    assert options == {"column": CRYOSPARC, "direction": "low", "quota": "none"}


def test_nan_comes_last_in_either_direction() -> None:
    scores = [np.nan, 0.9, np.nan, 0.1, np.nan]
    for direction in ("high", "low"):
        particles, groups = two_classes(scores, RELION)
        assert kept_of_class_1(particles, groups, direction=direction) == [0, 1, 3]


def test_ties_go_to_the_earlier_row_in_either_direction() -> None:
    for direction in ("high", "low"):
        good, bad = (0.9, 0.1) if direction == "high" else (0.1, 0.9)
        particles, groups = two_classes([bad, good] * 200, RELION)
        assert kept_of_class_1(particles, groups, direction=direction) == [1, 3, 5]


@settings(max_examples=100, deadline=None)
@given(
    scores=st.lists(st.floats(allow_infinity=True) | st.integers(0, 3), min_size=4, max_size=30),
    direction=st.sampled_from(["high", "low"]),
)
def test_no_dropped_particle_has_a_better_score_than_a_kept_one(
    scores: list[float], direction: str
) -> None:
    particles, groups = two_classes(scores, "mine")
    kept = kept_of_class_1(particles, groups, column="mine", direction=direction)
    sign = 1.0 if direction == "low" else -1.0
    badness = [np.inf if np.isnan(score) else sign * score for score in scores]
    worst_kept = max(badness[row] for row in kept)
    dropped = [badness[row] for row in range(len(scores)) if row not in kept]
    assert len(kept) == 3
    assert all(worst_kept <= other for other in dropped)


def test_a_whole_number_column_and_a_leading_underscore_will_do() -> None:
    particles, groups = two_classes([1, 2, 3, 4, 5], "rlnNr")
    kept = kept_of_class_1(particles, groups, column="_rlnNr", direction="high")
    assert kept == [2, 3, 4]


def test_a_missing_column_names_the_columns_of_numbers() -> None:
    particles, groups = two_classes(
        [1, 2, 3, 4, 5],
        "rlnGood",
        rlnName=["a"] * 8,
        pose=np.zeros((8, 3)),
    )
    for options in ({}, {"column": "rlnGoood", "direction": "high"}, {"column": "rlnName"}):
        with pytest.raises(OptionError) as caught:
            select(
                particles,
                groups,
                factor=1,
                strategy="best",
                options={"direction": "high", **options},
            )
        assert "Columns of numbers: rlnGood." in str(caught.value)
    assert "did you mean" not in str(caught.value)


def test_an_unknown_score_needs_a_direction() -> None:
    particles, groups = two_classes([1, 2, 3, 4, 5], "mine")
    with pytest.raises(OptionError, match="direction=high"):
        kept_of_class_1(particles, groups, column="mine")


def test_scores_of_three_dimensions_have_their_good_end() -> None:
    for column, kept in (
        ("alignments3D/error", [0, 2, 4]),
        ("alignments3D/cross_cor", [1, 2, 3]),
        ("pick_stats/ncc_score", [1, 2, 3]),
    ):
        particles, groups = two_classes([0.1, 0.9, 0.5, 0.7, 0.2], column)
        assert kept_of_class_1(particles, groups, column=column) == kept


def test_the_default_score_is_the_first_there_is() -> None:
    columns = [RELION, CRYOSPARC, "alignments3D/error"]
    for first in range(3):
        more = dict.fromkeys(columns[first + 1 :], np.zeros(8))
        particles, groups = two_classes([1, 2, 3, 4, 5], columns[first], **more)
        options = select(particles, groups, factor=1, strategy="best").options
        assert options["column"] == columns[first]
    particles, groups = two_classes([1, 2, 3, 4, 5], "mine")
    with pytest.raises(OptionError, match="alignments2D/error, alignments3D/error"):
        select(particles, groups, factor=1, strategy="best")


@pytest.mark.parametrize("column", ["alignments2D/alpha", "alignments3D/alpha"])
def test_a_scale_needs_a_direction_and_is_warned_of(column: str) -> None:
    particles, groups = two_classes([1, 2, 3, 4, 5], column)
    with pytest.raises(OptionError, match="ice thickness") as caught:
        kept_of_class_1(particles, groups, column=column)
    assert "`strategy.direction=high`" in str(caught.value)
    options = {"column": column, "direction": "high"}
    assert kept_of_class_1(particles, groups, **options) == [2, 3, 4]
    by: dict[str, Any] = {"strategy": "best", "options": options}
    (warning,) = select(particles, groups, factor=1, **by).warnings
    assert column in warning
    assert "ice thickness" in warning
    # Where nothing is balanced, nothing stays by it.
    assert not select(particles, groups, **by).warnings
    (again,) = select_by_group(particles, particles.class_id - 1, max_size=4, **by).warnings
    assert again == warning
    outcomes = check_strategy(Best(), options=options, columns=[column])
    status = {outcome.check: outcome.status for outcome in outcomes}
    assert status["warnings-are-sentences"] == "passed"


@pytest.mark.parametrize("given", ["ice", [1], None])
def test_warnings_of_a_strategy_that_are_none_are_named(given: Any) -> None:
    class Warns(Best):
        def warnings(self, options: Any) -> Any:
            return given

    particles, groups = two_classes([1, 2, 3, 4, 5], RELION)
    with pytest.raises(PluginError, match=r"Warns: warnings\(\) returned"):
        select(particles, groups, factor=1, strategy=Warns())


def test_an_unknown_option_is_refused() -> None:
    particles, groups = two_classes([1, 2, 3, 4, 5], RELION)
    with pytest.raises(OptionError, match="no option 'colum'"):
        kept_of_class_1(particles, groups, colum="mine")


@pytest.mark.parametrize("name", ["random", "best"])
def test_a_proportional_quota_keeps_the_proportions_of_its_classes(
    name: str, rng: np.random.Generator
) -> None:
    class_id = rng.permutation(np.repeat([1, 2, 3, 4], [500, 300, 200, 100]))
    # Scores that would take class 3 alone, without a quota.
    particles = table(class_id, **{RELION: rng.random(len(class_id)) + (class_id == 3)})
    groups = superclasses([[1, 2, 3], [4]], class_id)
    for max_size in (10, 100, 250, 999):
        selection = select(
            particles, groups, max_size=max_size, strategy=name, options={"quota": "proportional"}
        )
        for number, share in ((1, 0.5), (2, 0.3), (3, 0.2)):
            kept = np.count_nonzero(selection.selected & (class_id == number))
            assert abs(kept - share * max_size) < 1
    plain = select(particles, groups, max_size=100, strategy="best")
    assert np.count_nonzero(plain.selected & (class_id == 3)) == 100


def test_a_proportional_best_keeps_the_best_of_each_class(rng: np.random.Generator) -> None:
    class_id = np.repeat([1, 2, 3], [40, 20, 15])
    score = rng.random(75)
    groups = superclasses([[1, 2], [3]], class_id)
    selection = select(
        table(class_id, **{RELION: score}),
        groups,
        factor=1,
        strategy="best",
        options={"quota": "proportional"},
    )
    for number, count in ((1, 10), (2, 5)):
        rows = np.flatnonzero(class_id == number)
        best = rows[np.argsort(-score[rows])[:count]]
        np.testing.assert_array_equal(np.flatnonzero(selection.selected & (class_id == number)),
                                      np.sort(best))  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    seed=st.integers(0, 2**32),
)
def test_every_prefix_is_the_sainte_lague_apportionment(counts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    class_id = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    rows = rng.permutation(len(class_id))
    ordered = in_proportion(rows, class_id[rows])
    np.testing.assert_array_equal(np.sort(ordered), np.sort(rows))
    seats = [0] * len(counts)
    for row in ordered:
        # The next seat goes to the class with the highest quotient votes ÷ (2 seats + 1).
        given_to = int(class_id[row])
        quotient = [n * (2 * seats[given_to] + 1) for n in counts]
        assert all(
            counts[given_to] * (2 * seats[k] + 1) >= quotient[k]
            for k in range(len(counts))
            if seats[k] < counts[k]
        )
        seats[given_to] += 1
    # The order of preference holds within a class.
    for number in range(len(counts)):
        np.testing.assert_array_equal(
            ordered[class_id[ordered] == number], rows[class_id[rows] == number]
        )


def test_ties_of_the_apportionment_go_to_the_larger_class_then_the_lower_number() -> None:
    # Places ½ of the first class and (1, 3, 5) / 6 of the second: the tie at ½ is the second's.
    class_id = np.array([1, 2, 2, 2])
    ordered = in_proportion(np.arange(4), class_id)
    assert class_id[ordered].tolist() == [2, 2, 1, 2]
    class_id = np.array([8, 8, 5, 5])
    assert class_id[in_proportion(np.arange(4), class_id)].tolist() == [5, 8, 5, 8]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-1, 8), max_size=80))
def test_rows_by_group_are_all_candidates_in_order(numbers: list[int]) -> None:
    superclass = np.array(numbers, dtype=np.int64)
    found = dict(rows_by_group(superclass))
    assert sorted(found) == sorted(set(numbers) - {-1})
    for number, rows in found.items():
        np.testing.assert_array_equal(rows, np.flatnonzero(superclass == number))


def test_best_does_not_depend_on_the_seed(rng: np.random.Generator) -> None:
    class_id = np.repeat([1, 2], [50, 10])
    particles = table(class_id, **{RELION: rng.random(60)})
    groups = superclasses([[1], [2]], class_id)
    first, second = (
        select(particles, groups, factor=1, strategy="best", seed=seed) for seed in (0, 1)
    )
    np.testing.assert_array_equal(first.selected, second.selected)
    assert first.count(KEPT) == np.count_nonzero(first.reason == REASONS.index(KEPT)) == 20


@settings(max_examples=100, deadline=None)
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=6), seed=st.integers(0, 10**6))
def test_equal_quotas_are_equal_as_far_as_classes_reach(sizes: list[int], seed: int) -> None:
    """Water filling: of any cap each class has min(size, level), the last round broken off."""
    class_id = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    rows = np.arange(len(class_id))
    order = by_quota(rows, class_id, "equal")
    assert sorted(order) == rows.tolist()
    for cap in range(len(rows) + 1):
        kept = np.bincount(class_id[order[:cap]], minlength=len(sizes))
        level = kept.max(initial=0)
        assert all(
            n in (level, level - 1) or n == size for n, size in zip(kept, sizes, strict=True)
        )
    for number in range(len(sizes)):
        of_class = order[class_id[order] == number]
        assert (np.diff(of_class) > 0).all()
