"""A request as JSON values, as a run record keeps it, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rebalance.errors import OptionError
from rebalance.settings.values import KINDS_WITH_OPTIONS, plugin_name

if TYPE_CHECKING:
    from rebalance.settings.run_settings import RunSettings


def to_json(request: RunSettings) -> dict[str, Any]:
    """JSON values of every field; paths are made absolute."""
    content: dict[str, Any] = {}
    for item in fields(request):
        value = getattr(request, item.name)
        if item.name in (*KINDS_WITH_OPTIONS, "executor") and not isinstance(value, str):
            value = plugin_name(value)
        content[item.name] = _as_json_value(value)
    return content


def from_json(kind: type[RunSettings], content: Mapping[str, Any]) -> RunSettings:
    """The request that `to_json` wrote; OptionError if a field is not as it would be."""
    known = {item.name for item in fields(kind)}
    unknown = sorted(content.keys() - known)
    if unknown or "path" not in content:
        raise OptionError(
            f"The recorded request has unknown fields: {', '.join(unknown)}."
            if unknown
            else "The recorded request has no path.",
            hint="Use the version of rebalance that wrote it.",
        )
    _check_types(kind, content)
    return kind.of(**content)


def _check_types(kind: type[RunSettings], content: Mapping[str, Any]) -> None:
    from pydantic import TypeAdapter, ValidationError

    for name in (*KINDS_WITH_OPTIONS, "executor"):
        if not isinstance(content.get(name, ""), str):
            raise _wrong_field(name, f"{content[name]!r} is no name")
    try:
        # As JSON, strict takes a list for a tuple and text for a path, but "4" for no number.
        TypeAdapter(kind).validate_json(json.dumps(content), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise _wrong_field(place, f"{first['msg']}, not {first['input']!r}") from error


def _wrong_field(name: str, what: str) -> OptionError:
    return OptionError(
        f"The recorded request is not as rebalance writes it: {what}.",
        location=name,
        hint="Undo what was changed in run.json, or type the run again with rebalance run.",
    )


def _as_json_value(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value.absolute())
    if isinstance(value, tuple):
        return [_as_json_value(part) for part in value]
    if isinstance(value, Mapping):
        return {key: _as_json_value(part) for key, part in value.items()}
    if hasattr(value, "item"):
        return value.item()
    return value if isinstance(value, str | int | float | bool | None) else str(value)
