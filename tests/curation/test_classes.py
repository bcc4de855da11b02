"""Which classes take part: not empty, not left out, and with particles where these are known."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.model import Classes

NUMBERS = [7, 3, 5, 9, 4]


def test_a_class_takes_part_unless_it_is_empty_left_out_or_without_particles() -> None:
    assert Classes.of(NUMBERS).takes_part.all()
    classes = Classes.of(NUMBERS, [5, 0, 5, 5, 5], is_empty=[1, 0, 0, 0, 0], left_out=[9], junk=[5])
    assert classes.takes_part.tolist() == [False, False, False, False, True]
    # Without counts nobody knows that a class has no particles.
    assert Classes.of(NUMBERS, is_empty=[1, 0, 0, 0, 0]).takes_part.sum() == 4


def test_what_is_left_out_is_sorted_once_each_and_junk_is_part_of_it() -> None:
    classes = Classes.of(NUMBERS, left_out=[9, 3, 9], junk=iter([5, 3]))
    assert classes.left_out == (3, 5, 9)
    assert classes.junk == (3, 5)
    # A class of the particle table may have no average.
    more = classes.without({100}).without_junk([4])
    assert more.left_out == (3, 4, 5, 9, 100)
    assert more.junk == (3, 4, 5)
    assert more.takes_part.tolist() == [True, False, False, False, False]
    assert classes.takes_part.tolist() == [True, False, False, False, True]


@pytest.mark.parametrize("column", ["n_particles", "is_empty"])
def test_columns_of_another_length_are_refused(column: str) -> None:
    with pytest.raises(ValueError, match=rf"{column} must have shape \(5,\), not \(4,\)"):
        Classes.of(NUMBERS, **{column: np.zeros(4)})
