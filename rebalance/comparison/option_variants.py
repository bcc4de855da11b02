"""Options of which some have several values: one variant for each combination."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

from rebalance.errors import InputError


def variants(options: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """One value for each option, and in words those of options that have several."""
    listed = _listed(options)
    varied = [name for name, values in listed.items() if len(values) > 1]
    for values in itertools.product(*listed.values()):
        chosen = dict(zip(listed, values, strict=True))
        yield chosen, " ".join(f"{name}={word_of(chosen[name])}" for name in varied)


def n_variants(options: Mapping[str, Any]) -> int:
    """How many `variants` there are.

    Raises
    ------
    InputError
        If an option has a list without values: that would be a study of nothing.
    """
    for name, values in _listed(options).items():
        if not values:
            raise InputError(
                "The list of values is empty.",
                location=f"option {name}",
                hint="Give at least one value, or leave the option out.",
            )
    return math.prod(map(len, _listed(options).values()))


def _listed(options: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {name: value if isinstance(value, list) else [value] for name, value in options.items()}


def word_of(value: object) -> str:
    """How a label shows a value."""
    return str(value).lower() if isinstance(value, bool) else str(value)
