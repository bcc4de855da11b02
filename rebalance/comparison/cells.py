"""One cell of a study: its key, its superclasses, and its rows in the table of scores."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import rebalance
from rebalance.comparison.data_sets import DataSet, LoadedDataSet
from rebalance.comparison.method_grid import Combination
from rebalance.errors import OptionError
from rebalance.model import Affinity, Classes, Superclasses

KEEP_VERSION = 1
"""Raised when the same cell would give different scores, so that old ones are not found."""


@dataclass(frozen=True)
class Cell:
    """One method on one data set.

    Parameters
    ----------
    data_set : DataSet
    combination : Combination
    seed : int
        Of the clustering.
    method : str
        Label.
    key : str
        Digest of all that decides its scores.
    """

    data_set: DataSet
    combination: Combination
    seed: int
    method: str
    key: str


def key_of_cell(
    data_key: str, combination: Combination, seed: int, settings: Mapping[str, Any]
) -> str:
    """SHA-256 of data, plugins with versions and options, and settings.

    Parameters
    ----------
    data_key : str
    combination : Combination
    seed : int
    settings : mapping
        Of the study: factor, selections.
    """
    metric = combination.metric
    content = {
        "keep": KEEP_VERSION,
        "rebalance": rebalance.__version__,
        "data": data_key,
        "metric": None if metric is None else metric.identity,
        "clustering": combination.clustering.identity,
        "strategy": combination.strategy.identity,
        "n_superclasses": combination.n_superclasses,
        "seed": seed,
        **settings,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def number_of(cell: Cell, loaded: LoadedDataSet) -> int:
    """The number of superclasses of a cell.

    Raises
    ------
    OptionError
        If it is that of the true groups, and there are none.
    """
    number = cell.combination.n_superclasses
    if isinstance(number, int):
        return number
    if loaded.n_groups is None:
        raise OptionError(
            'n_superclasses is "truth", but the truth has no groups.',
            hint="Give numbers of superclasses in the study.",
        )
    return loaded.n_groups


def group(cell: Cell, loaded: LoadedDataSet, affinity: Affinity | None) -> Superclasses:
    """The superclasses of a cell.

    Raises
    ------
    RebalanceError
        If they can't be made.
    """
    from rebalance.clusterings import cluster_classes

    averages = loaded.dataset.class_averages
    assert averages is not None
    plugin = cell.combination.clustering
    return cluster_classes(
        Classes(averages.class_id, averages.n_particles, averages.is_empty),
        affinity,
        number_of(cell, loaded) if plugin.takes_number else None,
        clustering=plugin.name,
        options=plugin.options,
        seed=cell.seed,
    )


def rows_of(cell: Cell, content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of the table that a cell gives: one a score, or one with the error.

    Parameters
    ----------
    cell : Cell
    content : mapping
        ``n_superclasses``, ``scores`` as `Score.to_json`; or ``error``.
    """
    metric = cell.combination.metric
    row = {
        "data": cell.data_set.label,
        "data_seed": cell.data_set.seed,
        "method": cell.method,
        "metric": None if metric is None else metric.name,
        "metric_label": None if metric is None else metric.label,
        "metric_options": None if metric is None else _as_text(metric.options),
        "clustering": cell.combination.clustering.name,
        "clustering_options": _as_text(cell.combination.clustering.options),
        "strategy": cell.combination.strategy.name,
        "strategy_options": _as_text(cell.combination.strategy.options),
        "seed": cell.seed,
        "n_superclasses_asked": cell.combination.n_superclasses,
        "n_superclasses": content.get("n_superclasses"),
    }
    if "error" in content:
        yield row | {"error": content["error"]}
        return
    for score in content["scores"]:
        yield row | dict(score)


def _as_text(options: Mapping[str, Any]) -> str:
    return json.dumps(dict(options), sort_keys=True, ensure_ascii=False)
