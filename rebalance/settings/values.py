"""What a setting keeps of what is typed or passed in Python: one function for each kind of value.

Each takes the name of the setting, for its error, and the value.
"""

from __future__ import annotations

import math
import operator
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from rebalance.errors import OptionError

T = TypeVar("T")

IDENTITY = "identity"
"""The clustering of ``superclasses=False``."""

AUTO: Literal["auto"] = "auto"
"""Instead of a number of superclasses: use the number that a scan suggests."""

KINDS_WITH_OPTIONS = ("metric", "clustering", "strategy")

_RANGE = re.compile(r"(\d+)(?:-(\d+))?")
_OPTION = re.compile(rf"({'|'.join(KINDS_WITH_OPTIONS)})\.([A-Za-z_][\w-]*)=(.*)", re.DOTALL)
_MOST_CLASSES = 1_000_000


def plugin_name(plugin: Any) -> str:
    """A plugin's name: as typed, or the class of an instance."""
    return plugin if isinstance(plugin, str) else type(plugin).__qualname__


def plain_name(text: str) -> str:
    """Text as a part of the name of a folder that can be typed anywhere."""
    cleaned = "".join(c if c.isascii() and (c.isalnum() or c in "._+-") else "_" for c in text)
    return cleaned.strip("._")[:80] or "job"


def optional(convert: Callable[[str, Any], T]) -> Callable[[str, Any], T | None]:
    """The same for a setting that may be None."""
    return lambda name, value: None if value is None else convert(name, value)


def a_path(name: str, value: Path | str) -> Path:
    """A path from text or a path."""
    if not isinstance(value, str | os.PathLike):
        raise OptionError(f"`{name}` is {value!r}, not a path.", setting=name)
    if "\0" in os.fspath(value):
        raise OptionError(
            f"`{name}` is {value!r:.60}; a path can't contain a NUL character.", setting=name
        )
    return Path(value)


def paths(name: str, value: Iterable[Path | str] | Path | str | None) -> tuple[Path, ...]:
    """Paths from one or more of them, or from None."""
    if value is None:
        return ()
    given = [value] if isinstance(value, str | os.PathLike) else value
    return tuple(a_path(name, one) for one in given)


def two_paths(name: str, value: Iterable[Path | str]) -> tuple[Path, Path]:
    """Two different paths."""
    given = paths(name, value)
    if len(given) != 2:
        raise OptionError(
            f"`{name}` has {len(given)} path{'' if len(given) == 1 else 's'}, not two.",
            hint="Give both half maps of the refinement.",
            setting=name,
        )
    return given[0], given[1]


def decimal_text(name: str, value: Any) -> str:
    """A number as decimal text, so that 0.1 stays one tenth."""
    return str(value)


def superclass_number(name: str, value: int | str) -> int | Literal["auto"]:
    """A number of superclasses: a whole number, as text too, or ``auto``."""
    if value == AUTO:
        return AUTO
    try:
        return int(value) if isinstance(value, str) else operator.index(value)
    except (TypeError, ValueError):
        raise OptionError(
            f"`{name}={value!r}` is not a number of superclasses.",
            hint=f'Give a whole number (`{name}=10` is a good start), or `{name}="auto"`.',
            setting=name,
        ) from None


def a_size_or_auto(name: str, value: int | str) -> int | Literal["auto"]:
    """A number of particles of at least 0, as text too, or ``auto``."""
    if value == AUTO:
        return AUTO
    try:
        size = int(value) if isinstance(value, str) else operator.index(value)
        if size < 0 or isinstance(value, bool):
            raise ValueError
    except (TypeError, ValueError):
        raise OptionError(
            f"`{name}` is {value!r}, not a whole number of particles or auto.",
            hint="With 0 the smallest superclass decides, whatever its size.",
            setting=name,
        ) from None
    return size


