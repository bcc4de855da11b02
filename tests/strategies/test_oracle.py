"""`rebalance.select` against the guide's sentences, said once more in `tests.oracle`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rebalance
from rebalance.clusterings import from_labels, identity_superclasses
from rebalance.model import REASONS, Classes, ParticleTable, Selection, Superclasses
from tests import oracle

from .tables import table

SCORE, HALF = "rlnMaxValueProbDistribution", "rlnRandomSubset"
JUNK, OUT, EMPTY, ASIDE, NO_AVERAGE = "junk", "left out", "empty", "aside", "no average"


@dataclass(frozen=True)
class Case:
    """Classes of these sizes, and what becomes of each: a superclass or one of the words above."""

    sizes: list[int]
    fates: list[int | str]
    is_counted: bool
    """Whether the superclasses know the sizes: else classes without particles are grouped too."""
    has_halves: bool
    seed: int

    def of(self, *fates: str) -> set[int]:
        """Numbers of the classes that are in no superclass, for one of these reasons."""
        return {number for number, fate in enumerate(self.fates, 1) if fate in fates}

    @property
    def numbers(self) -> list[int]:
        """Of the classes that have an average."""
        return [n for n, fate in enumerate(self.fates, 1) if fate != NO_AVERAGE]

    def particles(self) -> tuple[ParticleTable, list[oracle.Particle]]:
        """The table in the form of the program, and in that of the oracle."""
        rng = np.random.default_rng(self.seed)
        numbers = rng.permutation(np.repeat(np.arange(1, len(self.sizes) + 1), self.sizes))
        # Few values, so that there are ties; a sixth have none.
        score = rng.integers(0, 6, len(numbers)) / 5
        score[score == 0] = np.nan
        half = rng.choice([1, 2], len(numbers), p=(0.3, 0.7))
        columns = {SCORE: score} | ({HALF: half} if self.has_halves else {})
        told = [
            oracle.Particle(
                row,
                int(number),
                None if np.isnan(score[row]) else float(score[row]),
                int(half[row]) if self.has_halves and len(set(half.tolist())) > 1 else None,
            )
            for row, number in enumerate(numbers)
        ]
        return table(numbers, **columns), told

    def superclasses(self) -> Superclasses:
        """As a person's labels make them."""
        at = np.array(self.numbers) - 1
        classes = Classes.of(
            self.numbers,
            np.array(self.sizes)[at] if self.is_counted else None,
            is_empty=[self.fates[i] == EMPTY for i in at],
            left_out=self.of(OUT),
            junk=self.of(JUNK),
            set_aside=self.of(ASIDE),
        )
        labels = {n: str(fate) for n, fate in enumerate(self.fates, 1) if isinstance(fate, int)}
        return from_labels(classes, labels)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    sizes = draw(
        st.lists(
            # Often none, often equal, sometimes many.
            st.one_of(st.sampled_from([0, 1, 7]), st.integers(0, 40), st.sampled_from([300, 900])),
            min_size=1,
            max_size=7,
        )
    )
    fate = st.sampled_from([0, 1, 2, 3, 1, 2, ASIDE, ASIDE, ASIDE, JUNK, OUT, EMPTY, NO_AVERAGE])
    fates = draw(st.lists(fate, min_size=len(sizes), max_size=len(sizes)))
    # There is no grouping without a class that can be grouped.
    sizes[0], fates[0] = max(sizes[0], 1), 0
    return Case(sizes, fates, draw(st.booleans()), draw(st.booleans()), draw(st.integers(0, 99)))


factors = st.one_of(
    st.sampled_from(["1", "0.5"]),
    st.decimals("0.01", 1, places=3).map(str),
    st.sampled_from([None, "0", "1e-9"]),
)
limits = st.one_of(st.sampled_from([1, 7]), st.integers(1, 3_000))
rules = st.one_of(
    st.fixed_dictionaries({"factor": factors}),
    st.fixed_dictionaries({"factor": factors.filter(bool)}),
    st.fixed_dictionaries({"max_size": limits}),
    st.fixed_dictionaries({"factor": factors, "max_size": limits}),
)
cap_froms = st.one_of(st.just("auto"), st.just(0), st.integers(0, 60))
strategies = st.sampled_from(["random", "best"])
quotas = st.sampled_from(["none", "proportional", "equal"])


