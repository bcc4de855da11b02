"""One cell of a study: its key, its scores, and the file that keeps them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rebalance
from rebalance.comparison.data_sets import Instance, Loaded
from rebalance.comparison.grid import Combination
from rebalance.errors import OptionError, OutputError
from rebalance.model import Affinity, Classes, Superclasses

KEEP_VERSION = 1
"""Raised when the same cell would give other scores, so that kept ones are not found."""


@dataclass(frozen=True)
class Cell:
    """One method on one data set.

    Parameters
    ----------
    instance : Instance
    combination : Combination
    seed : int
        Of the clustering.
    method : str
        Label.
    key : str
        Digest of all that decides its scores.
    """

    instance: Instance
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


def number_of(cell: Cell, loaded: Loaded) -> int:
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
            'n_superclasses is "truth", and the truth has no groups.',
            hint="Give numbers of superclasses in the study.",
        )
    return loaded.n_groups


def group(cell: Cell, loaded: Loaded, affinity: Affinity | None) -> Superclasses:
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


class Kept:
    """The cells that are done, a file each.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def load(self, key: str) -> dict[str, Any] | None:
        """What was kept under a key; None if there is nothing, or if it is damaged."""
        try:
            content = json.loads(self.path_of(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        scores = content.get("scores") if isinstance(content, dict) else None
        whole = isinstance(scores, list) and all(
            isinstance(score, dict) and score.keys() >= {"score", "value"} for score in scores
        )
        return content if whole else None

    def store(self, key: str, content: Mapping[str, Any]) -> None:
        """Keep the scores of a cell; the file appears whole. OutputError if it can't."""
        from rebalance.record.run_record import write_json

        work = self.folder / f".{key}.{os.getpid()}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_json(content, work)
            os.replace(work, self.path_of(key))
        except OSError as error:
            raise OutputError(
                f"What is done can't be kept: {error.strerror or error}.",
                path=self.folder,
                hint="Mend that and type the command again; it goes on from here.",
            ) from error
        finally:
            with suppress(OSError):
                work.unlink(missing_ok=True)


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
        "data": cell.instance.label,
        "data_seed": cell.instance.seed,
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
