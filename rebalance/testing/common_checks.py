"""Checks of a plugin's options, the same for metrics, clusterings and strategies."""

from __future__ import annotations

import json
from typing import Any, get_args

from rebalance.errors import OptionError
from rebalance.options import Length, Options, parse_options
from rebalance.testing.outcome import NotApplicable, broken, require

_LIMITS = {"ge": -1, "gt": 0, "le": 1, "lt": 0}
"""By how much a value has to be beyond a limit to break it."""


def options_of(plugin: Any, given: dict[str, Any] | None, kind: str) -> Any:
    """The options that a plugin is checked with: those given, else its defaults."""
    model = plugin.options_model
    return parse_options(model, dict(given or {}), owner=f"The {kind}", prefix=kind)


def options_documented(subject: Any) -> None:
    """Every option has a default, a line of help, and values that JSON can hold."""
    model = _model(subject)
    for name, field in model.model_fields.items():
        require(not field.is_required(), f"The option {name} has no default.")
        require((field.description or "").strip(), f"The option {name} has no line of help.")
    for name, field in model.model_fields.items():
        is_length = _is_length(field)
        extra = field.json_schema_extra
        has_unit = isinstance(extra, dict) and extra.get("unit")
        require(not is_length or has_unit, f"The option {name} is a length and states no unit.")
    try:
        json.dumps(model.model_json_schema())
        json.dumps(model().model_dump(mode="json"), allow_nan=False)
    except Exception as error:
        broken(f"Its options have no JSON form: {type(error).__name__}: {error}")


def options_round_trip(subject: Any) -> None:
    """Options as they are recorded, and as they are typed, give the same options again."""
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
            f"--set {subject.kind}.{name}={typed} gives {found!r}, not {getattr(chosen, name)!r}.",
        )


def options_refused(subject: Any) -> None:
    """An unknown option, and a value outside of the stated limits, is an OptionError."""
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


def lengths_of(model: type[Options]) -> list[str]:
    """The options that are lengths."""
    return [name for name, field in model.model_fields.items() if _is_length(field)]


def _is_length(field: Any) -> bool:
    return field.annotation is Length or Length in get_args(field.annotation)


def _model(subject: Any) -> type[Options]:
    model: type[Options] = subject.plugin.options_model
    return model


def _has_options(model: type[Options]) -> None:
    if not model.model_fields:
        raise NotApplicable("It has no options.")


def _parsed(subject: Any, values: dict[str, Any]) -> Any:
    return parse_options(
        _model(subject), values, owner=f"{subject.kind} {subject.name}", prefix=subject.kind
    )


def _refused(subject: Any, name: str, value: Any) -> None:
    try:
        _parsed(subject, {name: value})
    except OptionError:
        return
    except Exception as error:
        broken(f"{name} = {value!r} raised {type(error).__name__}, expected OptionError: {error}")
    broken(f"{name} = {value!r} was taken, expected an OptionError.")


OPTION_CHECKS = (options_documented, options_round_trip, options_refused)
