"""The cap is exact decimal arithmetic, with the meaning of the factor and of the override."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rebalance.errors import OptionError
from rebalance.strategies.caps import (
    cap_for_factor,
    cap_for_percentile,
    decide_cap,
    parse_factor,
    parse_max_size,
    parse_percentile,
)

decimal_factors = st.decimals(
    min_value=Decimal("1e-6"), max_value=1, allow_nan=False, allow_infinity=False, places=6
)


@pytest.mark.parametrize("factor", ["0.07", 0.07, Decimal("0.07"), np.float32(0.07), " 7e-2 "])
def test_seven_particles_at_0_07_allow_100_where_floats_allow_99(factor: Any) -> None:
    assert int(7 / 0.07) == 99
    assert decide_cap(7, factor).size == 100


@settings(max_examples=3000)
@given(n_min=st.integers(1, 10**7), factor=decimal_factors)
def test_cap_is_the_largest_integer_whose_product_with_f_is_at_most_n_min(
    n_min: int, factor: Decimal
) -> None:
    cap = decide_cap(n_min, str(factor)).size
    assert cap is not None
    exact = Fraction(factor)
    assert cap * exact <= n_min < (cap + 1) * exact
    assert cap >= n_min
    assert decide_cap(n_min, factor).size == cap
    assert decide_cap(n_min, float(factor)).size == cap


def test_every_two_decimal_factor_is_exact_for_every_small_class() -> None:
    for hundredths in range(1, 101):
        for n_min in range(1, 200):
            assert cap_for_factor(n_min, parse_factor(hundredths / 100)) == (
                n_min * 100 // hundredths
            )


@given(
    n_min=st.integers(1, 10**6),
    low=decimal_factors,
    high=decimal_factors,
)
def test_a_larger_factor_never_allows_more(n_min: int, low: Decimal, high: Decimal) -> None:
    low, high = min(low, high), max(low, high)
    small, large = decide_cap(n_min, high).size, decide_cap(n_min, low).size
    assert small is not None
    assert large is not None
    assert small <= large


@given(n_min=st.integers(1, 10**7), max_size=st.integers(1, 10**7))
def test_a_maximum_size_is_used_as_such(n_min: int, max_size: int) -> None:
    cap = decide_cap(n_min, None, max_size)
    assert cap.size == max_size
    assert bool(cap.warnings) == (max_size < n_min)


@pytest.mark.parametrize("factor", [None, 0, 0.0, "0", "0.00", Decimal(0)])
def test_no_factor_and_factor_0_cap_nothing(factor: Any) -> None:
    assert decide_cap(5, factor).size is None


@pytest.mark.parametrize("factor", [1, 1.0, "1", "1.000", Fraction(1)])
def test_factor_1_allows_the_smallest_size(factor: Any) -> None:
    assert decide_cap(5, factor).size == 5


percentiles = st.decimals(
    min_value=Decimal("1e-6"), max_value=100, allow_nan=False, allow_infinity=False, places=6
)
histograms = st.lists(st.integers(0, 10**6), min_size=1, max_size=200).filter(any)


@settings(max_examples=1000)
@given(histograms, percentiles)
def test_a_percentile_is_the_least_size_that_so_many_groups_do_not_exceed(
    sizes: list[int], percentile: Decimal
) -> None:
    cap = decide_cap(sizes, percentile=percentile)
    assert cap.size is not None
    present = [size for size in sizes if size]
    share = Fraction(percentile) / 100 * len(present)
    assert cap.size in present
    assert sum(size <= cap.size for size in present) >= share
    assert sum(size < cap.size for size in present) < share
    assert decide_cap(sizes, percentile=str(percentile)).size == cap.size
    # Balanced once, the percentile is the same; empty groups are nothing to it.
    capped = [min(size, cap.size) for size in sizes]
    assert decide_cap(capped, percentile=percentile).size == cap.size
    assert decide_cap([*sizes, 0, 0], percentile=percentile).size == cap.size


@given(histograms, percentiles, percentiles)
def test_a_larger_percentile_never_allows_less(
    sizes: list[int], one: Decimal, other: Decimal
) -> None:
    low, high = sorted((Fraction(one), Fraction(other)))
    assert cap_for_percentile(sizes, low) <= cap_for_percentile(sizes, high)


@pytest.mark.parametrize("percentile", ["0.07", 0.07, Decimal("0.07"), Fraction(7, 100), " 7e-2 "])
def test_a_percentile_is_exact_where_floats_are_not(percentile: Any) -> None:
    # 0.07 / 100 · 10,000 is 7, in floats 7.000000000000001: its ceiling would be 8.
    assert 0.07 / 100 * 10_000 > 7
    assert decide_cap(np.arange(1, 10_001), percentile=percentile).size == 7


def test_an_interpolated_percentile_moves_when_it_is_used() -> None:
    sizes = np.array([10, 20, 40])
    first = np.percentile(sizes, 75)
    assert (first, np.percentile(np.minimum(sizes, first), 75)) == (30, 25)
    cap = cap_for_percentile(sizes, Fraction(75))
    assert cap == cap_for_percentile(np.minimum(sizes, cap), Fraction(75)) == 40


@pytest.mark.parametrize(
    "percentile",
    [0, "0.00", -1, 100.0001, "1e3", "nan", float("inf"), "many", "", "80%", True, "-1e-999999999"],
)
def test_a_percentile_outside_0_to_100_is_refused(percentile: Any) -> None:
    with pytest.raises(OptionError, match="above 0 and up to 100") as found:
        parse_percentile(percentile)
    assert found.value.setting == "percentile"


@pytest.mark.parametrize("factor", [0, "0.0"])
def test_an_explicit_factor_0_ignores_the_maximum_size_with_a_warning(factor: Any) -> None:
    cap = decide_cap(5, factor, 3)
    assert cap.size is None
    assert "ignored" in cap.warnings[0]
    assert "3" in cap.warnings[0]


def test_a_maximum_size_overrides_a_positive_factor_with_a_warning() -> None:
    cap = decide_cap(10, "0.5", 40)
    assert cap.size == 40
    assert "overrides" in cap.warnings[0]


def test_a_maximum_size_says_which_factor_it_equals() -> None:
    assert "0.25" in decide_cap(10, None, 40).notes[0]


@pytest.mark.parametrize(
    "factor",
    ["-0.01", "1.01", -1, 2, 1.0000001, "nan", float("nan"), "inf", float("-inf"), "sNaN",
     "half", "", "50%", "0,5", True, object(), "1e999999999", "-1e-999999999"],
)  # fmt: skip
def test_a_factor_outside_0_to_1_is_refused(factor: Any) -> None:
    with pytest.raises(OptionError, match="from 0 to 1"):
        parse_factor(factor)


def test_a_factor_of_absurd_exponent_is_as_good_as_none() -> None:
    cap = decide_cap(10**6, "1e-999999999").size
    assert cap is not None
    assert cap > 10**30


@pytest.mark.parametrize("size", [0, -1, 1.5, 10.0, "1.5", "many", "", True, float("nan"), None])
def test_a_maximum_size_that_is_no_positive_whole_number_is_refused(size: Any) -> None:
    with pytest.raises(OptionError, match="whole number of at least 1"):
        parse_max_size(size)


@pytest.mark.parametrize("size", [100, "100", np.int64(100), " 100 "])
def test_a_maximum_size_may_be_any_kind_of_whole_number(size: Any) -> None:
    assert parse_max_size(size) == 100
