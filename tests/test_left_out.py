"""How classes are counted and named."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rebalance.model.class_numbers import count_classes


@given(
    st.lists(st.integers(-5, 30) | st.integers(-(2**62), 2**62), max_size=60),
)
def test_classes_are_counted_whatever_their_numbers(numbers: list[int]) -> None:
    found = count_classes(np.array(numbers, dtype=np.int64))
    assert found == Counter(numbers)
    assert list(found) == sorted(found)
