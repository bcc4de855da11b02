"""Settings as JSON values, as a run record keeps them, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from rebalance.errors import OptionError
from rebalance.settings.setting import kept_type, settings_of
from rebalance.settings.values import KINDS_WITH_OPTIONS, plugin_name

SettingsT = TypeVar("SettingsT")

_NAMES = (*KINDS_WITH_OPTIONS, "executor")
"""Settings that may be an object, of which the name is kept."""


def to_json(settings: Any) -> dict[str, Any]:
    """JSON values of every setting; paths are made absolute."""
    content: dict[str, Any] = {}
    for name in settings_of(type(settings)):
        value = getattr(settings, name)
        content[name] = _as_json_value(plugin_name(value) if name in _NAMES else value)
    return content


def from_json(model: type[SettingsT], content: Mapping[str, Any]) -> SettingsT:
    """The settings that `to_json` wrote; OptionError if one is not as it would be."""
    unknown = sorted(content.keys() - settings_of(model).keys())
    if unknown or "path" not in content:
        raise OptionError(
            f"The recorded request has unknown fields: {', '.join(unknown)}."
            if unknown
            else "The recorded request has no path.",
            hint="Use the version of rebalance that wrote it.",
        )
    _check_types(model, content)
    return model(**content)


def _check_types(model: type, content: Mapping[str, Any]) -> None:
    from pydantic import ValidationError, create_model

    for name in _NAMES:
        if not isinstance(content.get(name, ""), str):
            raise _wrong(name, f"{content[name]!r:.60} is not a name")
    kept: Any = {name: (kept_type(model, name), None) for name in settings_of(model)}
    try:
        # As JSON, strict takes a list for a tuple and text for a path, but "4" for no number.
        # Bytes of file names that are not UTF-8, surrogates in Python, are of no type.
        text = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
        create_model("Recorded", **kept).model_validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise _wrong(place, f"{first['msg']}, not {first['input']!r:.60}") from error


def _wrong(name: str, what: str) -> OptionError:
    return OptionError(
        f"The recorded request has been changed, and can't be read: {what}.",
        location=name,
        hint="Undo the changes to run.json, or type the run again with rebalance run.",
        setting=name,
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
