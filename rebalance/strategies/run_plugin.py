"""Calls a strategy plugin, and checks what it gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

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
        raise PluginError(f"The strategy {name}: places() gave None, and it has no select().")
    return (group != UNASSIGNED) & (places < cap)


def check_which_stay(given: Any, group: IntArray, expected: IntArray, name: str) -> BoolArray:
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
            f"The strategy {name} kept {found[number]:,} particles of superclass {number}; "
            f"{expected[number]:,} were expected."
        )
    return kept
