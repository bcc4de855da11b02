"""What `select` promises for every strategy: reasons, nesting, stability, warnings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rebalance.api import cluster
from rebalance.curation.classes import left_out_classes
from rebalance.errors import InputError, OptionError, PluginError
from rebalance.model import (
    BALANCED,
    EMPTY_AVERAGE,
    JUNK,
    KEPT,
    NO_SUCH_AVERAGE,
    NOT_SELECTED,
    REASONS,
    Affinity,
    Classes,
    ParticleTable,
    Superclasses,
)
from rebalance.model.class_numbers import count_classes
from rebalance.options import NoOptions, Options
from rebalance.strategies import places, select

from .tables import of_sizes, superclasses, table

sizes = st.lists(st.integers(1, 60), min_size=1, max_size=6)
factors = st.decimals(min_value=0, max_value=1, places=3)
plugins = st.sampled_from(["random", "best"])
seeds = st.integers(0, 2**40)


def grouped(rng: np.random.Generator) -> tuple[ParticleTable, Superclasses]:
    """Twelve classes in four superclasses, with a score."""
    class_id = rng.permutation(np.repeat(np.arange(1, 13), rng.integers(1, 80, 12)))
    particles = table(class_id, rlnMaxValueProbDistribution=rng.random(len(class_id)).round(2))
    return particles, superclasses([[1, 2, 3], [4, 5], [6], [7, 8, 9, 10, 11, 12]], class_id)


@settings(max_examples=200, deadline=None)
@given(sizes=sizes, factor=factors, seed=seeds)
def test_the_smallest_superclass_is_at_least_f_times_the_largest_and_stays_whole(
    sizes: list[int], factor: Any, seed: int
) -> None:
    particles, groups = of_sizes(*sizes)
    selection = select(particles, groups, factor=str(factor), seed=seed)
    assert selection.after.min() >= factor * int(selection.after.max())
    assert selection.after.min() == selection.before.min()
    # Nothing is dropped beyond need: one particle more would break the rule.
    if selection.after.sum() < selection.before.sum():
        assert selection.after.min() < factor * int(selection.after.max() + 1)


@settings(max_examples=50, deadline=None)
@given(sizes=sizes, seed=seeds)
def test_factor_0_keeps_everything_and_factor_1_equalises(sizes: list[int], seed: int) -> None:
    particles, groups = of_sizes(*sizes)
    assert select(particles, groups, factor=0, seed=seed).selected.all()
    assert select(particles, groups, seed=seed).selected.all()
    assert set(select(particles, groups, factor=1, seed=seed).after) == {min(sizes)}


@pytest.mark.parametrize("name", ["random", "best"])
@pytest.mark.parametrize("stratified", [False, True])
def test_selections_nest_as_the_factor_rises(name: str, stratified: bool, rng: Any) -> None:
    particles, groups = grouped(rng)
    options = {"stratified": stratified}
    previous = np.ones(len(particles), dtype=bool)
    for hundredths in range(1, 101):
        kept = select(
            particles, groups, factor=f"{hundredths / 100:.2f}", strategy=name, options=options
        ).selected
        assert not (kept & ~previous).any()
        previous = kept
    assert previous.sum() == 4 * groups.size.min()


@pytest.mark.parametrize("stratified", [False, True])
def test_an_unchanged_superclass_keeps_its_particles_whatever_happens_elsewhere(
    stratified: bool, rng: Any
) -> None:
    particles, groups = grouped(rng)
    other = superclasses([[1, 2, 3], [4, 6], [5, 7, 8], [9, 10, 11, 12]], particles.class_id)
    options = {"stratified": stratified}
    first = select(particles, groups, max_size=7, seed=3, options=options).selected
    second = select(particles, other, max_size=7, seed=3, options=options).selected
    same = particles.class_id <= 3
    np.testing.assert_array_equal(first[same], second[same])
    assert (first[~same] != second[~same]).any()

    fewer = np.flatnonzero((particles.class_id != 6) | (rng.random(len(particles)) < 0.5))
    part = table(particles.class_id[fewer])
    third = select(part, groups, max_size=7, seed=3, options=options).selected
    unchanged = particles.class_id[fewer] != 6
    np.testing.assert_array_equal(third[unchanged], first[fewer][unchanged])


def test_a_superclass_that_gets_another_number_keeps_its_particles() -> None:
    class_id = np.repeat([1, 2, 3], [30, 20, 5])
    particles = table(class_id)
    first = select(particles, superclasses([[1], [2], [3]], class_id), factor=1)
    more = table(np.append(class_id, np.full(40, 2)))
    second = select(more, superclasses([[1], [2], [3]], more.class_id), factor=1)
    assert first.superclass[0] == 0
    assert second.superclass[0] == 1
    np.testing.assert_array_equal(first.selected[:30], second.selected[:30])


def test_one_seed_gives_one_answer_and_another_seed_another(rng: Any) -> None:
    particles, groups = grouped(rng)
    first = select(particles, groups, factor="0.7", seed=5)
    again = select(particles, groups, factor="0.7", seed=5)
    other = select(particles, groups, factor="0.7", seed=6)
    np.testing.assert_array_equal(first.selected, again.selected)
    assert (first.selected != other.selected).any()
    np.testing.assert_array_equal(first.after, other.after)


def test_the_order_of_the_averages_does_not_matter(rng: Any) -> None:
    class_id = rng.permutation(np.repeat(np.arange(1, 7), [40, 30, 20, 10, 9, 8]))
    particles = table(class_id)
    groups = superclasses([[1, 4], [2, 6], [3, 5]], class_id)
    other = superclasses([[5, 3], [6, 2], [4, 1]], class_id)
    np.testing.assert_array_equal(
        select(particles, groups, factor=1).selected, select(particles, other, factor=1).selected
    )


def test_every_particle_of_a_superclass_is_as_likely_to_stay() -> None:
    particles, groups = of_sizes(40, 10)
    runs = 2_000
    times = sum(
        select(particles, groups, factor=1, seed=seed).selected.astype(int) for seed in range(runs)
    )
    of_large = times[particles.class_id == 1]
    assert of_large.sum() == 10 * runs
    # Each count is binomial (2,000, ¼): variance 375, with correlation −1/39 between them.
    chi_squared = ((of_large - runs / 4) ** 2 / (runs * 0.25 * 0.75) * 39 / 40).sum()
    assert 17.3 < chi_squared < 72.1  # 39 degrees of freedom, 0.1 % off either end


def test_pairs_of_particles_stay_together_as_often_as_chance_has_it() -> None:
    particles, groups = of_sizes(12, 4)
    runs = 3_000
    together = np.zeros((12, 12))
    for seed in range(runs):
        kept = select(particles, groups, factor=1, seed=seed).selected[particles.class_id == 1]
        together += np.outer(kept, kept)
    expected = runs * (4 / 12) * (3 / 11)
    off = together[np.triu_indices(12, 1)]
    assert np.abs(off - expected).max() < 5 * np.sqrt(expected)


def test_every_particle_has_the_reason_that_applies() -> None:
    class_id = np.repeat([1, 2, 3, 4, 9], [10, 4, 5, 6, 3])
    groups = superclasses([[1], [2], [3]], class_id)
    # Class 4 has an average, an empty one; class 9 has none; class 3 is left out.
    groups = Superclasses(
        label=np.append(groups.label, -1),
        class_id=np.append(groups.class_id, 4),
        size=groups.size,
        medoid=groups.medoid,
        mean_affinity=groups.mean_affinity,
        order=np.append(groups.order, 3),
    )
    selection = select(table(class_id), groups, factor=1, left_out=[3])
    assert selection.count(KEPT) == 8
    assert selection.count(BALANCED) == 6
    for number, reason in ((3, NOT_SELECTED), (4, EMPTY_AVERAGE), (9, NO_SUCH_AVERAGE)):
        assert (selection.reason[class_id == number] == REASONS.index(reason)).all()
        assert (selection.superclass[class_id == number] == -1).all()
    np.testing.assert_array_equal(selection.selected, selection.reason == 0)
    assert selection.before.sum() == 14
    assert any("class 9 not among" in warning for warning in selection.warnings)
    assert any("class 4 is empty" in warning for warning in selection.warnings)
    assert any("class 3" in note for note in selection.notes)


def test_classes_left_out_of_the_superclasses_are_left_out_of_the_selection() -> None:
    from rebalance.clusterings import identity_superclasses

    class_id = np.repeat([1, 2, 3], [5, 6, 7])
    groups = identity_superclasses(Classes.of([1, 2, 3], [5, 6, 7], left_out=[2]))
    selection = select(table(class_id), groups, factor=1)
    assert selection.count(NOT_SELECTED) == 6
    assert selection.after.tolist() == [5, 5]


def test_particles_of_junk_have_that_reason_whatever_else_leaves_them_out() -> None:
    class_id = np.repeat([1, 2, 3], [5, 6, 7])
    groups = superclasses([[1], [2], [3]], class_id)
    junk = replace(groups, junk=(2, 3), left_out=(3,))
    selection = select(table(class_id), junk, factor=1, left_out=[2])
    assert selection.count(JUNK) == 13
    np.testing.assert_array_equal(selection.selected, class_id == 1)
    assert selection.notes[0].startswith("13 of 18 particles are excluded with classes 2 and 3, ")
    of_the_superclasses = select(table(class_id), replace(groups, junk=(2,)), factor=1)
    assert of_the_superclasses.count(JUNK) == 6
    np.testing.assert_array_equal(of_the_superclasses.selected[class_id == 2], False)


def test_a_small_class_that_sets_the_size_is_named_by_its_class_alone_without_superclasses() -> (
    None
):
    from rebalance.clusterings import identity_superclasses

    class_id = np.repeat([1, 2, 6], [4000, 4000, 1])
    groups = identity_superclasses(Classes.of([1, 2, 6], [4000, 4000, 1]))
    (warning,) = select(table(class_id), groups, factor=1).warnings
    assert "particles stay: class 6 has 1 particle" in warning


@pytest.mark.parametrize("out", [[2], [2, 4], [4], [1, 4]])
def test_classes_are_left_out_with_their_particles(out: list[int]) -> None:
    particles, groups = of_sizes(9, 8, 7, 2)
    selection = select(particles, groups, factor=1, left_out=out)
    np.testing.assert_array_equal(
        np.unique(particles.class_id[selection.reason == REASONS.index(NOT_SELECTED)]), out
    )
    assert selection.before.sum() == selection.before[selection.before > 0].sum()
    assert set(selection.after[selection.before > 0]) == {
        min(size for size, number in ((9, 1), (8, 2), (7, 3), (2, 4)) if number not in out)
    }


@pytest.mark.parametrize(
    "named",
    [
        {"seed": -1},
        {"seed": 1.5},
        {"factor": 2},
        {"max_size": 0},
    ],
)
def test_a_mistake_in_what_is_asked_is_an_option_error(named: dict[str, Any]) -> None:
    particles, groups = of_sizes(9, 8)
    with pytest.raises(OptionError):
        select(particles, groups, **named)


def test_a_superclass_without_candidates_does_not_set_the_size_of_the_smallest() -> None:
    class_id = np.repeat([1, 2], [10, 6])
    groups = superclasses([[1], [2], [3]], np.repeat([1, 2, 3], [10, 6, 2]))
    selection = select(table(class_id), groups, factor=1)
    assert selection.after.tolist() == [6, 6, 0]
    assert any("superclass 2" in note for note in selection.notes)


def test_no_candidates_at_all_excludes_everything_and_says_so() -> None:
    _, groups = of_sizes(3, 2)
    selection = select(table(np.full(5, 99)), groups, factor=1)
    assert not selection.selected.any()
    assert selection.cap is None
    assert any("all 5 are excluded" in warning for warning in selection.warnings)
    assert len(select(table([]), groups, factor=1)) == 0


def test_a_one_particle_class_that_throws_nearly_everything_away_is_named() -> None:
    particles, groups = of_sizes(5_000, 3_000, 1)
    selection = select(particles, groups, factor=1)
    warning = " ".join(selection.warnings)
    assert "Only 3 of 8,001 particles" in warning
    assert "class 3" in warning
    assert "6,000 would stay" in warning
    assert "`exclude_classes=[3]`" in warning
    assert "`min_class_particles=2`" in warning
    few = left_out_classes(count_classes(particles.class_id), min_class_particles=2)
    assert few == (3,)
    said = select(particles, groups, factor=1, left_out=few)
    assert said.after.sum() == 6_000
    assert not said.warnings


def test_what_would_stay_without_a_tiny_class_stays_when_it_is_left_out_as_said() -> None:
    values = np.full((4, 4), 0.2, dtype=np.float32)
    values[0, 1] = values[1, 0] = 0.9
    np.fill_diagonal(values, 1.0)
    alike = Affinity(values, np.arange(1, 5), np.zeros(4, dtype=bool))
    counts = np.array([4_000, 3_000, 2_000, 2])
    particles = table(np.repeat([1, 2, 3, 4], counts))
    warning = select(particles, cluster(alike, 3, n_particles=counts), factor=1).warnings[0]
    assert "Without it 4,000 would stay: `n_superclasses=2, exclude_classes=[4]`" in warning
    fewer = cluster(alike, 2, n_particles=counts, left_out=[4])
    assert select(particles, fewer, factor=1).selected.sum() == 4_000


def test_several_tiny_classes_that_throw_nearly_everything_away_are_named_together() -> None:
    particles, groups = of_sizes(5_000, 3_000, 900, 4, 2, 2)
    warning = " ".join(select(particles, groups, factor=1).warnings)
    assert "Only 12 of 8,908 particles" in warning
    assert "has 2 particles, as has one more, and sets" in warning
    assert "the 3 smallest superclasses 2,700 would stay" in warning
    assert "`exclude_classes=[4, 5, 6]`" in warning
    assert "`min_class_particles=5`" in warning
    few = left_out_classes(count_classes(particles.class_id), min_class_particles=5)
    assert few == (4, 5, 6)
    assert select(particles, groups, factor=1, left_out=few).after.sum() == 2_700


def test_classes_that_rise_evenly_are_not_all_blamed() -> None:
    particles, groups = of_sizes(*(2**k for k in range(12)))
    warning = " ".join(select(particles, groups, factor=1).warnings)
    assert "Only 12 of 4,095 particles" in warning
    assert "A lower factor keeps more" in warning


def test_a_modest_loss_is_not_warned_of() -> None:
    particles, groups = of_sizes(500, 300, 200)
    assert not select(particles, groups, factor=1).warnings


def test_a_maximum_below_the_smallest_superclass_cuts_every_superclass() -> None:
    particles, groups = of_sizes(30, 20, 10)
    selection = select(particles, groups, max_size=4)
    assert selection.after.tolist() == [4, 4, 4]
    assert any("every superclass is cut to 4" in warning for warning in selection.warnings)


def test_class_numbers_may_be_zero_negative_and_huge() -> None:
    class_id = np.repeat([0, -3, 2**60], [9, 4, 6])
    groups = superclasses([[0], [-3], [2**60]], class_id)
    assert select(table(class_id), groups, factor=1).after.tolist() == [4, 4, 4]


def test_a_tiny_factor_drops_nothing() -> None:
    particles, groups = of_sizes(30, 1)
    assert select(particles, groups, factor="1e-40").selected.all()


class _Keeps:
    """A strategy that keeps what a test tells it to."""

    options_model: ClassVar[type[Options]] = NoOptions

    def __init__(self, choose: Callable[[np.ndarray, int], np.ndarray]) -> None:
        self._choose = choose

    def select(self, particles: Any, superclass: Any, cap: int, options: Any, rng_for: Any) -> Any:
        return self._choose(superclass, cap)


def _first(superclass: np.ndarray, cap: int) -> np.ndarray:
    kept = np.zeros(len(superclass), dtype=bool)
    for number in range(superclass.max() + 1):
        kept[np.flatnonzero(superclass == number)[:cap]] = True
    return kept


def test_a_strategy_installed_nowhere_is_used() -> None:
    particles, groups = of_sizes(30, 20)
    selection = select(particles, groups, factor=1, strategy=_Keeps(_first))
    assert selection.strategy == "_Keeps"
    assert selection.after.tolist() == [20, 20]


@pytest.mark.parametrize(
    "choose",
    [
        lambda superclass, cap: superclass >= -1,
        lambda superclass, cap: superclass >= 0,
        lambda superclass, cap: np.zeros(len(superclass), dtype=bool),
        lambda superclass, cap: _first(superclass, cap)[:-1],
        lambda superclass, cap: _first(superclass, cap).astype(int),
    ],
)
def test_a_strategy_that_breaks_its_contract_is_reported(choose: Any) -> None:
    particles, groups = of_sizes(30, 20, 10)
    with pytest.raises(PluginError, match="_Keeps"):
        select(particles, groups, factor=1, left_out=[3], strategy=_Keeps(choose))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda n: np.arange(n - 1), r"places\(\) gave int64 \(59,\), expected int64 \(60,\)"),
        (lambda n: np.linspace(0, 1, n), r"places\(\) gave float64 \(60,\), expected int64"),
        (lambda n: None, r"places\(\) gave None, and it has no select"),
    ],
)
def test_places_that_can_not_be_used_are_named_before_they_are_used(given: Any, words: str) -> None:
    class Placed:
        def places(self, particles: Any, group: Any, *more: Any) -> Any:
            return given(len(group))

    particles, groups = of_sizes(30, 20, 10)
    with pytest.raises(PluginError, match=f"Placed: {words}"):
        select(particles, groups, factor=1, strategy=Placed())  # type: ignore[arg-type]


@pytest.mark.parametrize("choose", [lambda n: [True] * 59, lambda n: list(range(n))])
def test_a_selection_that_can_not_be_used_is_named_whatever_it_is(choose: Any) -> None:
    particles, groups = of_sizes(30, 20, 10)
    strategy = _Keeps(lambda superclass, cap: choose(len(superclass)))
    with pytest.raises(PluginError, match=r"select\(\) gave .*, expected bool \(60,\)"):
        select(particles, groups, factor=1, strategy=strategy)


@settings(max_examples=100, deadline=None)
@given(
    far=st.sampled_from([1, 10**6, 2**58]),
    known=st.sets(st.integers(-20, 20), min_size=1, max_size=8),
    rest=st.lists(st.integers(-25, 25), max_size=40),
)
def test_close_and_scattered_class_numbers_are_told_apart_alike(
    far: int, known: set[int], rest: list[int]
) -> None:
    # Numbers that lie close together are looked up in a table, scattered ones are searched.
    class_id = np.array([*sorted(known), *rest], dtype=np.int64) * far
    groups = superclasses([[number * far] for number in sorted(known)], class_id)
    selection = select(table(class_id), groups)
    label = dict(zip(groups.class_id.tolist(), groups.label.tolist(), strict=True))
    assert selection.superclass.tolist() == [label.get(number, -1) for number in class_id.tolist()]
    expected = [KEPT if number in label else NO_SUCH_AVERAGE for number in class_id.tolist()]
    assert [REASONS[code] for code in selection.reason] == expected


def test_a_strategy_that_reads_a_column_that_is_not_there_needs_no_words_of_its_own() -> None:
    class ByScore:
        options_model = NoOptions

        def select(self, particles: ParticleTable, *_: Any) -> Any:
            return np.asarray(particles.column("scor")) > 0

    particles = table([1, 1, 2], score=[1.0, 2.0, 3.0], other=[1, 2, 3])
    groups = superclasses([[1], [2]], [1, 1, 2])
    with pytest.raises(InputError, match="no column 'scor'; did you mean 'score'") as raised:
        select(particles, groups, factor=1.0, strategy=ByScore())  # type: ignore[arg-type]
    assert isinstance(raised.value, KeyError)
    assert "Columns: score, other." in str(raised.value)


@settings(max_examples=30, deadline=None)
@given(plugin=plugins, stratified=st.booleans(), seed=seeds)
def test_places_say_what_select_keeps_at_every_cap(
    plugin: str, stratified: bool, seed: int
) -> None:
    particles, groups = grouped(np.random.default_rng(seed))
    by = {"strategy": plugin, "options": {"stratified": stratified}, "seed": seed}
    place = places(particles, groups, **by)
    assert place is not None
    for cap in (1, 9, 40, 500):
        kept = select(particles, groups, max_size=cap, **by).selected
        assert (kept == (place >= 0) & (place < cap)).all()
