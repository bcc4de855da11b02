"""Files of a comparison: the tidy table, the ranks, a summary and figures."""

from __future__ import annotations

import csv
import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rebalance.comparison.comparison_result import Comparison
from rebalance.comparison.study_folder import FIGURES, RANKS_FILE, SCORES_FILE, SUMMARY_FILE
from rebalance.errors import OutputError
from rebalance.evaluation.scores import SCORES

SCORE_COLUMNS = (
    "data",
    "data_seed",
    "method",
    "metric",
    "metric_options",
    "clustering",
    "clustering_options",
    "strategy",
    "strategy_options",
    "seed",
    "n_superclasses_asked",
    "n_superclasses",
    "score",
    "value",
    "sd",
    "kept_low",
    "kept_high",
    "measured_on",
    "unit",
    "why_not",
    "error",
)
RANK_COLUMNS = (
    "score",
    "method",
    "mean",
    "mean_low",
    "mean_high",
    "rank",
    "rank_low",
    "rank_high",
    "data_sets",
)


def write_comparison(comparison: Comparison, *, figures: bool = True) -> tuple[Path, ...]:
    """Write ``scores.csv``, ``ranks.csv``, ``comparison.json`` and a figure for each score.

    Parameters
    ----------
    comparison : Comparison
    figures : bool

    Returns
    -------
    tuple of Path

    Raises
    ------
    OutputError
        If a file can't be written.
    """
    from rebalance.record.run_record import write_json

    folder = comparison.folder
    try:
        _table(folder / SCORES_FILE, SCORE_COLUMNS, comparison.rows)
        _table(folder / RANKS_FILE, RANK_COLUMNS, rank_rows(comparison))
        files = [folder / SCORES_FILE, folder / RANKS_FILE]
        if figures:
            files += _draw(comparison, folder / FIGURES)
        write_json(summary(comparison), folder / SUMMARY_FILE)
    except OSError as error:
        raise OutputError(
            f"The comparison can't be written: {error.strerror or error}.",
            path=error.filename or folder,
            hint="Correct that and run the same command again; finished cells are kept.",
        ) from error
    return (*files, folder / SUMMARY_FILE)


def rank_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """The rows of ``ranks.csv``: one a score and method, the best first."""
    return [
        {
            "score": key,
            "method": one.method,
            "mean": one.mean,
            "mean_low": one.low,
            "mean_high": one.high,
            "rank": one.rank,
            "rank_low": one.rank_low,
            "rank_high": one.rank_high,
            "data_sets": len(ranking.data_sets),
        }
        for key, ranking in comparison.ranks.items()
        for one in ranking.methods
    ]


def summary(comparison: Comparison) -> dict[str, Any]:
    """The content of ``comparison.json``; nothing in it depends on what was kept from before."""
    return {
        "study": comparison.study.model_dump(mode="json"),
        "cells": comparison.n_cells,
        "failed": [
            {
                "data": failure.data,
                "method": failure.method,
                "error": failure.error,
                "cells": failure.n_cells,
            }
            for failure in comparison.failures
        ],
        "ranks": [_without_nan(row) for row in rank_rows(comparison)],
        "comparisons_left_out": {
            key: ranking.n_left_out for key, ranking in comparison.ranks.items()
        },
        "friedman_p": {
            key: None if math.isnan(ranking.p_value) else ranking.p_value
            for key, ranking in comparison.ranks.items()
        },
    }


def _without_nan(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in row.items()
    }


def _table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    work = path.with_name(f".{path.name}.{os.getpid()}")
    with work.open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, columns, lineterminator="\n", restval="")
        table.writeheader()
        for row in rows:
            table.writerow({name: _cell(row[name]) for name in columns if name in row})
    os.replace(work, path)


def _cell(value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else value


def _draw(comparison: Comparison, folder: Path) -> list[Path]:
    from rebalance.figures import save
    from rebalance.figures.comparison import MethodRow, ranked_methods

    files: list[Path] = []
    for key, ranking in comparison.ranks.items():
        if not ranking.methods:
            continue
        kind = SCORES[key]
        names = [_set_name(one) for one in ranking.data_sets]
        figure = ranked_methods(
            [
                MethodRow(
                    one.method,
                    one.mean,
                    (one.low, one.high),
                    one.rank,
                    (one.rank_low, one.rank_high),
                    one.values,
                )
                for one in ranking.methods
            ],
            names,
            title=kind.title[0].upper() + kind.title[1:] + (" (°)" if kind.unit else ""),
            better=kind.better,
        )
        files += save(figure, folder, re.sub(r"\W", "_", key), pdf=True)
    return files


def _set_name(data_set: Any) -> str:
    """The label: simulations of all seeds have the same."""
    return str(data_set[0])
