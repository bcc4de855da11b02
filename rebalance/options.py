"""The typed options of a plugin: one pydantic model gives help, validation, schema and docs.

A plugin declares its options as a subclass of `Options`. Every field has a default, a one-line
description and, if needed, a unit and a range:

>>> class MyOptions(Options):
...     sigma: float = option(1.0, "Width of the kernel.", unit="pixels", ge=0.1, le=10.0)
...     max_shift: Length | None = option(None, "Largest shift.", unit="Å or px")
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from pydantic_core import core_schema

from rebalance.errors import OptionError

T = TypeVar("T")
OptionsT = TypeVar("OptionsT", bound="Options")

_LENGTH = re.compile(
    r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(Å|A|Ang|angstrom|px|pix|pixels?)?\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Length:
    """A length as users write it: ``40``, ``40A``, ``40Å`` (Å), ``10px`` (pixels).

    Parameters
    ----------
    value : float
        In its own unit; `pixels` converts it to pixels.
    unit : {"A", "px"}

    Raises
    ------
    ValueError
        If it is negative or not finite.
    """

    value: float
    unit: str = "A"

    def __post_init__(self) -> None:
        if not 0 <= self.value < math.inf:
            raise ValueError(f"{self} is not a length; expected a number of at least 0")

    @classmethod
    def parse(cls, text: str | float | int | Length) -> Length:
        """Read a length.

        Raises
        ------
        ValueError
            If the text is not a finite number of at least 0, followed by nothing, ``A``, ``Å`` or
            ``px``.
        """
        if isinstance(text, Length):
            return text
        match = _LENGTH.fullmatch(str(text))
        if match is None:
            raise ValueError(f"{text!r} is not a length; write 40 or 40A (Å), or 10px (pixels)")
        unit = (match.group(2) or "A").lower()
        return cls(float(match.group(1)), "px" if unit.startswith("p") else "A")

    def pixels(self, pixel_size: float | None, option_name: str = "length") -> float:
        """The length in pixels.

        Parameters
        ----------
        pixel_size : float or None
            Å per pixel, None if unknown.
        option_name : str
            For the error message.

        Raises
        ------
        OptionError
            If the length is in Å and the pixel size is unknown.
        """
        if self.unit == "px":
            return self.value
        if pixel_size is None:
            raise OptionError(
                f"{option_name} = {self.value:g} Å needs a pixel size, but the class averages "
                "state none.",
                hint=f"Give `pixel_size` in Å, or write {option_name} in pixels, e.g. 10px.",
            )
        return self.value / pixel_size

    def __str__(self) -> str:
        # Every digit, since this is what a record is repeated from and an affinity found by.
        return repr(self.value).removesuffix(".0") + self.unit

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        # A pattern holds for text alone; a bare number is in Å.
        return {
            "type": ["number", "string"],
            "pattern": r"^\s*\+?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*"
            r"(Å|[Aa]|[Aa]ng|[Aa]ngstrom|px|pix|pixels?)?\s*$",
        }


def option(
    default: T,
    help: str,
    *,
    unit: str | None = None,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
) -> T:
    """A field of an `Options` model.

    Parameters
    ----------
    default : any
        None if the plugin decides from the data; the field is then ``… | None``, and users may
        write ``auto``.
    help : str
        One line for ``rebalance plugins show`` and for error messages.
    unit : str, optional
        Shown with the default. A length in Å or pixels has the type `Length` and the unit
        ``"Å or px"``; the plugin converts it with `Length.pixels`.
    ge, gt, le, lt : float, optional
        The value is at least, above, at most, below.
    """
    made: Any = Field(
        default,
        description=help,
        json_schema_extra={"unit": unit} if unit else None,
        ge=ge,
        gt=gt,
        le=le,
        lt=lt,
    )
    return made


class Options(BaseModel):
    """Base class for options of plugins: frozen, validated, unknown names refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )


class NoOptions(Options):
    """For plugins without options."""


class OptionHelp(NamedTuple):
    """A row of the table of a plugin's options."""

    name: str
    default: str
    unit: str
    range: str
    help: str


def parse_options(
    model: type[OptionsT], values: Mapping[str, Any], *, owner: str, prefix: str
) -> OptionsT:
    """Validate values, as typed or as passed in Python, against a plugin's options.

    Parameters
    ----------
    model : type of Options
    values : mapping of str to str or value
        Strings are converted; ``none`` and ``auto`` mean None if the field allows it.
    owner : str
        The plugin, for error messages: ``metric rotational-cc``.
    prefix : str
        The word before the dot when the option is typed: ``metric``.

    Raises
    ------
    OptionError
        Names the option, the value found, the range, the unit and the option's help.
    """
    cleaned = {
        name: None if _means_none(model, name, value) else value for name, value in values.items()
    }
    try:
        return model.model_validate(cleaned)
    except ValidationError as error:
        first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    known = {row.name: row for row in describe_options(model)}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise OptionError(
            f"{owner} has no option {name!r}" + (f"; did you mean {near[0]!r}?" if near else "."),
            hint=f"Its options: {', '.join(known) or 'none'}.",
            setting=f"{prefix}.{name}",
        )
    row = known[name]
    expected = ", ".join(
        part for part in (row.range, f"unit {row.unit}" if row.unit else "") if part
    )
    raise OptionError(
        f"{prefix}.{name} = {values[name]!s}: {first['msg'].removeprefix('Value error, ')}"
        + (f" (expected {expected}; default {row.default})." if expected else "."),
        hint=row.help,
        setting=f"{prefix}.{name}",
    )


def _means_none(model: type[Options], name: str, value: Any) -> bool:
    """Whether a value is the word none or auto, for a field that may be None."""
    if not isinstance(value, str) or value.lower() not in ("none", "auto"):
        return False
    field = model.model_fields.get(name)
    return field is not None and type(None) in get_args(field.annotation)


def options_schema(model: type[Options]) -> dict[str, Any]:
    """The options as a JSON schema (draft 2020-12), for forms and other programs.

    Each property has its type, ``default``, ``description``, ``unit`` (if any) and its range:
    ``minimum``, ``exclusiveMinimum``, ``maximum``, ``exclusiveMaximum`` or ``enum``.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(),
    }


def describe_options(model: type[Options]) -> list[OptionHelp]:
    """Name, default, unit, range and help of every option, in order of declaration."""
    rows = []
    schema = model.model_json_schema()
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        default = "auto" if field.default is None else str(field.default)
        rows.append(
            OptionHelp(
                name,
                default,
                str(extra.get("unit", "")),
                _range_of(schema["properties"][name]),
                field.description or "",
            )
        )
    return rows


def _range_of(schema: dict[str, Any]) -> str:
    variants = schema.get("anyOf", [schema])
    parts = []
    for variant in variants:
        if "enum" in variant:
            parts.append(" | ".join(str(word) for word in variant["enum"]))
        if "const" in variant:
            parts.append(str(variant["const"]))
        low = variant.get("minimum", variant.get("exclusiveMinimum"))
        high = variant.get("maximum", variant.get("exclusiveMaximum"))
        if low is not None or high is not None:
            left = "(" if "exclusiveMinimum" in variant or low is None else "["
            right = ")" if "exclusiveMaximum" in variant or high is None else "]"
            low_text = "-inf" if low is None else f"{low:g}"
            high_text = "inf" if high is None else f"{high:g}"
            parts.append(f"{left}{low_text}, {high_text}{right}")
        if variant.get("type") == "boolean":
            parts.append("true | false")
    return " | ".join(parts)