def check(
    selection: Selection,
    told: list[oracle.Particle],
    superclass: dict[int, int],
    aside: Iterable[int],
    n_superclasses: int,
    *,
    strategy: str,
    quota: str = "none",
    **rule: Any,
) -> None:
    """That nothing in the selection contradicts the oracle."""
    groups = oracle.groups_of(told, superclass, aside)
    sizes = [len(groups.get(("superclass", k), [])) for k in range(n_superclasses)]
    of_aside = {n: len(group) for (kind, n), group in groups.items() if kind == "aside"}
    allowed = oracle.largest_allowed(sizes, of_aside.values(), **rule)
    kept = set(np.flatnonzero(selection.selected).tolist())
    for name, group in groups.items():
        wrong = oracle.what_is_wrong(group, kept, allowed, quota=quota, is_best=strategy == "best")
        assert not wrong, (name, wrong)
    assert kept <= {particle.row for group in groups.values() for particle in group}
    stay = [size if allowed is None else min(size, allowed) for size in sizes]
    assert selection.before.tolist() == sizes
    assert selection.after.tolist() == stay
    largest = max([*sizes, *of_aside.values()], default=0)
    if allowed is None:
        assert selection.cap is None
    else:
        assert selection.cap is not None
        assert min(selection.cap, largest) == min(allowed, largest)


@settings(max_examples=400)
@given(
    case=cases(),
    rule=rules,
    cap_from=cap_froms,
    strategy=strategies,
    quota=quotas,
)
def test_a_selection_is_what_the_guide_says(
    case: Case, rule: dict[str, Any], cap_from: Any, strategy: str, quota: str
) -> None:
    particles, told = case.particles()
    groups = case.superclasses()
    selection = rebalance.select(
        particles,
        groups,
        cap_from=cap_from,
        strategy=strategy,
        options={"quota": quota},
        seed=case.seed,
        **rule,
    )
    # Superclasses are numbered by size; which class is in which is the person's affair.
    superclass = {
        int(n): int(label)
        for n, label in zip(groups.class_id, groups.label, strict=True)
        if label >= 0
    }
    by_fate: dict[int, set[int]] = {}
    for number, label in superclass.items():
        fate = case.fates[number - 1]
        assert isinstance(fate, int)
        by_fate.setdefault(fate, set()).add(label)
    assert sorted(len(labels) for labels in by_fate.values()) == [1] * len(groups)
    check(
        selection,
        told,
        superclass,
        case.of(ASIDE),
        len(groups),
        strategy=strategy,
        quota=quota,
        cap_from=cap_from,
        **rule,
    )
    for particle in told:
        fate = case.fates[particle.number - 1]
        reason = REASONS[selection.reason[particle.row]]
        if selection.selected[particle.row]:
            assert reason == "kept"
            assert isinstance(fate, int) or fate == ASIDE
        else:
            assert reason == {
                JUNK: "junk",
                OUT: "class not selected",
                EMPTY: "empty average",
                NO_AVERAGE: "no such average",
            }.get(str(fate), "balanced")


