"""All numbers of superclasses that were tried, and the suggested one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from rebalance.display import Displayed
from rebalance.model.arrays import DoubleArray, IntArray
from rebalance.model.counting import counted
from rebalance.model.data_frames import data_frame, whole_numbers
from rebalance.model.superclasses import Superclasses

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Suggestion:
    """The suggestion of a scan.

    Parameters
    ----------
    number : int
        The number of superclasses to try first.
    runners_up : tuple of int
        Other good numbers (peaks of the score), best first.
    has_structure : bool
        False if no number is better than expected by chance, or if the views behind the affinity
        are not reliable.
    reason : str
        One or two sentences.
    """

    number: int
    runners_up: tuple[int, ...]
    has_structure: bool
    reason: str


@dataclass(frozen=True)
class NumberForWidth:
    """The number of superclasses for a given angle.

    Parameters
    ----------
    number : int
    width : float
        The angle, degrees.
    widest : float
        Mean angle between the views of the widest superclass, degrees.
    """

    number: int
    width: float
    widest: float

    @property
    def reason(self) -> str:
        """A sentence."""
        groups = counted(self.number, "superclass is", "superclasses are")
        return (
            f"{groups} the fewest that keep views within {self.width:g}° of each other on average "
            f"({self.widest:.1f}° in the widest)."
        )


@dataclass(frozen=True, eq=False)
class Scan(Displayed):
    """All numbers of superclasses that were tried, how good they are, and the suggestion.

    Parameters
    ----------
    numbers : int64 (M,)
        Rising.
    silhouette : float64 (M,)
        Silhouette (−1 to 1: how much closer averages are to their own superclass than to the
        next): mean of the plain one and of that weighted by particles.
    expected : float64 (M,)
        The silhouette expected by chance: for averages of the same spread without groups.
    expected_sd : float64 (M,)
    stability : float64 (M,)
        Agreement with the grouping of fewer averages with noise, over resamples (adjusted Rand
        index: 1 = identical, 0 = chance); NaN if resamples were too small.
    contrast : float64 (M,)
        Mean affinity within superclasses minus that between them.
    eigengap : float64 (M,)
    score : float64 (M,)
    smallest : int64 (M,)
        Particles of the smallest superclass (averages if particles are unknown).
    small : int64 (M,), optional
        Superclasses too small to decide the cap (`rebalance.strategies.small`).
    kept : int64 (M,)
        Particles (or averages) that would be kept.
    total : int
        Particles (or averages) in all superclasses.
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
    small: IntArray | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def __repr__(self) -> str:
        tried = f"{self.numbers[0]}–{self.numbers[-1]} superclasses tried" if len(self) else "empty"
        said = f"{self.suggestion.number} suggested"
        if not self.suggestion.has_structure:
            said = "none stands out"
        return f"Scan({', '.join(part for part in (tried, said, self.clustering) if part)})"

    @property
    def rank(self) -> IntArray:
        """int64 (M,): 1 for the suggestion; 2, 3, … for the runners-up, best first; else 0."""
        named = (self.suggestion.number, *self.suggestion.runners_up)
        return np.array(
            [named.index(n) + 1 if n in named else 0 for n in self.numbers.tolist()], dtype=np.int64
        )

    def to_dataframe(self) -> DataFrame:
        """A row for each number tried, with the columns of `scan.csv`.

        Returns
        -------
        pandas.DataFrame
            ``n_superclasses``, ``suggested`` (`rank`, blank for most), ``score``, ``silhouette``,
            ``silhouette_without_groups``, ``stability``, ``contrast``, ``eigengap``, ``smallest``,
            ``small``, ``kept``.

        Raises
        ------
        RebalanceError
            If pandas can't be imported.
        """
        rank = self.rank
        return data_frame(
            {
                "n_superclasses": self.numbers,
                "suggested": whole_numbers(rank, rank > 0),
                "score": self.score,
                "silhouette": self.silhouette,
                "silhouette_without_groups": self.expected,
                "stability": self.stability,
                "contrast": self.contrast,
                "eigengap": self.eigengap,
                "smallest": self.smallest,
                "small": np.zeros_like(self.smallest) if self.small is None else self.small,
                "kept": self.kept,
            }
        )
