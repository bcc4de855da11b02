"""Checks of all kinds of plugins: options, and the text for the methods paragraph."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, get_args

from rebalance.contracts import Methods
from rebalance.errors import OptionError
from rebalance.options import Length, Options, parse_options
from rebalance.plugin_validation import overrides, validated
from rebalance.testing.outcome import NotApplicable, broken, require

_LIMITS = {"ge": -1, "gt": 0, "le": 1, "lt": 0}
"""By how much a value must exceed a limit to break it."""


class Subject:
    """A plugin under test, and its options.

    Parameters
    ----------
    written : object
        An instance, of a base class of `rebalance.contracts` or of their shape.
    name : str
    given : mapping, optional
        Options; by default those of the plugin.
    """

    kind = ""

    def __init__(self, written: Any, name: str, given: Mapping[str, Any] | None = None) -> None:
        self.written = written
        self.name = name
        self.given = given
        self.refused: dict[str, str] = {}
        """What the package refused, without numbers, and the first check that found it."""

    @cached_property
    def plugin(self) -> Any:
        """The plugin, with the defaults of its contract.

        Raises
        ------
        PluginError
            If it breaks the contract so that it can't be asked anything.
        """
        return validated(self.written, self.kind, "It")

    @cached_property
    def options(self) -> Any:
        """Its options, validated."""
        owner = f"The {self.kind} {self.name}"
        model: type[Options] = self.plugin.options_model
        return parse_options(model, dict(self.given or {}), owner=owner, prefix=self.kind)


def options_documented(subject: Subject) -> None:
    """Every option has a default, a line of help, and values that fit into JSON."""
    model = _model(subject)
    for name, field in model.model_fields.items():
        require(not field.is_required(), f"The option {name} has no default.")
        require((field.description or "").strip(), f"The option {name} has no line of help.")
    for name, field in model.model_fields.items():
        is_length = _is_length(field)
        extra = field.json_schema_extra
        has_unit = isinstance(extra, dict) and extra.get("unit")
        require(not is_length or has_unit, f"The option {name} is a length without a unit.")
    try:
        json.dumps(model.model_json_schema())
        json.dumps(model().model_dump(mode="json"), allow_nan=False)
    except Exception as error:
        broken(f"Its options have no JSON form: {type(error).__name__}: {error}")


def options_round_trip(subject: Subject) -> None:
    """Recorded options and typed options give the same options again."""
    model = _model(subject)
    _has_options(model)
    chosen = subject.options
    recorded = json.loads(json.dumps(chosen.model_dump(mode="json")))
    again = _parsed(subject, recorded)
    for name in model.model_fields:
        first, second = getattr(chosen, name), getattr(again, name)
        require(
            first == second,
            f"The option {name} is {first!r}; recorded as {recorded[name]!r} and read again it "
            f"is {second!r}.",
        )
    for name, value in recorded.items():
        if isinstance(value, list | dict):
            continue
        typed = "none" if value is None else str(value)
        found = getattr(_parsed(subject, {**recorded, name: typed}), name)
        require(
            found == getattr(chosen, name),
            f"`{subject.kind}.{name}={typed}` gives {found!r}, not {getattr(chosen, name)!r}.",
        )


def options_refused(subject: Subject) -> None:
    """Unknown options and values outside the stated limits raise OptionError."""
    model = _model(subject)
    _refused(subject, "no_such_option_at_all", 1)
    for name, field in model.model_fields.items():
        for limit in field.metadata:
            for word, beyond in _LIMITS.items():
                bound = getattr(limit, word, None)
                if isinstance(bound, int | float):
                    _refused(subject, name, bound + beyond)
        if field.annotation in (int, float):
            _refused(subject, name, "not a number")


def require_sentences(said: Any, what: str) -> None:
    """Each has a capital and a full stop."""
    require(
        isinstance(said, Sequence) and not isinstance(said, str),
        f"{what} gave {said!r}, expected a sequence of sentences.",
    )
    for one in said:
        require(
            isinstance(one, str) and one[:1] == one[:1].upper() and one.rstrip()[-1:] in ".!?",
            f"{what} has {one!r}, expected a sentence.",
        )


def lengths_of(model: type[Options]) -> list[str]:
    """The options that are lengths."""
    return [name for name, field in model.model_fields.items() if _is_length(field)]


def _is_length(field: Any) -> bool:
    return field.annotation is Length or Length in get_args(field.annotation)


def _model(subject: Subject) -> type[Options]:
    model: type[Options] = subject.plugin.options_model
    return model


def _has_options(model: type[Options]) -> None:
    if not model.model_fields:
        raise NotApplicable("It has no options.")


def _parsed(subject: Subject, values: dict[str, Any]) -> Any:
    return parse_options(
        _model(subject), values, owner=f"{subject.kind} {subject.name}", prefix=subject.kind
    )


def _refused(subject: Subject, name: str, value: Any) -> None:
    try:
        _parsed(subject, {name: value})
    except OptionError:
        return
    except Exception as error:
        broken(f"{name} = {value!r} raised {type(error).__name__}, expected OptionError: {error}")
    broken(f"{name} = {value!r} was accepted, expected an OptionError.")


def methods_paragraph(subject: Subject) -> None:
    """The words of methods(), if any, have a place {} for each reference."""
    if not overrides(subject.plugin, "methods"):
        raise NotApplicable("It has no methods().")
    said = subject.plugin.methods(subject.options)
    require(isinstance(said, Methods), f"methods() gave {said!r}, expected Methods.")
    _can_be_written(said)
    if said.elsewhere is not None:
        _can_be_written(said.elsewhere)


def _can_be_written(said: Methods) -> None:
    require(
        isinstance(said.words, str) and said.words.strip(),
        f"methods() has the words {said.words!r}, expected text.",
    )
    places = said.words.count("{}")
    require(
        places == len(said.references) and all(isinstance(one, str) for one in said.references),
        f"methods() has {len(said.references)} references and {places} places {{}} for them in "
        f"{said.words!r}.",
    )


COMMON_CHECKS = (methods_paragraph, options_documented, options_round_trip, options_refused)
