"""A strategy under test, and the particle table that it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.contracts import Column
from rebalance.errors import ColumnError, OptionError
from rebalance.model import BoolArray, IntArray, ParticleTable
from rebalance.seeds import generator
from rebalance.strategies.run_plugin import ask_places, ask_which_stay
from rebalance.testing.common_checks import Subject

SIZES = (40, 25, 12, 7, 3, 1)
"""Particles of superclass 0, 1, …, each of two classes."""

OUT = 8
"""Particles that are out already."""

SCORES = (
    "rlnMaxValueProbDistribution",
    "rlnLogLikeliContribution",
    "rlnAutopickFigureOfMerit",
    "rlnCtfMaxResolution",
    "alignments2D/error",
    "alignments2D/class_posterior",
    "alignments3D/error",
    "ctf/ctf_fit_to_A",
)
"""Columns of the table: scores by the names of RELION and CryoSPARC."""

WORDS = ("mic_001", "mic_002", "mic_010", "μ-4", "")
"""What stands in columns of text."""

_NAME_COLUMNS = (
    "State the columns that it reads: columns = (…) in the strategy; or give them as `columns`; "
    "text as Column(name, 'text') in Python, NAME:text on the command line."
)


class _Columns:
    """A table handle over plain arrays, a fresh copy at each reading."""

    def __init__(self, columns: dict[str, npt.NDArray[Any]]) -> None:
        self._columns = columns

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(self._columns)

    def read_column(self, name: str) -> npt.NDArray[Any]:
        return self._columns[name].copy()


class Crowd:
    """A particle table with the superclass of each particle.

    Parameters
    ----------
    class_id : int64 (P,)
        Superclass k has the classes 2k + 1 and 2k + 2.
    superclass : int64 (P,)
        −1 for particles that are out.
    columns : dict of str to (P,)
    """

    def __init__(
        self, class_id: IntArray, superclass: IntArray, columns: dict[str, npt.NDArray[Any]]
    ) -> None:
        self.class_id = class_id
        self.superclass = superclass
        self.columns = columns

    @property
    def particles(self) -> ParticleTable:
        return ParticleTable(self.class_id.copy(), _Columns(self.columns))

    def __len__(self) -> int:
        return len(self.class_id)

    def taken(self, rows: BoolArray | IntArray) -> Crowd:
        """The rows at a mask or at indices."""
        columns = {name: column[rows] for name, column in self.columns.items()}
        return Crowd(self.class_id[rows], self.superclass[rows], columns)

    def size(self, superclass: int) -> int:
        return int(np.count_nonzero(self.superclass == superclass))


class StrategySubject(Subject):
    """What the checks of a strategy are given.

    Parameters
    ----------
    written : Strategy
    name : str
    given : mapping, optional
        Options; by default those of the strategy.
    columns : sequence of str or Column
        Columns that the strategy reads beside those that it states.
    """

    kind = "strategy"

    def __init__(
        self,
        written: Any,
        name: str,
        given: Mapping[str, Any] | None = None,
        columns: Sequence[str | Column] = (),
    ) -> None:
        super().__init__(written, name, given)
        self._named = columns

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The columns of the table by name."""
        listed = (*SCORES, *self.plugin.columns, *self._named)
        columns = [one if isinstance(one, Column) else Column(one) for one in listed]
        return {column.name: column for column in columns}

    @cached_property
    def options(self) -> Any:
        """Its options, validated.

        Raises
        ------
        OptionError
            Also if they need a column that the table has not.
        """
        options = super().options
        try:
            self.plugin.complete(self.crowd().particles, options)
        except OptionError as error:
            raise OptionError(error.problem, hint=_NAME_COLUMNS) from error
        return options

    @property
    def has_default_options(self) -> bool:
        return bool(self.options == self.plugin.options_model())

    def crowd(self, sizes: Sequence[int] = SIZES, out: int = OUT, seed: int = 2) -> Crowd:
        """Superclasses of these sizes in random order, scores with ties and gaps."""
        rng = np.random.default_rng(seed)
        superclass = np.repeat(np.arange(-1, len(sizes)), (out, *sizes))
        rng.shuffle(superclass)
        class_id = np.where(
            superclass < 0, 1, 2 * superclass + 1 + rng.integers(0, 2, len(superclass))
        )
        columns = {
            name: _texts(rng, len(superclass))
            if column.kind == "text"
            else _scores(rng, len(superclass))
            for name, column in self.columns.items()
        }
        return Crowd(class_id.astype(np.int64), superclass.astype(np.int64), columns)

    def select(
        self,
        crowd: Crowd,
        cap: int,
        *,
        seed: int = 0,
        asked: list[int] | None = None,
        classes: Callable[[int], Sequence[int]] | None = None,
    ) -> BoolArray:
        """Ask the plugin as `rebalance.select` does.

        Parameters
        ----------
        asked : list, optional
            Gets the superclasses whose generator was asked for.
        classes : callable, optional
            Class numbers of a superclass; 2k + 1 and 2k + 2 by default.
        """
        of = classes or _classes

        def rng_for(number: int) -> np.random.Generator:
            if asked is not None:
                asked.append(int(number))
            return generator(seed, *sorted(of(int(number))))

        particles = crowd.particles
        try:
            options = self.plugin.complete(particles, self.options)
            return ask_which_stay(
                self.plugin,
                particles,
                crowd.superclass.copy(),
                cap,
                options,
                rng_for,
                self.name,
            )
        except ColumnError as error:
            raise OptionError(error.problem, hint=_NAME_COLUMNS) from error

    def places(self, crowd: Crowd) -> IntArray | None:
        """Ask the plugin for places as `rebalance.strategies.places` does, with seed 0."""
        particles = crowd.particles
        return ask_places(
            self.plugin,
            particles,
            crowd.superclass.copy(),
            self.plugin.complete(particles, self.options),
            lambda number: generator(0, *_classes(int(number))),
            self.name,
        )


def _scores(rng: np.random.Generator, n: int) -> npt.NDArray[Any]:
    scores = np.round(rng.random(n), 1)
    scores[rng.random(n) < 0.05] = np.nan
    return scores


def _texts(rng: np.random.Generator, n: int) -> npt.NDArray[Any]:
    return np.array(WORDS)[rng.integers(len(WORDS), size=n)]


def _classes(superclass: int) -> tuple[int, int]:
    return 2 * superclass + 1, 2 * superclass + 2