def class_numbers(
    name: str, value: Iterable[int] | int | str | None, of: str = "class number"
) -> tuple[int, ...]:
    """Class numbers, or numbers of something else, from ``3,5,7-9``, one number, or several.

    Empty text, as of a shell variable that is not set, is refused: it must not stand for every
    class.
    """
    if value is None:
        return ()
    if not isinstance(value, str):
        given = value if isinstance(value, Iterable) else [value]
        return tuple(int(n) if isinstance(n, str) else operator.index(n) for n in given)
    numbers: dict[int, None] = {}
    for part in value.replace(" ", ",").split(","):
        if not part:
            continue
        match = _RANGE.fullmatch(part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not 0 <= last - first <= _MOST_CLASSES:
            raise OptionError(
                f"`{name}`: {part!r} is not a {of} or range.",
                hint="Separate numbers and ranges by commas: 3,5,7-9.",
                setting=name,
            )
        numbers |= dict.fromkeys(range(first, last + 1))
    if not numbers:
        raise OptionError(
            f"`{name}` names no {of}.", hint="Separate numbers by commas: 3,5,7-9.", setting=name
        )
    return tuple(numbers)


def a_number_or_auto(name: str, value: int | str) -> int | Literal["auto"]:
    """A whole number of at least 1, as text too, or ``auto``."""
    if value == AUTO:
        return AUTO
    try:
        number = int(value) if isinstance(value, str) else operator.index(value)
        if number < 1 or isinstance(value, bool):
            raise ValueError
    except (TypeError, ValueError):
        raise OptionError(
            f"`{name}` is {value!r}, not a whole number of at least 1, or auto.",
            setting=name,
        ) from None
    return number


def words_of(known: tuple[str, ...]) -> Callable[[str, Any], tuple[str, ...]]:
    """Some of a few words, from ``one,two`` or an iterable of them."""

    def checked(name: str, value: Iterable[str] | str | None) -> tuple[str, ...]:
        if value is None:
            return ()
        given = value.replace(" ", "").split(",") if isinstance(value, str) else [*value]
        for word in given:
            if word not in known:
                raise OptionError(
                    f"`{name}` is {word!r}, which does not exist.",
                    hint=f"Choose from {', '.join(known)}; separate several by commas.",
                    setting=name,
                )
        return tuple(dict.fromkeys(given))

    return checked


def one_of(words: Any, problem: str, hint: str) -> Callable[[str, Any], Any]:
    """One of the words of a ``Literal``; ``problem`` says of another that it is none of them."""

    def checked(name: str, value: Any) -> Any:
        if value not in get_args(words):
            raise OptionError(problem.format(repr(value)), hint=hint, setting=name)
        return value

    return checked


def a_switch(name: str, value: bool) -> bool:
    """True or False."""
    if value not in (True, False):
        raise OptionError(f"`{name}` is {value!r}, not True or False.", setting=name)
    return bool(value)


def whole_number(name: str, value: int) -> int:
    """A whole number."""
    try:
        return operator.index(value)
    except TypeError:
        raise OptionError(f"`{name}` is {value!r}, not a whole number.", setting=name) from None


def at_least_one(name: str, value: int) -> int:
    """A whole number of at least 1."""
    if whole_number(name, value) < 1:
        raise OptionError(f"`{name}` is {value}; it must be at least 1.", setting=name)
    return value


def angstrom_per_pixel(name: str, value: float) -> float:
    """A finite number above 0."""
    size = _real(name, value, "Å")
    if not 0 < size < math.inf:
        raise OptionError(f"The pixel size is {size:g} Å; it must be above 0.", setting=name)
    return size


def degrees(name: str, value: float) -> float:
    """An angle between views: above 0°, and at most 90°, since opposite views are mirror images."""
    angle = _real(name, value, "degrees")
    if not 0 < angle <= 90:
        raise OptionError(
            f"`{name}` is {angle:g}; it must be above 0 and at most 90 degrees.", setting=name
        )
    return angle


def _real(name: str, value: Any, unit: str) -> float:
    try:
        return float(value)
    except OverflowError:
        # A whole number of more than 308 digits.
        return math.inf if value > 0 else -math.inf
    except (TypeError, ValueError):
        raise OptionError(f"`{name}` is {value!r}, not a number of {unit}.", setting=name) from None


def plugin_options(
    name: str, value: Mapping[str, Mapping[str, Any]] | Iterable[str] | None
) -> Mapping[str, Mapping[str, Any]]:
    """Options of plugins by kind, from such a mapping or from ``metric.max_shift=40``."""
    if value is None:
        return {}
    options = value if isinstance(value, Mapping) else options_of_pairs(value)
    for kind in options:
        if kind not in KINDS_WITH_OPTIONS:
            raise OptionError(
                f"There are no options for {kind!r}.",
                hint=f"Options belong to {', '.join(KINDS_WITH_OPTIONS)}, e.g. "
                "`metric.max_shift=40`.",
                setting=name,
            )
    return options


def options_of_pairs(
    pairs: Iterable[str], metric_options: Mapping[str, Any] | None = None
) -> dict[str, dict[str, Any]]:
    """Options by kind from ``metric.max_shift=40``, and from options of the metric by name.

    Parameters
    ----------
    pairs : iterable of str
    metric_options : mapping of option to value, optional
        None where one is not given.

    Raises
    ------
    OptionError
        If a pair is not of that form, or an option is given twice.
    """
    options: dict[str, dict[str, Any]] = {}
    given: list[tuple[str, str, Any]] = []
    for pair in pairs:
        match = _OPTION.fullmatch(pair)
        if match is None:
            raise OptionError(
                f"`options={pair!r}` is not understood.",
                hint="Write KIND.OPTION=VALUE, where KIND is metric, clustering or strategy: "
                "`metric.max_shift=40`. rebalance plugins show NAME lists the options.",
                setting="options",
            )
        kind, name, value = match.groups()
        given.append((kind, name.replace("-", "_"), value))
    given += [
        ("metric", name, value)
        for name, value in (metric_options or {}).items()
        if value is not None
    ]
    for kind, name, value in given:
        of_kind = options.setdefault(kind, {})
        if name in of_kind:
            raise OptionError(
                f"{kind}.{name} is given twice: {of_kind[name]} and {value}.",
                setting=f"{kind}.{name}",
            )
        of_kind[name] = value
    return options
