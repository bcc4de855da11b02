"""Which class averages a person leaves out."""

from __future__ import annotations

import pytest

from rebalance.curation.classes import left_out_classes
from rebalance.errors import OptionError

COUNTS = {1: 50, 2: 7, 3: 0, 4: 1, 9: 20}


def test_nothing_is_left_out_unless_asked() -> None:
    assert left_out_classes(COUNTS) == ()


def test_classes_are_left_out_by_number_by_exception_and_by_count() -> None:
    assert left_out_classes(COUNTS, exclude_classes=[9, 3]) == (3, 9)
    assert left_out_classes(COUNTS, only_classes=[1, 9]) == (2, 3, 4)
    assert left_out_classes(COUNTS, min_class_particles=8, exclude_classes=[1]) == (1, 2, 4)
    assert left_out_classes(COUNTS, min_class_particles=7) == (4,)
    assert left_out_classes(COUNTS, only_classes=[]) == (1, 2, 3, 4, 9)
    assert left_out_classes(COUNTS, junk_classes=[4, 3], exclude_classes=[4]) == (3, 4)


def test_a_class_without_particles_is_empty_not_left_out() -> None:
    assert 3 not in left_out_classes(COUNTS, min_class_particles=100)


def test_an_unknown_class_is_named_with_what_there_is() -> None:
    with pytest.raises(OptionError) as caught:
        left_out_classes(COUNTS, exclude_classes=[2, 70, 80])
    assert "`exclude_classes` names classes 70 and 80" in str(caught.value)
    assert "Existing: classes 1–4 and 9" in str(caught.value)
    with pytest.raises(OptionError, match="`only_classes` names class 70"):
        left_out_classes(COUNTS, only_classes=[70])
    with pytest.raises(OptionError, match="`junk_classes` names class 70"):
        left_out_classes(COUNTS, junk_classes=[70])


def test_one_class_cant_be_asked_for_and_excluded() -> None:
    with pytest.raises(OptionError, match="Class 2 can't be both"):
        left_out_classes(COUNTS, exclude_classes=[1, 2], only_classes=[2])


def test_a_negative_minimum_is_refused() -> None:
    with pytest.raises(OptionError, match="`min_class_particles`"):
        left_out_classes(COUNTS, min_class_particles=-1)
