"""Class numbers are named as one would say them, each once."""

from __future__ import annotations

from collections import Counter

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from rebalance.model.class_numbers import NO_CLASS, count_classes, name_classes, ranges


@given(st.sets(st.integers(0, 60), min_size=1))
def test_ranges_name_every_number_once(numbers: set[int]) -> None:
    named: list[int] = []
    for part in ranges(numbers).split(", "):
        first, _, last = part.partition("–")
        named += range(int(first), int(last or first) + 1)
    assert named == sorted(numbers)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([], "none"),
        ([4], "class 4"),
        ([4, 5], "classes 4 and 5"),
        ([4, 6, 8], "classes 4, 6 and 8"),
        ([4, 5, 6], "classes 4–6"),
        ([1, 2, 4, 5, 6, 9], "classes 1, 2, 4–6 and 9"),
        (list(range(1, 2_013)), "classes 1–2012"),
        (
            [*range(2, 20, 2), *range(30, 81), *range(90, 94), 99],
            "classes 2, 4, 6, 8, 10, 12, 14, 16, 18, 30–80 and 5 more",
        ),
    ],
)
def test_classes_are_named_as_one_would_say_it(numbers: list[int], text: str) -> None:
    assert name_classes(numbers) == text


@given(
    st.lists(st.integers(-5, 30) | st.integers(-(2**62), 2**62), max_size=60),
)
def test_classes_are_counted_whatever_their_numbers(numbers: list[int]) -> None:
    found = count_classes(np.array(numbers, dtype=np.int64))
    # A particle in no class is of no class.
    assert found == Counter(number for number in numbers if number != NO_CLASS)
    assert list(found) == sorted(found)
