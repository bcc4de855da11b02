"""Calls a strategy plugin, and checks what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.contracts import Strategy
from rebalance.errors import PluginError
from rebalance.model import UNASSIGNED, BoolArray, IntArray, ParticleTable
from rebalance.plugin_validation import overrides

RngFor = Callable[[int], np.random.Generator]

_AT_A_TIME = 1 << 16


def ask_places(
    strategy: Strategy,
    particles: ParticleTable,
    group: IntArray,
    options: Any,
    rng_for: RngFor,
    name: str,
) -> IntArray | None:
    """What the plugin's places() gives, held to be one whole number for each particle.

    Raises
    ------
    PluginError
        If they are of another length or type.
    """
    given = strategy.places(particles, group, options, rng_for)
    if given is None:
        return None
    found = np.asarray(given)
    if found.shape != group.shape or found.dtype.kind not in "iu":
        raise PluginError(
            f"The strategy {name}: places() returned {found.dtype} {found.shape}, expected int64 "
            f"{group.shape}."
        )
    return found


def ask_which_stay(
    strategy: Strategy,
    particles: ParticleTable,
    group: IntArray,
    cap: int,
    options: Any,
    rng_for: RngFor,
    name: str,
) -> BoolArray:
    """What the plugin's select() gives, as it gives it; without one, what its places() say.

    Raises
    ------
    PluginError
        If it is by places, and they can't be used.
    """
    if overrides(strategy, "select"):
        return strategy.select(particles, group, cap, options, rng_for)
    places = ask_places(strategy, particles, group, options, rng_for, name)
    if places is None:
        raise _neither(name)
    return (group != UNASSIGNED) & (places < cap)


def ask_warnings(strategy: Strategy, options: Any, name: str) -> tuple[str, ...]:
    """What the plugin's warnings() gives, held to be texts.

    Raises
    ------
    PluginError
        If they are none.
    """
    given = strategy.warnings(options)
    if (
        isinstance(given, str)
        or not isinstance(given, Sequence)
        or not all(isinstance(one, str) for one in given)
    ):
        raise PluginError(
            f"The strategy {name}: warnings() returned {given!r}, expected sentences."
        )
    return tuple(given)


def check_which_stay(
    given: Any, group: IntArray, expected: IntArray, name: str, word: str = "superclass"
) -> BoolArray:
    """The particles that stay, held to be of the size expected in each group.

    Raises
    ------
    PluginError
        If they are of another length or type, or others than the contract asks for.
    """
    kept = np.asarray(given)
    if kept.shape != group.shape or kept.dtype != np.bool_:
        raise PluginError(
            f"The strategy {name}: select() returned {kept.dtype} {kept.shape}, expected bool "
            f"{group.shape}."
        )
    if (kept & (group == UNASSIGNED)).any():
        raise PluginError(f"The strategy {name} kept particles that were already excluded.")
    found = np.bincount(group[kept], minlength=len(expected))
    wrong = np.flatnonzero(found != expected)
    if len(wrong):
        number = int(wrong[0])
        raise PluginError(
            f"The strategy {name} kept {found[number]:,} particles of {word} {number}; "
            f"{expected[number]:,} were expected."
        )
    return kept


def line_up(
    places: IntArray,
    group: IntArray,
    sizes: IntArray,
    values: npt.NDArray[np.uint8],
    name: str,
    word: str = "superclass",
) -> npt.NDArray[np.uint8]:
    """Values of the particles in the line of all: by group, and then by place.

    Parameters
    ----------
    places, group : int64 (P,)
    sizes : int64 (G,)
        Particles of each group, n in all.
    values : uint8 (P,)
        One for each particle, below 255.

    Returns
    -------
    uint8 (n,)
        The values of the candidates, in line.

    Raises
    ------
    PluginError
        If the places of a group are not 0 to its size − 1, each once.
    """
    n = int(sizes.sum())
    # The last place of the tables stands for particles that are out: a group of −1.
    start, size = np.append(np.cumsum(sizes) - sizes, n), np.append(sizes, 1)
    in_line = np.full(n + 1, 255, dtype=np.uint8)
    for rows in slices(len(group)):
        own = group[rows]
        place = np.where(own == UNASSIGNED, 0, places[rows])
        if ((place < 0) | (place >= size[own])).any():
            raise _misplaced(places, group, sizes, name, word)
        in_line[start[own] + place] = values[rows]
    if in_line[:n].max(initial=0) == 255:
        raise _misplaced(places, group, sizes, name, word)
    return in_line[:n]


def slices(n: int) -> Iterator[slice]:
    """Of n rows as many at a time as stay in the processor's cache."""
    for first in range(0, n, _AT_A_TIME):
        yield slice(first, first + _AT_A_TIME)


def _misplaced(
    places: IntArray, group: IntArray, sizes: IntArray, name: str, word: str
) -> PluginError:
    rows = np.flatnonzero(group != UNASSIGNED)
    own, place = group[rows], places[rows]
    is_wrong = (place < 0) | (place >= sizes[own])
    if not is_wrong.any():
        # One of two at the same place.
        _, first = np.unique((np.cumsum(sizes) - sizes)[own] + place, return_index=True)
        is_wrong = np.ones(len(rows), dtype=np.bool_)
        is_wrong[first] = False
    wrong = int(np.flatnonzero(is_wrong)[0])
    number = int(own[wrong])
    return PluginError(
        f"The strategy {name}: places() gave particle {rows[wrong]} of {word} {number} the place "
        f"{place[wrong]}, which is taken, or not from 0 to {sizes[number] - 1}."
    )


def _neither(name: str) -> PluginError:
    return PluginError(f"The strategy {name}: places() returned None, and there is no select().")
