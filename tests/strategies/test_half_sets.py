"""Half sets keep their ratio in each group that is cut, whoever chooses."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rebalance.contracts import Strategy
from rebalance.errors import PluginError
from rebalance.model import ParticleTable, Superclasses
from rebalance.strategies import places, select, select_by_group
from rebalance.strategies.half_sets import places_in_line, seats
from rebalance.strategies.order import rows_by_group

from .tables import Columns, superclasses, table

RELION, CRYOSPARC = "rlnRandomSubset", "alignments3D/split"


class SelectsAtRandom(Strategy):
    """Has no places."""

    def select(
        self, particles: Any, group: Any, cap: int, options: Any, rng_for: Callable[[int], Any]
    ) -> Any:
        kept = np.zeros(len(group), dtype=bool)
        for number, rows in rows_by_group(group):
            kept[rng_for(number).permutation(rows)[:cap]] = True
        return kept


class LeavesItToSelect(SelectsAtRandom):
    def places(self, *_: Any) -> None:
        return None


class PlacesByRow(Strategy):
    """Has no select."""

    is_random = False

    def places(self, particles: Any, group: Any, options: Any, rng_for: Any) -> Any:
        place = np.full(len(group), 7, dtype=np.int32)
        for _, rows in rows_by_group(group):
            place[rows] = np.arange(len(rows))
        return place


STRATEGIES: dict[str, dict[str, Any]] = {
    "random": {"strategy": "random"},
    "best": {"strategy": "best"},
    "stratified": {"strategy": "random", "options": {"quota": "proportional"}},
    "best, stratified": {"strategy": "best", "options": {"quota": "proportional"}},
    "select alone": {"strategy": SelectsAtRandom()},
    "select, and no places": {"strategy": LeavesItToSelect()},
    "places alone": {"strategy": PlacesByRow()},
}
by_strategy = pytest.mark.parametrize("by", STRATEGIES.values(), ids=list(STRATEGIES))
counts = st.lists(st.integers(0, 30), min_size=2, max_size=3).filter(any)
seeds = st.integers(0, 2**32)


def crowd(
    seed: int, column: str = RELION, values: tuple[Any, ...] = (1, 2)
) -> tuple[ParticleTable, Superclasses]:
    """Up to eight classes in three superclasses, with a score of no ties, halves at any ratio."""
    rng = np.random.default_rng(seed)
    class_id = rng.permutation(np.repeat(np.arange(1, 9), rng.integers(1, 40, 8)))
    n = len(class_id)
    chance = rng.dirichlet(np.ones(len(values)))
    halves = np.array(values)[rng.choice(len(values), n, p=chance)]
    score = rng.permutation(n) / n
    particles = table(class_id, **{"rlnMaxValueProbDistribution": score, column: halves})
    return particles, superclasses([[1, 2, 3, 4, 5], [6, 7], [8]], class_id)


def assert_in_ratio(group: np.ndarray, kept: np.ndarray, halves: np.ndarray, cap: int) -> None:
    for number in range(group.max() + 1):
        own = group == number
        size = np.count_nonzero(own)
        stay = min(size, cap)
        assert np.count_nonzero(own & kept) == stay
        for half in np.unique(halves[own]):
            share = Fraction(stay * int(np.count_nonzero(own & (halves == half))), size)
            assert abs(np.count_nonzero(own & kept & (halves == half)) - share) < 1


@settings(max_examples=300, deadline=None)
@given(counts)
def test_seats_are_the_apportionment_by_the_highest_quotient(count: list[int]) -> None:
    seated = [0] * len(count)
    table_of_counts = np.array([count])
    for cap in range(1, sum(count) + 1):
        given = seats(table_of_counts, cap)[0].tolist()
        assert sum(given) == cap
        # One more than before, and for one of those with the highest votes ÷ (2 seats + 1).
        (gainer,) = (h for h in range(len(count)) if given[h] != seated[h])
        assert given[gainer] == seated[gainer] + 1
        quotient = [Fraction(n, 2 * s + 1) for n, s in zip(count, seated, strict=True)]
        assert quotient[gainer] == max(quotient)
        # Of those the larger.
        tied = [n for n, q in zip(count, quotient, strict=True) if q == max(quotient)]
        assert count[gainer] == max(tied)
        seated = given
        for n, s in zip(count, seated, strict=True):
            distance = abs(s - Fraction(cap * n, sum(count)))
            assert distance <= Fraction(1, 2) if len(count) == 2 else distance < 1
    assert seats(table_of_counts, sum(count) + 5)[0].tolist() == count
    assert not seats(table_of_counts, 0).any()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=4), seeds)
def test_places_in_line_seat_each_half_as_seats_do_at_every_cap(
    count: list[tuple[int, int]], seed: int
) -> None:
    of_each = np.array(count)
    rng = np.random.default_rng(seed)
    line = [rng.permutation(np.repeat([0, 1], own)) for own in count]
    group = np.repeat(np.arange(len(count)), of_each.sum(axis=1))
    half = np.concatenate(line).astype(np.uint8)
    place = places_in_line(half, of_each)
    for number in range(len(count)):
        own = group == number
        assert sorted(place[own].tolist()) == list(range(own.sum()))
        for one in (0, 1):
            # Those of a half keep their order.
            assert (np.diff(place[own & (half == one)]) > 0).all()
    for cap in range(1, 26):
        found = [
            [np.count_nonzero((group == k) & (half == one) & (place < cap)) for one in (0, 1)]
            for k in range(len(count))
        ]
        assert found == seats(of_each, cap).tolist()


def test_between_equal_halves_of_many_groups_none_gains() -> None:
    rng = np.random.default_rng(3)
    n = rng.integers(20, 200, 400)
    total = seats(np.stack([n, n], axis=1), 35).sum(axis=0)
    assert total.sum() == 35 * 400
    assert abs(total[0] - total[1]) < 80  # 4 standard deviations; all to one would be 400.


@by_strategy
@settings(max_examples=25, deadline=None)
@given(
    seed=seeds,
    cap=st.integers(1, 80),
    told=st.sampled_from([(RELION, (1, 2)), (RELION, (0, 1, 2)), (CRYOSPARC, (0, 1))]),
)
def test_superclasses_keep_the_ratio_of_halves_to_within_one_particle(
    by: dict[str, Any], seed: int, cap: int, told: Any
) -> None:
    particles, groups = crowd(seed, *told)
    selection = select(particles, groups, max_size=cap, seed=seed, **by)
    halves = particles.column(told[0])
    assert_in_ratio(selection.superclass, selection.selected, halves, cap)
    is_said = (
        f"Each superclass keeps the ratio of its half sets ({told[0]}), to within one particle."
        in selection.notes
    )
    dropped = not selection.selected.all()
    assert is_said == (dropped and len(np.unique(halves)) > 1)


@by_strategy
@settings(max_examples=25, deadline=None)
@given(seed=seeds, percentile=st.integers(1, 100))
def test_bins_keep_the_ratio_of_halves_to_within_one_particle(
    by: dict[str, Any], seed: int, percentile: int
) -> None:
    particles, _ = crowd(seed)
    group = particles.class_id % 7 - 1
    selection = select_by_group(particles, group, percentile=percentile, seed=seed, **by)
    assert selection.cap is not None
    assert_in_ratio(group, selection.selected, particles.column(RELION), selection.cap)
    is_said = any("Each bin keeps the ratio" in note for note in selection.notes)
    assert is_said == (
        selection.after.sum() < selection.before.sum()
        and len(np.unique(particles.column(RELION))) > 1
    )


@by_strategy
@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_selections_with_halves_nest_and_places_name_them(by: dict[str, Any], seed: int) -> None:
    particles, groups = crowd(seed)
    place = places(particles, groups, seed=seed, **by)
    assert (place is None) == isinstance(by["strategy"], SelectsAtRandom)
    previous = np.zeros(len(particles), dtype=bool)
    for cap in range(1, int(groups.size.max()) + 1):
        kept = select(particles, groups, max_size=cap, seed=seed, **by).selected
        assert not (previous & ~kept).any()
        if place is not None:
            np.testing.assert_array_equal(kept, (place >= 0) & (place < cap))
        previous = kept
    assert previous.all()


@by_strategy
def test_a_group_keeps_its_particles_whatever_happens_to_the_others(by: dict[str, Any]) -> None:
    particles, groups = crowd(4)
    first = select(particles, groups, max_size=9, **by).selected
    other = superclasses([[6, 8], [7], [1, 2, 3, 4, 5]], particles.class_id)
    second = select(particles, other, max_size=9, **by).selected
    same = particles.class_id <= 5
    assert np.count_nonzero(same) > 9
    np.testing.assert_array_equal(first[same], second[same])


@settings(max_examples=30, deadline=None)
@given(seed=seeds, cap=st.integers(1, 60))
def test_the_best_of_each_half_stay_whatever_the_order_of_rows(seed: int, cap: int) -> None:
    particles, groups = crowd(seed)
    by: dict[str, Any] = {"max_size": cap, "strategy": "best"}
    kept = select(particles, groups, **by).selected
    score = particles.column("rlnMaxValueProbDistribution")
    halves = particles.column(RELION)
    label = select(particles, groups).superclass
    for number in range(3):
        for half in (1, 2):
            own = (label == number) & (halves == half)
            if (own & kept).any() and (own & ~kept).any():
                assert score[own & kept].min() > score[own & ~kept].max()
    rows = np.random.default_rng(seed).permutation(len(particles))
    columns = {name: particles.column(name)[rows] for name in particles.column_names}
    shuffled = select(table(particles.class_id[rows], **columns), groups, **by).selected
    np.testing.assert_array_equal(shuffled, kept[rows])


def test_every_particle_of_a_half_is_as_likely_to_stay() -> None:
    class_id = np.ones(40, dtype=np.int64)
    particles = table(class_id, **{RELION: np.repeat([1, 2], [30, 10])})
    for strategy in ("random", SelectsAtRandom()):
        runs = 1_000
        times = sum(
            select_by_group(
                particles, class_id - 1, max_size=8, strategy=strategy, seed=seed
            ).selected.astype(int)
            for seed in range(runs)
        )
        assert times[:30].sum() == 6 * runs
        # Counts are binomial (1,000, 1/5), with correlations −1/29 and −1/9 between them.
        scaled = (times - runs / 5) ** 2 / (runs * 0.16)
        chi_squared = scaled[:30].sum() * 29 / 30 + scaled[30:].sum() * 9 / 10
        assert 17 < chi_squared < 71  # 38 degrees of freedom, 0.1 % off either end


TOLD_OTHERWISE = {
    "numbers of decimals": np.array([1.0, 2.0]),
    "bools": np.array([False, True]),
    "small numbers": np.array([-128, 127], dtype=np.int8),
    "far numbers": np.array([-(2**62), 2**62]),
    "uids": np.array([1, 2**64 - 1], dtype=np.uint64),
    "text": np.array(["a", "b"]),
    "objects": np.array(["1", None], dtype=object),
    "half of them without": np.array([1.0, np.nan]),
    "some without": np.array([1.0, 2.0, np.nan]),
}


@pytest.mark.parametrize("values", TOLD_OTHERWISE.values(), ids=list(TOLD_OTHERWISE))
def test_values_are_categories_whatever_they_are(values: Any, rng: np.random.Generator) -> None:
    class_id = np.repeat([1, 2], [60, 7])
    category = rng.integers(0, len(values), len(class_id))
    particles = table(class_id, **{RELION: values[category]})
    for strategy in ("random", SelectsAtRandom()):
        found = select_by_group(particles, class_id - 1, max_size=21, strategy=strategy)
        assert_in_ratio(class_id - 1, found.selected, category, 21)
        assert any("half sets" in note for note in found.notes)


NO_HALVES = {
    "one value": np.zeros(67, dtype=np.int64),
    "no value": np.full(67, np.nan),
    "one word": np.full(67, "x"),
    "many values": np.arange(67),
    "many words": np.array([f"{k}" for k in range(67)]),
    "many a row": np.zeros((67, 2)),
    "infinite": np.full(67, np.inf),
}


@pytest.mark.parametrize("values", NO_HALVES.values(), ids=list(NO_HALVES))
def test_a_column_that_tells_of_no_halves_is_as_none(values: Any) -> None:
    class_id = np.repeat([1, 2], [60, 7])
    groups = superclasses([[1], [2]], class_id)
    told, plain = table(class_id, **{CRYOSPARC: values}), table(class_id)
    first, second = select(told, groups, factor=1), select(plain, groups, factor=1)
    np.testing.assert_array_equal(first.selected, second.selected)
    assert first.notes == second.notes
    # A second column may tell what the first does not.
    both = table(class_id, **{RELION: values, CRYOSPARC: np.arange(67) % 2})
    assert any(CRYOSPARC in note for note in select(both, groups, factor=1).notes)


def test_halves_are_read_only_where_something_is_dropped() -> None:
    class Unread(Columns):
        def read_column(self, name: str) -> Any:
            raise AssertionError("read")

    class_id = np.repeat([1, 2], [60, 7])
    particles = ParticleTable(class_id, Unread({RELION: class_id}))
    for limits in ({}, {"factor": 0}, {"max_size": 60}, {"percentile": 100}):
        assert select_by_group(particles, class_id - 1, **limits).selected.all()  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match="read"):
        select_by_group(particles, class_id - 1, max_size=59)


@pytest.mark.parametrize(
    "places_of",
    [lambda rows: rows, lambda rows: rows // 2, lambda rows: rows - 1, lambda rows: -rows],
)
def test_places_that_are_no_order_are_named(places_of: Any) -> None:
    class Misplaces(Strategy):
        def places(self, particles: Any, group: Any, options: Any, rng_for: Any) -> Any:
            place = np.zeros(len(group), dtype=np.int64)
            for _, rows in rows_by_group(group):
                place[rows] = places_of(np.arange(len(rows)) + (rows[0] > 0))
            return place

    class_id = np.repeat([1, 2], [30, 20])
    particles = table(class_id, **{RELION: np.arange(50) % 2})
    words = r"places\(\) gave particle \d+ of bin [01] the place -?\d+, which is taken, or not"
    with pytest.raises(PluginError, match=words):
        select_by_group(particles, class_id - 1, max_size=5, strategy=Misplaces())


def test_a_strategy_that_keeps_too_few_of_a_half_is_named() -> None:
    class KeepsOneLess(SelectsAtRandom):
        def select(self, particles: Any, group: Any, cap: int, *more: Any) -> Any:
            return super().select(particles, group, cap - 1, *more)

    class_id = np.repeat([1, 2], [30, 20])
    particles = table(class_id, **{RELION: np.arange(50) % 2})
    with pytest.raises(PluginError, match="kept 4 particles of bin 0; 5 were expected"):
        select_by_group(particles, class_id - 1, max_size=10, strategy=KeepsOneLess())


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(1, 60), st.sampled_from(["random", "best"]))
def test_equal_quotas_are_equal_within_each_half_as_far_as_classes_reach(
    seed: int, cap: int, strategy: str
) -> None:
    particles, groups = crowd(seed)
    found = select(
        particles, groups, max_size=cap, seed=seed, strategy=strategy, options={"quota": "equal"}
    )
    halves = particles.column(RELION)
    assert_in_ratio(found.superclass, found.selected, halves, cap)
    _assert_equal(found, particles.class_id, halves)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(1, 60), st.sampled_from(["random", "best"]))
def test_equal_quotas_are_equal_without_halves(seed: int, cap: int, strategy: str) -> None:
    crowded, groups = crowd(seed)
    score = crowded.column("rlnMaxValueProbDistribution")
    particles = table(crowded.class_id, rlnMaxValueProbDistribution=score)
    found = select(
        particles, groups, max_size=cap, seed=seed, strategy=strategy, options={"quota": "equal"}
    )
    _assert_equal(found, particles.class_id, np.zeros(len(particles), dtype=int))


def _assert_equal(found: Any, class_id: np.ndarray, halves: np.ndarray) -> None:
    """Of each half of each superclass, every class has the same number, one less, or all it has."""
    for number in range(int(found.superclass.max()) + 1):
        for half in np.unique(halves):
            own = (found.superclass == number) & (halves == half)
            classes, size = np.unique(class_id[own], return_counts=True)
            kept = np.array(
                [np.count_nonzero(found.selected & own & (class_id == n)) for n in classes]
            )
            level = kept.max(initial=0)
            assert ((kept >= level - 1) | (kept == size)).all()
