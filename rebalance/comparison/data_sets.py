"""The data sets of a study: files that are there, or simulations made on the spot and kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rebalance.comparison.option_variants import variants
from rebalance.comparison.study import Data, Study
from rebalance.errors import InputError
from rebalance.evaluation.evaluated_result import mirrors_of
from rebalance.evaluation.ground_truth_files import find_truth, read_truth
from rebalance.evaluation.matched_truth import MatchedTruth, match_truth
from rebalance.model import Affinity, Dataset
from rebalance.options import parse_options


@dataclass(frozen=True)
class DataSet:
    """One data set: files, or the simulation of one seed.

    Parameters
    ----------
    label : str
        Shared by the simulations of all seeds.
    seed : int or None
        None for files.
    data : Data
    options : mapping
        Of the simulation, after defaults.
    """

    label: str
    seed: int | None
    data: Data
    options: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class LoadedDataSet:
    """A data set that was read.

    Parameters
    ----------
    dataset : Dataset
    matched : MatchedTruth
        Its truth, matched for a metric with mirror images.
    """

    dataset: Dataset
    matched: MatchedTruth

    def truth_for(self, affinity: Affinity | None) -> MatchedTruth:
        """The truth for an affinity: with or without mirror images."""
        if mirrors_of(affinity):
            return self.matched
        return match_truth(self.matched.truth, self.dataset.particles, mirrors=False)

    @property
    def n_groups(self) -> int | None:
        """Number of true groups, None where there are none."""
        group = self.matched.truth.group
        return None if not group else len(set(group.values()))


def list_data_sets(study: Study, folder: Path) -> list[DataSet]:
    """The data sets of a study, simulations once for each seed.

    Parameters
    ----------
    study : Study
    folder : Path
        Of the study file: what relative paths are relative to.

    Raises
    ------
    OptionError
        If an option of a simulation is out of range.
    InputError
        If two data sets have the same label, or are the same.
    """
    from rebalance.simulate import SimulationOptions

    found: list[DataSet] = []
    labels: list[str] = []
    for number, data in enumerate(study.data, start=1):
        if data.path is not None:
            labels.append(data.name or data.path.name)
            found.append(DataSet(labels[-1], None, _resolved(data, folder), {}))
            continue
        for chosen, words in variants(study.simulation_of(data)):
            name = data.name or (f"simulation {number}" if len(study.data) > 1 else "simulation")
            labels.append(f"{name} {words}".strip())
            source = chosen.get("source")
            if isinstance(source, str):
                chosen["source"] = str(folder / source)
            if study.particles_per_average is not None and "n_particles" not in chosen:
                n_averages = chosen.get("n_averages", SimulationOptions().n_averages)
                # Whatever else it is, the options of the simulation say so.
                if isinstance(n_averages, int):
                    chosen["n_particles"] = study.particles_per_average * n_averages
            for seed in study.seeds_of(data):
                options = parse_options(
                    SimulationOptions, {**chosen, "seed": seed}, owner="simulate", prefix="simulate"
                )
                found.append(DataSet(labels[-1], seed, data, options.model_dump(mode="json")))
    again = next((label for label in labels if labels.count(label) > 1), None)
    if again is not None:
        raise InputError(
            f"Two data sets are called {again!r}.", location="key data", hint="Give them names."
        )
    _check_different(found)
    return found


def _check_different(found: Sequence[DataSet]) -> None:
    """The same data under two names would count twice, and make intervals too narrow."""
    label_of: dict[str, str] = {}
    for one in found:
        source = one.options or one.data.model_dump(
            mode="json", exclude={"name", "n_superclasses", "seeds"}
        )
        first = label_of.setdefault(json.dumps(dict(source), sort_keys=True), one.label)
        if first != one.label:
            raise InputError(
                f"{first!r} and {one.label!r} are the same data.",
                location="key data",
                hint="Leave one out. To draw simulations anew, use seeds.",
            )


def _resolved(data: Data, folder: Path) -> Data:
    paths = {
        name: folder / getattr(data, name)
        for name in ("path", "class_averages", "truth")
        if getattr(data, name) is not None
    }
    return data.model_copy(update=paths)


def data_set_key(data_set: DataSet) -> str:
    """Digest of all that decides a data set: bytes of files, or options of the simulation.

    Raises
    ------
    RebalanceError
        If a file can't be read.
    """
    import rebalance

    if data_set.data.path is None:
        content: dict[str, Any] = {
            "simulate": dict(data_set.options),
            "version": rebalance.__version__,
        }
        if data_set.options.get("source"):
            content["source"] = _digest(Path(str(data_set.options["source"])))
    else:
        content = {
            "files": [_digest(path) for path in _files(data_set)],
            "symmetry": data_set.data.symmetry,
        }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _digest(path: Path) -> str:
    from rebalance.record.run_record import file_facts

    try:
        return str(file_facts(path)["sha256"])
    except OSError as error:
        raise InputError(f"It can't be read: {error.strerror or error}.", path=path) from error


def _files(data_set: DataSet) -> list[Path]:
    sources = _read(data_set.data).sources
    truth = _truth_path(data_set)
    of_truth = sorted(truth.glob("tru*")) if truth.is_dir() else [truth]
    return [*sources, *(path for path in of_truth if path.is_file())]


def _read(data: Data) -> Dataset:
    from rebalance import formats

    assert data.path is not None
    return formats.read(data.path, data.class_averages)


def _truth_path(data_set: DataSet) -> Path:
    data = data_set.data
    if data.truth is None:
        return find_truth(data.path)
    if not data.truth.exists():
        raise InputError("This file or folder does not exist.", path=data.truth)
    return data.truth


def load_data_set(data_set: DataSet, key: str, kept_in: Path) -> LoadedDataSet:
    """Read a data set, simulating it first where that was not done yet.

    Parameters
    ----------
    data_set : DataSet
    key : str
        From `data_set_key`.
    kept_in : Path
        Folder for simulations.

    Raises
    ------
    RebalanceError
        If it can't be read, simulated, or has no class averages.
    """
    if data_set.data.path is not None:
        dataset = _read(data_set.data)
        truth = read_truth(_truth_path(data_set), symmetry=data_set.data.symmetry)
    else:
        from rebalance import formats
        from rebalance.simulate.relion_writer import JOB

        project = kept_in / key[:16]
        if not project.is_dir():
            _simulate(data_set, project)
        dataset = formats.read(project / JOB)
        truth = read_truth(project)
    if dataset.class_averages is None:
        raise InputError("It has no class averages.", path=data_set.data.path)
    return LoadedDataSet(dataset, match_truth(truth, dataset.particles))


def _simulate(data_set: DataSet, project: Path) -> None:
    """Beside its place first, so that a kill leaves nothing half-made there."""
    from rebalance.simulate import simulate_class_averages, write_relion

    project.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{project.name}.", dir=project.parent))
    try:
        simulated = simulate_class_averages(dict(data_set.options))
        write_relion(simulated, work)
        # mkdtemp makes a private folder; this one has the permissions of any new folder.
        mask = os.umask(0)
        os.umask(mask)
        work.chmod(0o777 & ~mask)
        work.rename(project)
    finally:
        shutil.rmtree(work, ignore_errors=True)
