"""Every number of superclasses that was tried, and the one to try first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rebalance.model.arrays import DoubleArray, IntArray
from rebalance.model.superclasses import Superclasses


@dataclass(frozen=True)
class Suggestion:
    """What a scan says.

    Parameters
    ----------
    number : int
        The number of superclasses to try first.
    runners_up : tuple of int
        Other peaks of the score, best first.
    has_structure : bool
        False where no number stands out from averages of the same spread without groups.
    reason : str
        One or two sentences.
    """

    number: int
    runners_up: tuple[int, ...]
    has_structure: bool
    reason: str


@dataclass(frozen=True, eq=False)
class Scan:
    """Every number of superclasses that was tried, how good it is, and the suggestion.

    Parameters
    ----------
    numbers : int64 (M,)
        Rising.
    silhouette : float64 (M,)
        Mean of the silhouette of the averages and of that weighted by particles.
    expected : float64 (M,)
        The same for averages of the same spread without groups, over samples.
    expected_sd : float64 (M,)
    stability : float64 (M,)
        Adjusted Rand index with the grouping of fewer averages under noise, over resamples; NaN
        where resamples were too small.
    contrast : float64 (M,)
        Mean affinity within superclasses minus that between.
    eigengap : float64 (M,)
    score : float64 (M,)
    smallest : int64 (M,)
        Particles of the smallest superclass; averages, where particles are not known.
    kept : int64 (M,)
        Particles (or averages) that would be kept.
    total : int
        Particles (or averages) of all superclasses.
    suggestion : Suggestion
    clustering : str
    options : mapping
        Of the clustering, after defaults.
    factor, max_size : the balance that ``kept`` is for
    noise : float
        Standard deviation of the affinity's own noise (`scanning.stability.affinity_noise`).
    superclasses : mapping of int to Superclasses
        By number.
    """

    numbers: IntArray
    silhouette: DoubleArray
    expected: DoubleArray
    expected_sd: DoubleArray
    stability: DoubleArray
    contrast: DoubleArray
    eigengap: DoubleArray
    score: DoubleArray
    smallest: IntArray
    kept: IntArray
    total: int
    suggestion: Suggestion
    clustering: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    factor: str | None = None
    max_size: int | None = None
    noise: float = 0.0
    superclasses: Mapping[int, Superclasses] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers)
