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

from rebalance.comparison.method_grid import variants
from rebalance.comparison.study import Data, Study
from rebalance.errors import InputError
from rebalance.evaluation.ground_truth_files import find_truth, read_truth
from rebalance.evaluation.matched_truth import Placed, place
from rebalance.model import Affinity, Dataset
from rebalance.options import parse_options


@dataclass(frozen=True)
class Instance:
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
class Loaded:
    """A data set that was read.

    Parameters
    ----------
    dataset : Dataset
    placed : Placed
        Its truth, placed for a metric with mirror images.
    truth_folder : Path
    """

    dataset: Dataset
    placed: Placed

    def placed_for(self, affinity: Affinity | None) -> Placed:
        """The truth for an affinity: with or without mirror images."""
        from rebalance.evaluation.evaluated_result import mirrors_of

        if mirrors_of(affinity):
            return self.placed
        return place(self.placed.truth, self.dataset.particles, mirrors=False)

    @property
    def n_groups(self) -> int | None:
        """Number of true groups, None where there are none."""
        group = self.placed.truth.group
        return None if not group else len(set(group.values()))


def instances(study: Study, folder: Path) -> list[Instance]:
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

    found: list[Instance] = []
    labels: list[str] = []
    for number, data in enumerate(study.data, start=1):
        if data.path is not None:
            labels.append(data.name or data.path.name)
            found.append(Instance(labels[-1], None, _resolved(data, folder), {}))
            continue
        for chosen, words in variants(study.simulation_of(data)):
            name = data.name or (f"simulation {number}" if len(study.data) > 1 else "simulation")
            labels.append(f"{name} {words}".strip())
            source = chosen.get("source")
            if isinstance(source, str):
                chosen["source"] = str(folder / source)
            if study.particles_per_average is not None and "n_particles" not in chosen:
                n_averages = chosen.get("n_averages", SimulationOptions().n_averages)
                chosen["n_particles"] = study.particles_per_average * n_averages
            for seed in study.seeds_of(data):
                options = parse_options(
                    SimulationOptions, {**chosen, "seed": seed}, owner="simulate", prefix="simulate"
                )
                found.append(Instance(labels[-1], seed, data, options.model_dump(mode="json")))
    again = next((label for label in labels if labels.count(label) > 1), None)
    if again is not None:
        raise InputError(
            f"Two data sets are called {again!r}.", location="key data", hint="Give them names."
        )
    _check_different(found)
    return found


def _check_different(found: Sequence[Instance]) -> None:
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
                hint="Leave one out; seeds draw simulations anew.",
            )


def _resolved(data: Data, folder: Path) -> Data:
    paths = {
        name: folder / getattr(data, name)
        for name in ("path", "class_averages", "truth")
        if getattr(data, name) is not None
    }
    return data.model_copy(update=paths)


def key_of(instance: Instance) -> str:
    """Digest of all that decides a data set: bytes of files, or options of the simulation.

    Raises
    ------
    RebalanceError
        If a file can't be read.
    """
    import rebalance

    if instance.data.path is None:
        content: dict[str, Any] = {
            "simulate": dict(instance.options),
            "version": rebalance.__version__,
        }
        if instance.options.get("source"):
            content["source"] = _digest(Path(str(instance.options["source"])))
    else:
        content = {
            "files": [_digest(path) for path in _files(instance)],
            "symmetry": instance.data.symmetry,
        }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _digest(path: Path) -> str:
    from rebalance.record.run_record import file_facts

    try:
        return str(file_facts(path)["sha256"])
    except OSError as error:
        raise InputError(f"It can't be read: {error.strerror or error}.", path=path) from error


def _files(instance: Instance) -> list[Path]:
    sources = _read(instance.data).sources
    truth = _truth_path(instance)
    of_truth = sorted(truth.glob("tru*")) if truth.is_dir() else [truth]
    return [*sources, *(path for path in of_truth if path.is_file())]


def _read(data: Data) -> Dataset:
    from rebalance import formats

    assert data.path is not None
    return formats.read(data.path, data.class_averages)


def _truth_path(instance: Instance) -> Path:
    data = instance.data
    if data.truth is None:
        return find_truth(data.path)
    if not data.truth.exists():
        raise InputError("There is no such file or folder.", path=data.truth)
    return data.truth


def load(instance: Instance, key: str, kept_in: Path) -> Loaded:
    """Read a data set, simulating it first where that was not done yet.

    Parameters
    ----------
    instance : Instance
    key : str
        From `key_of`.
    kept_in : Path
        Folder for simulations.

    Raises
    ------
    RebalanceError
        If it can't be read, simulated, or has no class averages.
    """
    if instance.data.path is not None:
        dataset = _read(instance.data)
        truth = read_truth(_truth_path(instance), symmetry=instance.data.symmetry)
    else:
        from rebalance import formats
        from rebalance.simulate.relion import JOB

        project = kept_in / key[:16]
        if not project.is_dir():
            _simulate(instance, project)
        dataset = formats.read(project / JOB)
        truth = read_truth(project)
    if dataset.class_averages is None:
        raise InputError("It has no class averages.", path=instance.data.path)
    return Loaded(dataset, place(truth, dataset.particles))


def _simulate(instance: Instance, project: Path) -> None:
    """Beside its place first, so that a kill leaves nothing half-made there."""
    from rebalance.simulate import simulate_class_averages, write_relion

    project.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{project.name}.", dir=project.parent))
    try:
        simulated = simulate_class_averages(dict(instance.options))
        write_relion(simulated, work)
        # mkdtemp makes a private folder; this one has the permissions of any new folder.
        mask = os.umask(0)
        os.umask(mask)
        work.chmod(0o777 & ~mask)
        work.rename(project)
    finally:
        shutil.rmtree(work, ignore_errors=True)
