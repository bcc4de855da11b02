"""What `select` promises for every strategy: reasons, nesting, stability, warnings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rebalance.clusterings import from_labels, identity_superclasses
from rebalance.errors import InputError, OptionError, PluginError
from rebalance.model import (
    BALANCED,
    EMPTY_AVERAGE,
    JUNK,
    KEPT,
    NO_SUCH_AVERAGE,
    NOT_SELECTED,
    REASONS,
    SET_ASIDE,
    Classes,
    ParticleTable,
    Superclasses,
)
from rebalance.options import NoOptions, Options
from rebalance.strategies import places, select
from rebalance.strategies.small import cap_from_of

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
    selection = select(particles, groups, factor=str(factor), seed=seed, cap_from=0)
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
    assert set(select(particles, groups, factor=1, seed=seed, cap_from=0).after) == {min(sizes)}


@pytest.mark.parametrize("name", ["random", "best"])
@pytest.mark.parametrize("quota", ["none", "proportional", "equal"])
def test_selections_nest_as_the_factor_rises(name: str, quota: str, rng: Any) -> None:
    particles, groups = grouped(rng)
    options = {"quota": quota}
    previous = np.ones(len(particles), dtype=bool)
    for hundredths in range(1, 101):
        kept = select(
            particles, groups, factor=f"{hundredths / 100:.2f}", strategy=name, options=options
        ).selected
        assert not (kept & ~previous).any()
        previous = kept
    assert previous.sum() == 4 * groups.size.min()


@pytest.mark.parametrize("quota", ["none", "proportional", "equal"])
def test_an_unchanged_superclass_keeps_its_particles_whatever_happens_elsewhere(
    quota: str, rng: Any
) -> None:
    particles, groups = grouped(rng)
    other = superclasses([[1, 2, 3], [4, 6], [5, 7, 8], [9, 10, 11, 12]], particles.class_id)
    options = {"quota": quota}
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
    assert any("no class average for class 9" in warning for warning in selection.warnings)
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
    assert selection.notes[0].startswith(
        "13 of 18 particles are excluded as junk (classes 2 and 3)"
    )
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
    assert "particles stay. The cap is set by class 6 with 1 particle" in warning


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
    assert any("Superclass 2" in note for note in selection.notes)


def test_no_candidates_at_all_excludes_everything_and_says_so() -> None:
    _, groups = of_sizes(3, 2)
    selection = select(table(np.full(5, 99)), groups, factor=1)
    assert not selection.selected.any()
    assert selection.cap is None
    assert any("all 5 are excluded" in warning for warning in selection.warnings)
    assert len(select(table([]), groups, factor=1)) == 0


def test_a_one_particle_class_that_throws_nearly_everything_away_is_named() -> None:
    particles, groups = of_sizes(5_000, 3_000, 1)
    selection = select(particles, groups, factor=1, cap_from=0)
    warning = " ".join(selection.warnings)
    assert "Only 3 of 8,001 particles" in warning
    assert "class 3" in warning
    assert "To keep 6,001 instead, exclude it from deciding (`cap_from=2`)" in warning
    said = select(particles, groups, factor=1, cap_from=2)
    assert said.after.tolist() == [3_000, 3_000, 1]
    assert not said.warnings


def test_several_tiny_classes_that_throw_nearly_everything_away_are_named_together() -> None:
    particles, groups = of_sizes(5_000, 3_000, 900, 4, 2, 2)
    warning = " ".join(select(particles, groups, factor=1, cap_from=0).warnings)
    assert "Only 12 of 8,908 particles" in warning
    assert "with 2 particles (one more has as many)" in warning
    said = "To keep 2,708 instead, exclude the 3 smallest superclasses from deciding (`cap_from=5`)"
    assert said in warning
    assert select(particles, groups, factor=1, cap_from=5).selected.sum() == 2_708


def test_classes_that_rise_evenly_are_not_all_blamed() -> None:
    particles, groups = of_sizes(*(2**k for k in range(12)))
    warning = " ".join(select(particles, groups, factor=1, cap_from=0).warnings)
    assert "Only 12 of 4,095 particles" in warning
    assert "A lower factor keeps more" in warning


def test_a_crumb_keeps_its_particles_and_does_not_decide_the_cap() -> None:
    particles, groups = of_sizes(5_000, 3_000, 900, 800, 4, 2)
    selection = select(particles, groups, factor="0.5")
    assert selection.cap_from == 162
    assert selection.is_small is not None
    assert selection.is_small.tolist() == [False] * 4 + [True] * 2
    assert selection.cap == 1_600
    assert selection.after.tolist() == [1_600, 1_600, 900, 800, 4, 2]
    (note,) = (note for note in selection.notes if "too small to decide the cap" in note)
    assert "Superclasses 4, 5 (4, 2 particles)" in note
    assert "under 162, a tenth of the mean size" in note
    assert "`cap_from=0`" in note
    by_the_guide = select(particles, groups, factor="0.5", cap_from=0)
    assert by_the_guide.cap == 4
    assert by_the_guide.is_small is not None
    assert not by_the_guide.is_small.any()


@settings(max_examples=100, deadline=None)
@given(
    sizes=sizes, factor=factors, seed=seeds, cap_from=st.one_of(st.just("auto"), st.integers(0, 70))
)
def test_whoever_is_too_small_to_decide_loses_no_particle_and_others_no_more_than_by_the_guide(
    sizes: list[int], factor: Any, seed: int, cap_from: Any
) -> None:
    particles, groups = of_sizes(*sizes)
    told = {"factor": str(factor), "seed": seed}
    selection = select(particles, groups, cap_from=cap_from, **told)
    assert selection.is_small is not None
    small = selection.is_small
    np.testing.assert_array_equal(selection.after[small], selection.before[small])
    assert not small.all()
    deciding = selection.after[~small]
    assert deciding.min() == selection.before[~small].min()
    assert deciding.min() >= factor * int(deciding.max())
    by_the_guide = select(particles, groups, cap_from=0, **told)
    assert not (by_the_guide.selected & ~selection.selected).any()


def test_a_tenth_of_an_even_share_is_asked_unless_fewer_than_two_have_it() -> None:
    assert cap_from_of(np.array([990, 500, 301, 10])) == 46
    assert cap_from_of(np.array([990, 500, 301, 10, 0])) == 46
    assert cap_from_of(np.array([900, 90, 10])) == 34
    # Where none is below, and where one alone would be left, each decides.
    assert cap_from_of(np.array([990, 500, 300, 100])) == 0
    assert cap_from_of(np.array([990, 10])) == 0
    assert cap_from_of(np.array([990, 20, 10])) == 0
    assert cap_from_of(np.array([9, 5, 3]), 6) == 0
    assert cap_from_of(np.array([9, 5, 3]), 5) == 5
    assert cap_from_of(np.zeros(3, dtype=np.int64)) == 0


@pytest.mark.parametrize("wrong", [-1, "few", 2.5, True])
def test_a_size_to_decide_from_that_is_none_is_refused(wrong: Any) -> None:
    particles, groups = of_sizes(9, 8)
    with pytest.raises(OptionError) as found:
        select(particles, groups, cap_from=wrong)
    assert found.value.setting == "cap_from"


def test_with_superclassification_off_the_smallest_class_decides() -> None:
    counts = [5_000, 3_000, 900, 800, 4, 2]
    particles = table(np.repeat(np.arange(1, 7), counts))
    each = identity_superclasses(Classes.of(np.arange(1, 7), counts))
    assert select(particles, each, factor=1).cap == 2
    assert select(particles, each, factor=1, cap_from=5).cap == 800


def test_a_factor_that_drops_nothing_and_one_that_leaves_little_are_told() -> None:
    even = select(*of_sizes(500, 450, 400), factor="0.8")
    assert any(
        "This factor drops no particles" in note and "0.8 times" in note for note in even.notes
    )
    few = select(*of_sizes(900, 800, 200), factor=1)
    assert any("600 particles may be too few for a 3D reconstruction" in note for note in few.notes)
    # Where there never were more, the factor is not to blame; and enough is enough.
    for sizes, factor in (((90, 80, 20), 1), ((2_000, 1_500, 900), 1), ((500, 450, 400), 0)):
        assert not any(
            "3D" in note or "drops no particles" in note
            for note in select(*of_sizes(*sizes), factor=factor).notes
        )


def aside(counts: list[int], groups: list[list[int]]) -> tuple[ParticleTable, Superclasses]:
    """Classes 1, 2, … of these particles; those in no group are set aside."""
    numbers = np.arange(1, len(counts) + 1)
    labels = dict.fromkeys(numbers.tolist(), "-2")
    labels |= {number: str(k) for k, group in enumerate(groups) for number in group}
    return table(np.repeat(numbers, counts)), from_labels(Classes.of(numbers, counts), labels)


def test_averages_set_aside_keep_every_particle_until_there_is_a_factor() -> None:
    particles, groups = aside([500, 300, 40, 700, 3], [[1], [2]])
    assert groups.set_aside == (3, 4, 5)
    assert groups.label.tolist() == [0, 1, SET_ASIDE, SET_ASIDE, SET_ASIDE]
    whole = select(particles, groups, factor=0)
    assert whole.selected.all()
    assert whole.count(KEPT) == len(particles)
    assert whole.before.tolist() == [500, 300]
    assert whole.aside_before.tolist() == whole.aside_after.tolist() == [40, 700, 3]


@pytest.mark.parametrize("name", ["random", "best"])
def test_each_average_set_aside_is_capped_by_the_superclasses_and_none_excluded(name: str) -> None:
    particles, groups = aside([500, 300, 40, 700, 3], [[1], [2]])
    particles = table(particles.class_id, rlnMaxValueProbDistribution=np.linspace(0, 1, 1_543))
    selection = select(particles, groups, factor=1, strategy=name)
    # Class 3 and 5 would be smallest, and class 4 largest.
    assert selection.cap == 300
    assert selection.before.tolist() == [500, 300]
    assert selection.after.tolist() == [300, 300]
    assert selection.set_aside.tolist() == [3, 4, 5]
    assert selection.aside_after.tolist() == [40, 300, 3]
    assert {REASONS[code] for code in np.unique(selection.reason)} == {KEPT, BALANCED}
    of_4 = particles.class_id == 4
    assert (selection.superclass[of_4] == SET_ASIDE).all()
    assert selection.selected[of_4].sum() == 300
    place = places(particles, groups, strategy=name)
    assert place is not None
    np.testing.assert_array_equal(selection.selected, place < 300)


def test_an_average_keeps_its_particles_whoever_is_set_aside_beside_it() -> None:
    counts = [500, 300, 40, 700, 3]
    particles, groups = aside(counts, [[1], [2]])
    _, others = aside(counts, [[1], [2], [3], [5]])
    one = select(particles, groups, max_size=20, seed=4).selected
    other = select(particles, others, max_size=20, seed=4).selected
    np.testing.assert_array_equal(one, other)
    _, junk_4 = aside([*counts, 0], [[1], [2]])
    left_out = select(particles, junk_4, max_size=20, seed=4, left_out=[4]).selected
    np.testing.assert_array_equal(left_out, one & (particles.class_id != 4))


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
        (lambda n: np.arange(n - 1), r"places\(\) returned int64 \(59,\), expected int64 \(60,\)"),
        (lambda n: np.linspace(0, 1, n), r"places\(\) returned float64 \(60,\), expected int64"),
        (lambda n: None, r"places\(\) returned None, and there is no select"),
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
    with pytest.raises(PluginError, match=r"select\(\) returned .*, expected bool \(60,\)"):
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
@given(plugin=plugins, quota=st.sampled_from(["none", "proportional", "equal"]), seed=seeds)
def test_places_say_what_select_keeps_at_every_cap(plugin: str, quota: str, seed: int) -> None:
    particles, groups = grouped(np.random.default_rng(seed))
    by = {"strategy": plugin, "options": {"quota": quota}, "seed": seed}
    place = places(particles, groups, **by)
    assert place is not None
    for cap in (1, 9, 40, 500):
        kept = select(particles, groups, max_size=cap, **by).selected
        assert (kept == (place >= 0) & (place < cap)).all()
