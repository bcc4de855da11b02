"""Runs a study: what is kept is not done again, what fails is recorded, and the rest goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rebalance.cache import AffinityCache
from rebalance.comparison.cell_store import CellStore
from rebalance.comparison.cells import Cell, group, key_of_cell, number_of
from rebalance.comparison.comparison_files import write_comparison
from rebalance.comparison.comparison_result import Comparison, collected
from rebalance.comparison.data_sets import (
    DataSet,
    LoadedDataSet,
    data_set_key,
    list_data_sets,
    load_data_set,
)
from rebalance.comparison.method_grid import ConfiguredPlugin, MethodGrid, expand
from rebalance.comparison.study import Study, read_study
from rebalance.comparison.study_folder import AFFINITIES, CELLS, DATA, locked
from rebalance.errors import OptionError, RebalanceError
from rebalance.model import Affinity
from rebalance.progress import Progress

_ROOM_FOR_AFFINITIES = 50 * 1000**3


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
    progress = progress or Progress()
    _check_computing(threads, device)
    if isinstance(study, Study):
        chosen, base = study, base or Path.cwd()
        place = Path("comparison" if folder is None else folder)
    else:
        path = Path(study)
        chosen, base = read_study(path), base or path.absolute().parent
        place = Path(path.stem if folder is None else folder)
    grid, data = expand(chosen), list_data_sets(chosen, base)
    with locked(place):
        runner = _StudyRunner(chosen, grid, place, threads, device, progress)
        cells, contents = runner.run(data)
        comparison = collected(chosen, cells, contents, runner.n_done, runner.n_kept, place)
        progress.stage("write", "Writing tables and figures")
        files = write_comparison(comparison, figures=figures)
        progress.stage("")
    return replace(comparison, files=files)


def _check_computing(threads: int | None, device: str) -> None:
    """What no cell could be done with is one mistake, not a failure of every cell."""
    if threads is not None and threads < 1:
        raise OptionError(f"`threads={threads}`, but at least 1 is needed.")
    if device not in ("auto", "cpu", "cuda"):
        raise OptionError(f"There is no device {device!r}.", hint="Choose auto, cpu or cuda.")


class _StudyRunner:
    """Goes through the cells, those of one data set and one affinity together."""

    def __init__(
        self,
        study: Study,
        grid: MethodGrid,
        folder: Path,
        threads: int | None,
        device: str,
        progress: Progress,
    ) -> None:
        self.study, self.grid, self.folder = study, grid, folder
        self.threads, self.device, self.progress = threads, device, progress
        self.kept = CellStore(folder / CELLS)
        self.cache = AffinityCache(folder / AFFINITIES, limit=_ROOM_FOR_AFFINITIES)
        self.n_done = self.n_kept = self._n_failed = 0
        self._total = 0

    def run(self, data: Sequence[DataSet]) -> tuple[list[Cell], list[Mapping[str, Any]]]:
        """Every cell with its scores or its error."""
        cells: list[Cell] = []
        contents: list[Mapping[str, Any]] = []
        self._total = sum(len(self._cells(one, "")) for one in data)
        self.progress.stage(
            "cells", f"Comparing ({self._total:,} cell{'s' if self._total != 1 else ''})"
        )
        for data_set in data:
            try:
                key = data_set_key(data_set)
            except Exception as error:
                mine, found = self._cells(data_set, "unreadable"), {"error": in_words(error)}
                cells += mine
                contents += [found] * len(mine)
                self._n_failed += len(mine)
                continue
            mine = self._cells(data_set, key)
            cells += mine
            contents += self._of_set(data_set, key, mine)
        return cells, contents

    def _cells(self, data_set: DataSet, data_key: str) -> list[Cell]:
        settings = {"factor": self.study.factor, "selections": self.study.selections}
        # A simulation has a seed of its own; the clustering takes the same.
        seeds = self.study.seeds_of(data_set.data) if data_set.seed is None else (data_set.seed,)
        return [
            Cell(
                data_set,
                combination,
                seed,
                self.grid.method_label(combination),
                key_of_cell(data_key, combination, seed, settings),
            )
            for combination in self.grid.combinations(self.study.numbers_of(data_set.data))
            for seed in seeds
        ]

    def _of_set(
        self, data_set: DataSet, key: str, cells: Sequence[Cell]
    ) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any] | None] = [self.kept.load(cell.key) for cell in cells]
        self.n_kept += sum(content is not None for content in found)
        missing = [at for at, content in enumerate(found) if content is None]
        self._advance()
        loaded: LoadedDataSet | None = None
        problem = ""
        if missing:
            try:
                loaded = load_data_set(data_set, key, self.folder / DATA)
            except Exception as error:
                problem = in_words(error)
        affinities: dict[str, Affinity | str] = {}
        scored: dict[Any, list[dict[str, Any]]] = {}
        for at in missing:
            content: Mapping[str, Any] = (
                {"error": problem}
                if loaded is None
                else self._of_cell(cells[at], loaded, affinities, scored)
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
        loaded: LoadedDataSet,
        affinities: dict[str, Affinity | str],
        scored: dict[Any, list[dict[str, Any]]],
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
            if same not in scored:
                evaluation = evaluate(
                    superclasses,
                    loaded.truth_for(affinity),
                    affinity=affinity,
                    particles=loaded.dataset.particles,
                    factor=self.study.factor,
                    strategy=strategy.name,
                    strategy_options=strategy.options,
                    oracle_superclasses=number,
                    seeds=self.study.selections,
                )
                scored[same] = [score.to_json() for score in evaluation.scores]
        except Exception as error:
            return {"error": in_words(error)}
        return {"n_superclasses": len(superclasses), "scores": scored[same]}

    def _affinity(
        self, metric: ConfiguredPlugin, loaded: LoadedDataSet, affinities: dict[str, Affinity | str]
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
