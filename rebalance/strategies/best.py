"""Keeps the best-scoring particles of a crowded superclass."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from rebalance.contracts import Methods, Strategy
from rebalance.errors import OptionError
from rebalance.model import BoolArray, DoubleArray, IntArray, ParticleTable
from rebalance.options import Options, option
from rebalance.strategies.order import (
    QUOTA_HELP,
    QUOTA_WORDS,
    Quota,
    by_quota,
    classes_of,
    rows_by_group,
)

SCORES: dict[str, Literal["high", "low"]] = {
    "rlnMaxValueProbDistribution": "high",
    "alignments2D/error": "low",
    "alignments2D/cross_cor": "high",
    "alignments2D/class_posterior": "high",
    "alignments3D/error": "low",
    "alignments3D/cross_cor": "high",
    "rlnLogLikeliContribution": "high",
    "rlnAutopickFigureOfMerit": "high",
    "rlnCtfMaxResolution": "low",
    "pick_stats/ncc_score": "high",
    "ctf/ctf_fit_to_A": "low",
}
"""Score columns, and which end of each is good."""

DEFAULT_SCORES = ("rlnMaxValueProbDistribution", "alignments2D/error", "alignments3D/error")
"""The column of those who name none: the first of these that the table has."""

SCALES = ("alignments2D/alpha", "alignments3D/alpha")
"""The scale of each particle relative to the reference; neither end of it is good."""

_FOLLOWS = "depends on ice thickness"


class BestOptions(Options):
    """Options of `Best`."""

    column: str | None = option(
        None,
        "Score column; by default the first of these in the table: rlnMaxValueProbDistribution "
        "(RELION), alignments2D/error or alignments3D/error (CryoSPARC).",
    )
    direction: Literal["auto", "high", "low"] = option(
        "auto", "Which end of the score is good: high or low; auto knows the common columns."
    )
    quota: Quota = option("none", QUOTA_HELP)


class Best(Strategy):
    """Sorts each superclass by a score and keeps the first ``cap`` particles.

    Particles without a score (NaN) come last, equal scores in order of row. A selection with a
    smaller cap is part of one with a larger cap. With a quota, the
    sorted particles are put in its order first (`rebalance.strategies.order.by_quota`), within
    each half of the data where there are half sets.
    """

    options_model = BestOptions
    is_random = False

    def methods(self, options: BestOptions) -> Methods:
        """For a methods paragraph."""
        return Methods(
            f"those with the best {options.column or 'score'}{QUOTA_WORDS[options.quota]}"
        )

    def complete(self, particles: ParticleTable, options: BestOptions) -> BestOptions:
        """The options with column and direction decided from the table.

        Raises
        ------
        OptionError
            If the table has no such column, if the column holds no numbers, or if its good end
            has to be said.
        """
        column = _find_column(particles, options.column)
        direction = options.direction
        if direction == "auto":
            if column not in SCORES:
                why = f": it is a scale, which {_FOLLOWS}" if column in SCALES else ""
                raise OptionError(
                    f"It is not known whether high or low values of {column} are good{why}.",
                    hint="Give `strategy.direction=high` or `strategy.direction=low`.",
                )
            direction = SCORES[column]
        return BestOptions(column=column, direction=direction, quota=options.quota)

    def warnings(self, options: BestOptions) -> Sequence[str]:
        """That a scale tells of the ice as much as of the particle."""
        if options.column not in SCALES:
            return ()
        return (
            f"Particles are selected by {options.column}, their scale, which {_FOLLOWS}. This "
            "favors some micrographs over others, whatever the quality of their particles.",
        )

    def select(
        self,
        particles: ParticleTable,
        group: IntArray,
        cap: int,
        options: BestOptions,
        rng_for: Callable[[int], np.random.Generator],
    ) -> BoolArray:
        options = self.complete(particles, options)
        badness, classes = _badness(particles, options), classes_of(particles, options.quota)
        kept = np.zeros(len(group), dtype=np.bool_)
        for _, rows in rows_by_group(group):
            if len(rows) > cap:
                rows = _in_order(rows, classes, options, badness)
            kept[rows[:cap]] = True
        return kept

    def places(
        self,
        particles: ParticleTable,
        group: IntArray,
        options: BestOptions,
        rng_for: Callable[[int], np.random.Generator],
    ) -> IntArray:
        """Place of each particle in its sorted superclass."""
        options = self.complete(particles, options)
        badness, classes = _badness(particles, options), classes_of(particles, options.quota)
        place = np.full(len(group), -1, dtype=np.int64)
        for _, rows in rows_by_group(group):
            place[_in_order(rows, classes, options, badness)] = np.arange(len(rows))
        return place


def _badness(particles: ParticleTable, options: BestOptions) -> DoubleArray:
    score = _scores(particles, str(options.column))
    return -score if options.direction == "high" else score


def _in_order(
    rows: IntArray, classes: IntArray, options: BestOptions, badness: DoubleArray
) -> IntArray:
    # NumPy sorts NaN last; a stable sort leaves equal scores in order of row.
    rows = rows[np.argsort(badness[rows], kind="stable")]
    return by_quota(rows, classes[rows], options.quota)


def _find_column(particles: ParticleTable, column: str | None) -> str:
    names = particles.column_names
    if column is None:
        for name in DEFAULT_SCORES:
            if name in names:
                return name
        raise OptionError(
            "The strategy best needs a score, but the particle table has none of "
            f"{', '.join(DEFAULT_SCORES)}.",
            path=particles.path,
            hint=_choice(particles),
        )
    # RELION writes its column names with a leading underscore, in files only.
    for name in (column, column.removeprefix("_")):
        if name in names:
            return name
    near = difflib.get_close_matches(column, names, n=1)
    raise OptionError(
        f"The particle table has no column {column!r}"
        + (f"; did you mean {near[0]!r}?" if near else "."),
        path=particles.path,
        hint=_choice(particles),
    )


def _scores(particles: ParticleTable, column: str) -> DoubleArray:
    values = particles.column(column)
    if not _is_score(values):
        raise OptionError(
            f"The column {column} does not contain one number for each particle.",
            path=particles.path,
            hint=_choice(particles),
        )
    return values.astype(np.float64)


def _is_score(values: np.ndarray) -> bool:
    return values.ndim == 1 and values.dtype.kind in "iuf"


def _choice(particles: ParticleTable) -> str:
    numeric = [name for name in particles.column_names if _is_score(particles.column(name))]
    return f"Give `strategy.column=NAME`. Columns of numbers: {', '.join(numeric) or 'none'}."
