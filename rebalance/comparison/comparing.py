"""Runs a study: what is kept is not done again, what fails is recorded, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.cache import AffinityCache
from rebalance.comparison.cells import Cell, Kept, group, key_of_cell, number_of, rows_of
from rebalance.comparison.claim import CELLS, claimed
from rebalance.comparison.data_sets import Instance, Loaded, instances, key_of, load
from rebalance.comparison.grid import Grid, Plugin, expand
from rebalance.comparison.ranks import Found, Ranking, rank_methods
from rebalance.comparison.study import Study, read_study
from rebalance.errors import OptionError, RebalanceError
from rebalance.evaluation.evaluation import SCORES
from rebalance.model import Affinity
from rebalance.progress import Progress

DATA, AFFINITIES = "data", "affinities"
_ROOM_FOR_AFFINITIES = 50 * 1000**3


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


def compare(
    study: Path | str | Study,
    folder: Path | str | None = None,
    *,
    base: Path | None = None,
    threads: int | None = None,
    device: str = "auto",
    figures: bool = True,
    progress: Progress | None = None,
) -> Comparison:
    """Run what a study says, and rank its methods.

    Each finished cell is kept at once, under a key of all that decides its scores; the same call
    goes on after a kill, and a study with one more method runs only that.

    Parameters
    ----------
    study : path or Study
    folder : path, optional
        For everything that is kept and written; the name of the study file without its ending,
        in the current folder, when not given.
    base : Path, optional
        What relative paths are relative to; the folder of the study file by default.
    threads : int, optional
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    figures : bool
    progress : Progress, optional

    Returns
    -------
    Comparison

    Raises
    ------
    InputError, OptionError, PluginError
        If the study can't be run at all; what fails in a cell is among the failures.
    OutputError
        If the folder is not to be had.
    """
    from rebalance.comparison.outputs import write_comparison

    progress = progress or Progress()
    _check_computing(threads, device)
    if isinstance(study, Study):
        chosen, base = study, base or Path.cwd()
        place = Path("comparison" if folder is None else folder)
    else:
        path = Path(study)
        chosen, base = read_study(path), base or path.absolute().parent
        place = Path(path.stem if folder is None else folder)
    grid, data = expand(chosen), instances(chosen, base)
    with claimed(place):
        worker = _Worker(chosen, grid, place, threads, device, progress)
        cells, contents = worker.run(data)
        comparison = _collected(chosen, cells, contents, worker, place)
        progress.stage("write", "Writing tables and figures")
        files = write_comparison(comparison, figures=figures)
        progress.stage("")
    return replace(comparison, files=files)


def _check_computing(threads: int | None, device: str) -> None:
    """What no cell could be done with is one mistake, not a failure of every cell."""
    if threads is not None and threads < 1:
        raise OptionError(f"--threads is {threads}; at least 1 was expected.")
    if device not in ("auto", "cpu", "cuda"):
        raise OptionError(f"There is no device {device!r}.", hint="Choose auto, cpu or cuda.")


class _Worker:
    """Goes through the cells, those of one data set and one affinity together."""

    def __init__(
        self,
        study: Study,
        grid: Grid,
        folder: Path,
        threads: int | None,
        device: str,
        progress: Progress,
    ) -> None:
        self.study, self.grid, self.folder = study, grid, folder
        self.threads, self.device, self.progress = threads, device, progress
        self.kept = Kept(folder / CELLS)
        self.cache = AffinityCache(folder / AFFINITIES, limit=_ROOM_FOR_AFFINITIES)
        self.n_done = self.n_kept = self._n_failed = 0
        self._total = 0

    def run(self, data: Sequence[Instance]) -> tuple[list[Cell], list[Mapping[str, Any]]]:
        """Every cell with its scores or its error."""
        cells: list[Cell] = []
        contents: list[Mapping[str, Any]] = []
        self._total = sum(len(self._cells(one, "")) for one in data)
        self.progress.stage(
            "cells", f"Comparing ({self._total:,} cell{'s' if self._total != 1 else ''})"
        )
        for instance in data:
            try:
                key = key_of(instance)
            except Exception as error:
                mine, found = self._cells(instance, "unreadable"), {"error": in_words(error)}
                cells += mine
                contents += [found] * len(mine)
                self._n_failed += len(mine)
                continue
            mine = self._cells(instance, key)
            cells += mine
            contents += self._of_set(instance, key, mine)
        return cells, contents

    def _cells(self, instance: Instance, data_key: str) -> list[Cell]:
        settings = {"factor": self.study.factor, "selections": self.study.selections}
        # A simulation has a seed of its own; the clustering takes the same.
        seeds = self.study.seeds_of(instance.data) if instance.seed is None else (instance.seed,)
        return [
            Cell(
                instance,
                combination,
                seed,
                self.grid.method_label(combination),
                key_of_cell(data_key, combination, seed, settings),
            )
            for combination in self.grid.combinations(self.study.numbers_of(instance.data))
            for seed in seeds
        ]

    def _of_set(
        self, instance: Instance, key: str, cells: Sequence[Cell]
    ) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any] | None] = [self.kept.load(cell.key) for cell in cells]
        self.n_kept += sum(content is not None for content in found)
        missing = [at for at, content in enumerate(found) if content is None]
        self._advance()
        loaded: Loaded | None = None
        problem = ""
        if missing:
            try:
                loaded = load(instance, key, self.folder / DATA)
            except Exception as error:
                problem = in_words(error)
        affinities: dict[str, Affinity | str] = {}
        judged: dict[Any, list[dict[str, Any]]] = {}
        for at in missing:
            content: Mapping[str, Any] = (
                {"error": problem}
                if loaded is None
                else self._of_cell(cells[at], loaded, affinities, judged)
            )
            if "error" not in content:
                self.kept.store(cells[at].key, content)
                self.n_done += 1
            else:
                self._n_failed += 1
            found[at] = content
            self._advance()
        return [content for content in found if content is not None]

    def _advance(self) -> None:
        self.progress.advance(self.n_done + self.n_kept + self._n_failed, self._total)

    def _of_cell(
        self,
        cell: Cell,
        loaded: Loaded,
        affinities: dict[str, Affinity | str],
        judged: dict[Any, list[dict[str, Any]]],
    ) -> Mapping[str, Any]:
        """Scores, or the error, whatever it is: a third-party plugin must not end the study."""
        from rebalance.evaluation import evaluate

        metric, strategy = cell.combination.metric, cell.combination.strategy
        try:
            affinity = None if metric is None else self._affinity(metric, loaded, affinities)
            if isinstance(affinity, str):
                return {"error": affinity}
            number, superclasses = number_of(cell, loaded), group(cell, loaded, affinity)
            same = (
                number,
                "" if metric is None else metric.label,
                strategy.label,
                superclasses.label.tobytes(),
            )
            if same not in judged:
                evaluation = evaluate(
                    superclasses,
                    loaded.placed_for(affinity),
                    affinity=affinity,
                    particles=loaded.dataset.particles,
                    factor=self.study.factor,
                    strategy=strategy.name,
                    strategy_options=strategy.options,
                    oracle_superclasses=number,
                    seeds=self.study.selections,
                )
                judged[same] = [score.to_json() for score in evaluation.scores]
        except Exception as error:
            return {"error": in_words(error)}
        return {"n_superclasses": len(superclasses), "scores": judged[same]}

    def _affinity(
        self, metric: Plugin, loaded: Loaded, affinities: dict[str, Affinity | str]
    ) -> Affinity | str:
        """One for each metric and data set; or why there is none."""
        from rebalance import engine

        if metric.label not in affinities:
            assert loaded.dataset.class_averages is not None
            try:
                affinities[metric.label] = engine.affinity(
                    loaded.dataset.class_averages,
                    metric.name,
                    options=metric.options,
                    threads=self.threads,
                    device=self.device,
                    cache=self.cache,
                )
            except Exception as error:
                affinities[metric.label] = in_words(error)
        return affinities[metric.label]


def in_words(error: Exception) -> str:
    """An error on one line."""
    if isinstance(error, RebalanceError):
        return " ".join(str(error).split())
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _collected(
    study: Study,
    cells: Sequence[Cell],
    contents: Sequence[Mapping[str, Any]],
    worker: _Worker,
    folder: Path,
) -> Comparison:
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
            key: rank_methods(_found(rows, key), SCORES[key].better or 1) for key in study.scores
        },
        failures=tuple(Failure(*which, n) for which, n in failures.items()),
        n_cells=len(cells),
        n_done=worker.n_done,
        n_kept=worker.n_kept,
        folder=folder,
    )


def _found(rows: Sequence[Mapping[str, Any]], score: str) -> Iterator[Found]:
    """Scores to be ranked: those of affinities by metric alone, whatever the clustering."""
    of_metric = score.startswith("affinity_")
    for row in rows:
        if row.get("score") not in (None, score) or (of_metric and row["metric"] is None):
            continue
        value = row.get("value")
        yield Found(
            (row["data"], row["data_seed"]),
            "" if of_metric else row["n_superclasses_asked"],
            str(row["metric_label"] if of_metric else row["method"]),
            np.nan if value is None else float(value),
        )
