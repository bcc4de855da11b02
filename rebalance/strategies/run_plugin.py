"""Calls a strategy plugin, and checks what it gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.contracts import Strategy
from rebalance.errors import PluginError
from rebalance.model import UNASSIGNED, BoolArray, IntArray, ParticleTable
from rebalance.plugin_validation import overrides

RngFor = Callable[[int], np.random.Generator]


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
            f"The strategy {name}: places() gave {found.dtype} {found.shape}, expected int64 "
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
        raise PluginError(f"The strategy {name}: warnings() gave {given!r}, expected sentences.")
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
            f"The strategy {name}: select() gave {kept.dtype} {kept.shape}, expected bool "
            f"{group.shape}."
        )
    if (kept & (group == UNASSIGNED)).any():
        raise PluginError(f"The strategy {name} kept particles that were out already.")
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
) -> tuple[IntArray, npt.NDArray[np.uint8]]:
    """Where each particle stands in the line of all, by group and then by its place.

    Parameters
    ----------
    places, group : int64 (P,)
    sizes : int64 (G,)
        Particles of each group, n in all.
    values : uint8 (P,)
        One for each particle, below 255.

    Returns
    -------
    at : int64 (P,)
        n for particles that are out.
    in_line : uint8 (n,)
        The values of the others, in line.

    Raises
    ------
    PluginError
        If the places of a group are not 0 to its size − 1, each once.
    """
    n = int(sizes.sum())
    # The last place of the tables stands for particles that are out: a group of −1.
    at = np.append(np.cumsum(sizes) - sizes, n)[group]
    if n < len(group):
        places = np.where(group == UNASSIGNED, 0, places)
    is_wrong = (places < 0) | (places >= np.append(sizes, 1)[group])
    if not is_wrong.any():
        at += places
        in_line = np.full(n + 1, 255, dtype=np.uint8)
        in_line[at] = values
        if in_line[:n].max(initial=0) < 255:
            return at, in_line[:n]
        _, first = np.unique(at, return_index=True)
        is_wrong = group != UNASSIGNED
        is_wrong[first] = False
    wrong = int(np.flatnonzero(is_wrong)[0])
    number = int(group[wrong])
    raise PluginError(
        f"The strategy {name}: places() gave particle {wrong} of {word} {number} the place "
        f"{places[wrong]}, which is another's, or none from 0 to {sizes[number] - 1}."
    )


def _neither(name: str) -> PluginError:
    return PluginError(f"The strategy {name}: places() gave None, and it has no select().")
