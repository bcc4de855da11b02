"""Text, JSON and TOML files of unknown origin: read within bounds, each error one that is named.

A file that a person names may be anything: of another program, cut short, or made to fill the
memory. Whatever is wrong with it ends in an `InputError` with its name.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rebalance.errors import InputError

MOST_BYTES = 1_000_000
"""Largest size of a file that a person or a run writes; its content may take 100 times as much
memory.
"""

_MOST_LEVELS, _TOO_DEEP = 50, "it is nested too deeply"
_MOST_VALUES = 50_000
_FRACTION = re.compile(r"(?<![\w.])\d+\.\d+(?=[\s,\]}]|$)")
_MOST_DOTS = 100
"""Of one TOML line beside those in numbers: time grows with the square of a key's parts."""


def read_text(path: Path, *, most_bytes: int = MOST_BYTES, hint: str | None = None) -> str:
    """The text of a file, without a byte order mark.

    Parameters
    ----------
    path : Path
    most_bytes : int
        A larger file is refused before it is read.
    hint : str, optional
        What an error says to do.

    Raises
    ------
    InputError
        If there is no such file, or it can't be read, is larger, or is no text in UTF-8.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(most_bytes + 1)
    except (OSError, ValueError) as error:
        raise unreadable(error, path, hint) from error
    if len(content) > most_bytes:
        raise InputError(
            f"It is larger than {most_bytes / 1000000.0:.3g} MB, the limit for such a file.",
            path=path,
            hint=hint,
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("This is not a text file.", path=path, hint=hint) from None
    if "\0" in text:
        raise InputError("This is not a text file.", path=path, hint=hint)
    return text


def unreadable(error: OSError | ValueError, path: Path, hint: str | None = None) -> InputError:
    """What is said of a file that can't be opened or read; a NUL in its name is a ValueError."""
    if isinstance(error, FileNotFoundError):
        return InputError("This file does not exist.", path=path, hint=hint)
    reason = getattr(error, "strerror", None) or str(error)
    return InputError(f"It can't be read: {reason}.", path=path, hint=hint)


def text_lines(path: Path, *, hint: str | None = None) -> Iterator[tuple[int, str]]:
    """Line numbers and lines of a text file of any size, without a byte order mark.

    Raises
    ------
    InputError
        While lines are taken, as of `read_text`.
    """
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, start=1):
                if "\0" in line:
                    raise InputError("This is not a text file.", path=path, hint=hint)
                yield number, line.rstrip("\n")
    except UnicodeDecodeError:
        raise InputError("This is not a text file.", path=path, hint=hint) from None
    except (OSError, ValueError) as error:
        raise unreadable(error, path, hint) from error


def read_json(path: Path, what: str, *, hint: str | None = None) -> dict[str, Any]:
    """The object that a JSON file holds.

    Parameters
    ----------
    path : Path
    what : str
        What the file should be: ``"run record"``.
    hint : str, optional

    Raises
    ------
    InputError
        As of `read_text`, or if it is no JSON, no object, or nested too deeply.
    """
    text = read_text(path, hint=hint)
    try:
        content = parse_json(text)
    except ValueError as error:
        raise InputError(f"It is not a valid {what}: {error}.", path=path, hint=hint) from None
    if not isinstance(content, dict):
        raise InputError(f"It is not a valid {what}: it has no JSON object.", path=path, hint=hint)
    return content


def parse_json(text: str) -> Any:
    """The content of JSON text; ValueError saying what is wrong, also where it is too deep."""
    try:
        content = json.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except ValueError as error:
        raise ValueError(f"it is not JSON, or cut short ({_said(error)})") from None
    _check_extent(content)
    return content


def _check_extent(content: Any) -> None:
    """ValueError for what would take others too far, who walk it or list each error in it."""
    level, n_values = [content], 0
    for _ in range(_MOST_LEVELS):
        parts = [
            part
            for holder in level
            if isinstance(holder, dict | list)
            for part in (holder.values() if isinstance(holder, dict) else holder)
        ]
        n_values += len(parts)
        if n_values > _MOST_VALUES:
            raise ValueError(f"it has more than {_MOST_VALUES:,} values")
        level = [part for part in parts if isinstance(part, dict | list)]
        if not level:
            return
    raise ValueError(_TOO_DEEP)


def _said(error: ValueError) -> str:
    """Without what Python says to programmers of integers of thousands of digits."""
    return str(error).partition("; use sys.")[0]


def read_toml(path: Path, *, hint: str | None = None) -> dict[str, Any]:
    """The content of a TOML file.

    Raises
    ------
    InputError
        As of `read_text`, or if it is no TOML, or nested too deeply.
    """
    text = read_text(path, most_bytes=MOST_BYTES // 4, hint=hint)
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(".") > _MOST_DOTS and _FRACTION.sub("", line).count(".") > _MOST_DOTS:
            raise InputError(
                "It has a key of too many parts.",
                path=path,
                location=f"line {number}",
                hint=hint,
            )
    try:
        content = tomllib.loads(text)
        _check_extent(content)
    except RecursionError:
        raise InputError(f"It is not valid TOML: {_TOO_DEEP}.", path=path, hint=hint) from None
    # Numbers of thousands of digits and dates that do not exist are plain ValueErrors.
    except ValueError as error:
        raise InputError(f"It is not valid TOML: {_said(error)}.", path=path, hint=hint) from None
    return content
