"""What a reader that is fuzzed is, and the small simulated jobs that seeds come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.fuzz import mutations as change
from tests.fuzz.mutations import Mutation

SETTINGS = {"n_averages": 6, "n_empty": 1, "n_particles": 40, "n_views": 2, "box": 16, "seed": 1}
TEXT: tuple[Mutation, ...] = (change.change_bytes, change.change_tokens, change.change_lines)
"""Mutations of any text."""
ANGLES = ("rlnAngleRot", "rlnAngleTilt", "rlnAnglePsi")


@dataclass(frozen=True)
class Prepared:
    """A reader with its seeds.

    Parameters
    ----------
    path : Path
        Where each mutant is written, with all that belongs to it beside it.
    seeds : sequence of bytes
        Files that are read without an error.
    read : callable
        Reads the path, and does with it what a run does.
    """

    path: Path
    seeds: Sequence[bytes]
    read: Callable[[Path], object]


@dataclass(frozen=True)
class Reader:
    """A reader that is fuzzed.

    Parameters
    ----------
    name : str
    mutations : sequence of callables
    prepare : callable
        Makes `Prepared` in an empty folder.
    """

    name: str
    mutations: Sequence[Mutation]
    prepare: Callable[[Path], Prepared]


@cache
def simulated() -> Any:
    from rebalance.simulate import simulate_class_averages

    return simulate_class_averages(SETTINGS)


def relion_job(folder: Path) -> Any:
    from rebalance.simulate import write_relion

    return write_relion(simulated(), folder / "project")


def cryosparc_job(folder: Path) -> Any:
    from rebalance.simulate import write_cryosparc

    return write_cryosparc(simulated(), folder / "project")


def dataset_of_a_job(folder: Path) -> Any:
    from rebalance import formats

    return formats.read(relion_job(folder).job)
