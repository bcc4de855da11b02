"""Subsets: together they use every particle, each is balanced, and turns are even."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rebalance.errors import OptionError
from rebalance.strategies import select
from rebalance.strategies.subsets import Subsets, make_subsets

from .tables import superclasses, table


def _drawn(
    sizes: list[int], cap: int, number: int | str, seed: int = 0, **options: object
) -> tuple[Subsets, np.ndarray, object]:
    class_id = np.repeat(np.arange(1, len(sizes) + 1), sizes)
    class_id = np.random.default_rng(seed).permutation(class_id)
    particles = table(class_id, rlnMaxValueProbDistribution=np.linspace(0, 1, len(class_id)))
    groups = superclasses([[n] for n in range(1, len(sizes) + 1)], class_id)
    selection = select(particles, groups, max_size=cap, seed=seed, **options)  # type: ignore[arg-type]
    found = make_subsets(particles, groups, selection, number, **options)  # type: ignore[arg-type]
    return found, class_id, selection


sizes = st.lists(st.integers(1, 60), min_size=1, max_size=6)


@settings(max_examples=80, deadline=None)
@given(sizes=sizes, cap=st.integers(1, 70), seed=st.integers(0, 10**6))
def test_as_many_as_needed_use_every_particle(sizes: list[int], cap: int, seed: int) -> None:
    found, class_id, selection = _drawn(sizes, cap, "auto", seed)
    members = np.stack([found.member(number) for number in range(len(found))])
    assert members.any(axis=0).all()
    # One fewer would not do.
    assert len(found) == 1 or not members[:-1].any(axis=0).all()
    np.testing.assert_array_equal(members.sum(axis=0), found.visits)
    np.testing.assert_array_equal(members[0], selection.selected)  # type: ignore[attr-defined]
    for subset in members:
        counts = np.bincount(class_id[subset], minlength=len(sizes) + 1)[1:]
        np.testing.assert_array_equal(counts, np.minimum(sizes, cap))


@settings(max_examples=80, deadline=None)
@given(sizes=sizes, cap=st.integers(1, 30), number=st.integers(1, 9), seed=st.integers(0, 10**6))
def test_turns_are_even(sizes: list[int], cap: int, number: int, seed: int) -> None:
    found, class_id, _ = _drawn(sizes, cap, number, seed)
    members = np.stack([found.member(at) for at in range(number)])
    visits = members.sum(axis=0)
    np.testing.assert_array_equal(visits, found.visits)
    for label, size in enumerate(sizes, start=1):
        mine = visits[class_id == label]
        assert np.ptp(mine) <= 1
        assert mine.sum() == number * min(size, cap)


def test_the_best_come_first_where_the_strategy_says_so() -> None:
    found, _, _ = _drawn([40, 3], 10, "auto", strategy="best")
    assert len(found) == 4
    score = np.linspace(0, 1, 43)
    means = [score[found.member(number)].mean() for number in range(4)]
    assert means == sorted(means, reverse=True)


def test_without_a_cap_there_is_nothing_to_draw_by() -> None:
    class_id = np.array([1, 1, 2])
    particles, groups = table(class_id), superclasses([[1], [2]], class_id)
    with pytest.raises(OptionError, match="nothing is balanced"):
        make_subsets(particles, groups, select(particles, groups), 3)
    with pytest.raises(IndexError):
        _drawn([5, 2], 2, 2)[0].member(2)
