"""Options are one typed model: lengths, validation errors that say what to type, and help."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalance.errors import OptionError
from rebalance.options import (
    Length,
    Options,
    describe_options,
    option,
    options_schema,
    parse_options,
)


class Example(Options):
    sigma: float = option(1.0, "Width.", unit="pixels", ge=0.1, le=10.0)
    max_shift: Length | None = option(None, "Largest shift.", unit="Å or px")
    mirror: bool = option(True, "Mirrors.")
    mode: Literal["auto", "none", "full"] = option("auto", "How.")


def parse(**values: object) -> Example:
    return parse_options(Example, values, owner="The metric example", prefix="metric")


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("40", 40.0, "A"), ("40A", 40.0, "A"), ("40 Å", 40.0, "A"), ("4e1ang", 40.0, "A"),
        ("10px", 10.0, "px"), (" .5 pixels ", 0.5, "px"), (12, 12.0, "A"), ("0px", 0.0, "px"),
    ],
)  # fmt: skip
def test_length_is_read_as_a_person_writes_it(text: object, value: float, unit: str) -> None:
    assert Length.parse(text) == Length(value, unit)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["", "px", "10 nm", "1,5", "ten", "10px5", "nan", "inf", "1e999", "-3px", "-0.1"]
)
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a length"):
        Length.parse(text)


def test_a_length_is_not_negative_however_it_is_made() -> None:
    for value in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="is not a length"):
            Length(value, "px")


@given(st.floats(0, 1e6, allow_nan=False), st.sampled_from(["A", "px"]))
def test_length_survives_being_written(value: float, unit: str) -> None:
    assert Length.parse(str(Length(value, unit))) == Length(value, unit)


def test_length_in_angstrom_needs_a_pixel_size() -> None:
    assert Length(40.0).pixels(4.0) == 10.0
    assert Length(40.0, "px").pixels(None) == 40.0
    with pytest.raises(OptionError, match="`pixel_size`"):
        Length(40.0).pixels(None, "max_shift")


def test_strings_become_values_and_auto_means_none_where_it_may() -> None:
    parsed = parse(sigma="2.5", max_shift="auto", mirror="false", mode="none")
    assert parsed == Example(sigma=2.5, max_shift=None, mirror=False, mode="none")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sigma": "99"}, ["metric.sigma", "99", "[0.1, 10]", "pixels", "default 1.0"]),
        ({"sigma": "nan"}, ["metric.sigma"]),
        ({"sgma": "1"}, ["no option 'sgma'", "did you mean 'sigma'"]),
        ({"wholly_else": "1"}, ["Its options: sigma, max_shift, mirror, mode"]),
        ({"mode": "half"}, ["auto | none | full"]),
        ({"mirror": "perhaps"}, ["metric.mirror", "true | false"]),
        ({"max_shift": "wide"}, ["metric.max_shift", "10px"]),
    ],
)
def test_error_says_option_found_and_expected(values: dict[str, str], words: list[str]) -> None:
    with pytest.raises(OptionError) as caught:
        parse(**values)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(("values", "name"), [({"sigma": "99"}, "sigma"), ({"sgma": 1}, "sgma")])
def test_an_error_carries_the_name_of_the_option(values: dict[str, object], name: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse(**values)
    assert caught.value.setting == f"metric.{name}"


def test_help_names_default_unit_and_range_of_every_option() -> None:
    rows = {row.name: row for row in describe_options(Example)}
    assert list(rows) == ["sigma", "max_shift", "mirror", "mode"]
    assert rows["sigma"] == ("sigma", "1.0", "pixels", "[0.1, 10]", "Width.")
    assert rows["max_shift"].default == "auto"
    assert rows["mode"].range == "auto | none | full"


def test_schema_has_default_unit_and_range_of_every_option() -> None:
    schema = options_schema(Example)
    assert schema["additionalProperties"] is False
    sigma = schema["properties"]["sigma"]
    assert (sigma["type"], sigma["default"], sigma["unit"]) == ("number", 1.0, "pixels")
    assert (sigma["minimum"], sigma["maximum"]) == (0.1, 10.0)
    assert sigma["description"] == "Width."
    assert schema["properties"]["mode"]["enum"] == ["auto", "none", "full"]
    assert schema["properties"]["max_shift"]["unit"] == "Å or px"


@pytest.mark.parametrize(
    ("value", "is_right"),
    [
        ({}, True), ({"sigma": 3}, True), ({"sigma": 11}, False), ({"sgma": 1}, False),
        ({"max_shift": "10px"}, True), ({"max_shift": 40}, True), ({"max_shift": None}, True),
        ({"max_shift": "4e1 Å"}, True), ({"max_shift": "wide"}, False), ({"mode": "half"}, False),
    ],
)  # fmt: skip
def test_schema_and_options_agree_on_what_is_right(
    value: dict[str, object], is_right: bool
) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(options_schema(Example))
    validator.check_schema(validator.schema)
    assert validator.is_valid(value) == is_right
    if is_right:
        parse(**value)
    else:
        with pytest.raises(OptionError):
            parse(**value)
