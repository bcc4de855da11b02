"""What other programs, and a person, said of class averages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RANKER, SELECT, CINDERELLA = "RELION's class ranker", "the Select job", "Cinderella"
"""Where they come from, in `Verdicts.source`."""


@dataclass(frozen=True)
class Verdicts:
    """What one source said.

    Parameters
    ----------
    source : str
        `RANKER`, `SELECT` or `CINDERELLA`.
    score : mapping of int to float
        0 (bad) to 1 (good), by class number, or by place in the stack from 0.
    by_place : bool
    chosen_only : bool
        Those not in ``score`` were not chosen.
    label : str
        What the column of the scores is called, where it has a name.
    """

    source: str
    score: Mapping[int, float]
    by_place: bool = False
    chosen_only: bool = False
    label: str = ""
