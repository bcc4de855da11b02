"""What a study gave: rows of scores, ranks of methods, and what failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.comparison.cells import Cell, rows_of
from rebalance.comparison.ranking import MethodScore, Ranking, rank_methods
from rebalance.comparison.study import Study
from rebalance.evaluation.scores import SCORES


@dataclass(frozen=True)
class Failure:
    """A cell that could not be done.

    Parameters
    ----------
    data, method : str
    error : str
    n_cells : int
        That failed of the same.
    """

    data: str
    method: str
    error: str
    n_cells: int = 1


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `compare` found.

    Parameters
    ----------
    study : Study
    rows : tuple of mapping
        One a cell and score, as in ``scores.csv``.
    ranks : mapping of score to Ranking
        Of the scores that the study names.
    failures : tuple of Failure
    n_cells, n_done, n_kept : int
        In all, done now, and kept from before.
    folder : Path
    """

    study: Study
    rows: tuple[Mapping[str, Any], ...]
    ranks: Mapping[str, Ranking]
    failures: tuple[Failure, ...]
    n_cells: int
    n_done: int
    n_kept: int
    folder: Path
    files: tuple[Path, ...] = field(default=())


def collected(
    study: Study,
    cells: Sequence[Cell],
    contents: Sequence[Mapping[str, Any]],
    n_done: int,
    n_kept: int,
    folder: Path,
) -> Comparison:
    """The comparison that cells and their contents (as of `rows_of`) are."""
    rows = [
        row for cell, content in zip(cells, contents, strict=True) for row in rows_of(cell, content)
    ]
    failures: dict[tuple[str, str, str], int] = {}
    for row in rows:
        if "error" in row:
            which = (str(row["data"]), str(row["method"]), str(row["error"]))
            failures[which] = failures.get(which, 0) + 1
    return Comparison(
        study=study,
        rows=tuple(rows),
        ranks={
            key: rank_methods(_method_scores(rows, key), SCORES[key].better or 1)
            for key in study.scores
        },
        failures=tuple(Failure(*which, n) for which, n in failures.items()),
        n_cells=len(cells),
        n_done=n_done,
        n_kept=n_kept,
        folder=folder,
    )


def _method_scores(rows: Sequence[Mapping[str, Any]], score: str) -> Iterator[MethodScore]:
    """Scores to be ranked: those of affinities by metric alone, whatever the clustering."""
    of_metric = score.startswith("affinity_")
    for row in rows:
        if row.get("score") not in (None, score) or (of_metric and row["metric"] is None):
            continue
        value = row.get("value")
        yield MethodScore(
            (row["data"], row["data_seed"]),
            "" if of_metric else row["n_superclasses_asked"],
            str(row["metric_label"] if of_metric else row["method"]),
            np.nan if value is None else float(value),
        )