@settings(max_examples=100)
@given(
    case=cases(), factor=factors, cap_from=cap_froms, strategy=strategies, seed=st.integers(0, 9)
)
def test_with_superclassification_off_each_class_is_balanced_by_itself(
    case: Case, factor: str | None, cap_from: Any, strategy: str, seed: int
) -> None:
    particles, told = case.particles()
    groups = identity_superclasses(Classes.of(np.arange(1, len(case.sizes) + 1), case.sizes))
    selection = rebalance.select(
        particles, groups, factor=factor, cap_from=cap_from, strategy=strategy, seed=seed
    )
    numbers = [n for n, size in enumerate(case.sizes, 1) if size]
    label = dict(zip(groups.class_id.tolist(), groups.label.tolist(), strict=True))
    assert sorted(label[n] for n in numbers) == list(range(len(numbers)))
    check(
        selection,
        told,
        {n: label[n] for n in numbers},
        (),
        len(numbers),
        strategy=strategy,
        factor=factor,
        # The guide's rule, unless a size is given: a class is no crumb of a superclass.
        cap_from=0 if cap_from == "auto" else cap_from,
    )


@settings(max_examples=100)
@given(sizes=st.lists(st.integers(1, 400), min_size=1, max_size=8), factor=factors, seed=st.just(0))
def test_the_sentences_of_the_guide_hold_word_for_word(
    sizes: list[int], factor: str | None, seed: int
) -> None:
    numbers = np.repeat(np.arange(1, len(sizes) + 1), sizes)
    groups = identity_superclasses(Classes.of(np.arange(1, len(sizes) + 1), sizes))
    after = rebalance.select(table(numbers), groups, factor=factor, seed=seed).after.tolist()
    if factor is None or Fraction(factor) == 0:
        assert sorted(after) == sorted(sizes)
        return
    assert min(after) >= Fraction(factor) * max(after)
    assert min(after) == min(sizes)
    if Fraction(factor) == 1:
        assert set(after) == {min(sizes)}


@settings(max_examples=50)
@given(large=st.lists(st.integers(100, 500), min_size=2, max_size=6))
def test_a_superclass_decides_from_a_tenth_of_an_even_share_on(large: list[int]) -> None:
    enough = 1
    while enough < Fraction(sum(large) + enough, len(large) + 1) / 10:
        enough += 1
    for small in {enough, max(enough - 1, 1)}:
        sizes = [*large, small]
        numbers = list(range(1, len(sizes) + 1))
        groups = from_labels(Classes.of(numbers, sizes), {n: str(n) for n in numbers})
        selection = rebalance.select(table(np.repeat(numbers, sizes)), groups, factor="1")
        assert selection.cap == oracle.largest_allowed(sizes, factor="1", cap_from="auto")
        assert selection.cap == (small if small == enough else min(large))


def test_no_superclass_with_particles_and_averages_set_aside() -> None:
    # The superclass is of averages whose particles are not in this table.
    classes = Classes.of([1, 2, 3], set_aside=[2, 3])
    particles = table(np.repeat([2, 3], [30, 12]))
    selection = rebalance.select(particles, from_labels(classes, {1: "0"}), factor="0.5")
    assert selection.cap == oracle.largest_allowed([0], [30, 12], factor="0.5") == 24
    assert selection.aside_after.tolist() == [24, 12]


@pytest.mark.parametrize(
    ("counts", "seated", "is_right"),
    [
        ([3, 1], [2, 0], True),
        ([3, 1], [1, 1], True),
        ([3, 1], [3, 0], False),
        ([30, 10], [3, 1], True),
        ([30, 10], [4, 0], False),
        ([30, 10], [2, 2], False),
    ],
)
def test_the_oracle_knows_an_apportionment(
    counts: list[int], seated: list[int], is_right: bool
) -> None:
    assert oracle.is_in_proportion(counts, seated) == is_right


def test_the_oracle_does_the_sums_of_the_guide() -> None:
    sizes = [100, 40, 10]
    for factor, allowed in (("1", 10), ("0.5", 20), ("0.3", 33), ("0.1", 100), ("0.07", 100)):
        assert oracle.largest_allowed(sizes, factor=factor) == allowed
    assert oracle.largest_allowed(sizes, factor="0") is None
    assert oracle.largest_allowed(sizes, factor="0.1", max_size=3) == 3
    assert oracle.largest_allowed([100, 40, 4], factor="1", cap_from="auto") == 40
    assert oracle.largest_allowed([100, 4], factor="1", cap_from="auto") == 4
