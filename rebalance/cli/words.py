"""Short words that are typed: class lists, ``--set`` pairs, plugin names for the shell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from rebalance.errors import OptionError
from rebalance.settings import AUTO

_RANGE = re.compile(r"(\d+)(?:-(\d+))?")
_SETTING = re.compile(r"(metric|clustering|strategy)\.([A-Za-z_][\w-]*)=(.*)", re.DOTALL)
_MOST_CLASSES = 1_000_000


def parse_classes(text: str, option: str, of: str = "class number") -> tuple[int, ...]:
    """Class numbers, or numbers of something else, from ``3,5,7-9``.

    Raises
    ------
    OptionError
        If it is anything else.
    """
    numbers: dict[int, None] = {}
    for part in text.replace(" ", ",").split(","):
        if not part:
            continue
        match = _RANGE.fullmatch(part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not 0 <= last - first <= _MOST_CLASSES:
            raise OptionError(
                f"{option}: {part!r} is no {of} or range.",
                hint="Write numbers and ranges with commas: 3,5,7-9.",
            )
        numbers |= dict.fromkeys(range(first, last + 1))
    if not numbers:
        raise OptionError(f"{option} names no {of}.", hint="Write numbers: 3,5,7-9.")
    return tuple(numbers)


def parse_number(text: str | None) -> int | Literal["auto"] | None:
    """A number of superclasses as it is typed: a whole number, or ``auto``.

    Raises
    ------
    OptionError
        If it is anything else.
    """
    if text is None or text == AUTO:
        return text  # type: ignore[return-value]
    try:
        return int(text)
    except ValueError:
        raise OptionError(
            f"-k {text} is no number of superclasses.",
            hint="Give a whole number, -k 10 for a first look, or -k auto.",
        ) from None


def parse_settings(pairs: Iterable[str], sugar: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Options by kind from ``metric.max_shift=40`` and from flags of their own.

    Parameters
    ----------
    pairs : iterable of str
        Values of ``--set``.
    sugar : mapping of option of the metric to value
        From ``--max-shift`` and the like; None where not given.

    Raises
    ------
    OptionError
        If a pair is not of that form, or an option is given twice.
    """
    options: dict[str, dict[str, Any]] = {}
    for pair in pairs:
        match = _SETTING.fullmatch(pair)
        if match is None:
            raise OptionError(
                f"--set {pair} is not understood.",
                hint="Write KIND.OPTION=VALUE, KIND being metric, clustering or strategy: "
                "--set metric.max_shift=40 (rebalance plugins show NAME lists the options).",
            )
        kind, name, value = match.groups()
        _add(options.setdefault(kind, {}), kind, name.replace("-", "_"), value)
    for name, value in sugar.items():
        if value is not None:
            _add(options.setdefault("metric", {}), "metric", name, value)
    return options


def _add(options: dict[str, Any], kind: str, name: str, value: Any) -> None:
    if name in options:
        raise OptionError(f"{kind}.{name} is given twice: {options[name]} and {value}.")
    options[name] = value


def names_of(kind: str) -> Callable[[str], list[tuple[str, str]]]:
    """For shell completion: the plugins of a kind that begin with what is typed."""

    def complete(incomplete: str) -> list[tuple[str, str]]:
        from rebalance.registry import registry

        return [
            (plugin.name, plugin.spec.summary)
            for plugin in registry().of_kind(kind)
            if plugin.name.startswith(incomplete)
        ]

    return complete


def names_of_all(incomplete: str) -> list[tuple[str, str]]:
    """For shell completion: every plugin that begins with what is typed."""
    from rebalance.registry import registry

    return [
        (plugin.name, plugin.spec.summary)
        for plugin in registry()
        if plugin.name.startswith(incomplete)
    ]


def one_of(*words: str) -> Callable[[str], list[str]]:
    """For shell completion: those of a few words that begin with what is typed."""
    return lambda incomplete: [word for word in words if word.startswith(incomplete)]
