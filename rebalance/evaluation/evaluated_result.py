"""The result that is evaluated: superclasses, their affinity and particles, and the balance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rebalance import defaults
from rebalance.errors import InputError, RebalanceError
from rebalance.model import Affinity, Classes, ParticleTable, RunResult, Superclasses
from rebalance.strategies.small import CapFrom


@dataclass(frozen=True, eq=False)
class EvaluatedResult:
    """Superclasses to evaluate, and all that is known of how they came about.

    Parameters
    ----------
    superclasses : Superclasses
    affinity : Affinity, optional
    particles : ParticleTable, optional
    factor : str, optional
        Rebalance factor of the run.
    max_size : int, optional
        Largest superclass allowed by the run.
    cap_from : int or "auto"
        Particles from which a superclass decided the cap of the run.
    strategy : str
    strategy_options : mapping
    mirrors : bool
        Whether an average and its mirror image count as alike.
    name : str
        For titles.
    source : Path, optional
        Folder or file that it was read from.
    job : Path, optional
        The classification that was grouped.
    notes : tuple of str
        What could not be read, and why.
    """

    superclasses: Superclasses
    affinity: Affinity | None = None
    particles: ParticleTable | None = None
    factor: str | None = None
    max_size: int | None = None
    cap_from: CapFrom = "auto"
    strategy: str = defaults.STRATEGY
    strategy_options: Mapping[str, Any] = field(default_factory=dict)
    mirrors: bool = True
    name: str = "result"
    source: Path | None = None
    job: Path | None = None
    notes: tuple[str, ...] = ()


def result_of_run(result: RunResult) -> EvaluatedResult:
    """What `rebalance.run` gave, to be evaluated."""
    selection, summary = result.selection, result.summary
    balance = summary.get("balance") or {}
    return EvaluatedResult(
        superclasses=result.superclasses,
        affinity=result.affinity,
        particles=result.dataset.particles,
        factor=None if balance.get("factor") is None else str(balance["factor"]),
        max_size=balance.get("max_size"),
        cap_from=balance.get("cap_from", "auto"),
        strategy=defaults.STRATEGY if selection is None else selection.strategy,
        strategy_options={} if selection is None else selection.options,
        mirrors=mirrors_of(result.affinity),
        name=result.dataset.job if result.folder is None else result.folder.name,
        source=result.folder,
        job=result.dataset.sources[0] if result.dataset.sources else None,
    )


def mirrors_of(affinity: Affinity | None) -> bool:
    """Whether an affinity was made with mirror images; True where that is not known."""
    return True if affinity is None else bool(affinity.options.get("mirror", True))


def read_result(path: Path | str, job: Path | str | None = None) -> EvaluatedResult:
    """Read a result to evaluate.

    Parameters
    ----------
    path : Path or str
        Results folder of `rebalance run`, or a table of class numbers and labels
        (`rebalance.clusterings.labels.read_labels`).
    job : Path or str, optional
        The classification that was grouped, for its particles; a results folder names it itself.

    Raises
    ------
    InputError
        If it is neither.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(
            "This file or folder does not exist.",
            path=path,
            hint="Give a results folder of rebalance run, or a table of class_id and superclass.",
        )
    if path.is_dir() or path.name == "run.json":
        return _read_folder(path if path.is_dir() else path.parent, job)
    from rebalance.clusterings.labels import read_labels

    labels = read_labels(path)
    return _grouped(labels, None, job, path, ())


def _read_folder(folder: Path, job: Path | str | None) -> EvaluatedResult:
    from rebalance.clusterings.labels import read_labels
    from rebalance.record.affinity_file import read_affinity
    from rebalance.record.results_folder import AFFINITY_FILE, SUPERCLASS_TABLE
    from rebalance.record.run_record import read_record
    from rebalance.settings import RunSettings

    if not (folder / SUPERCLASS_TABLE).is_file():
        raise InputError(
            f"It has no {SUPERCLASS_TABLE}.",
            path=folder,
            hint="Give a results folder of rebalance run, or a table of class_id and superclass.",
        )
    labels = read_labels(folder / SUPERCLASS_TABLE)
    affinity = read_affinity(folder / AFFINITY_FILE) if (folder / AFFINITY_FILE).is_file() else None
    notes = () if affinity is not None else (f"There is no {AFFINITY_FILE} in {folder.name}.",)
    if not (folder / "run.json").is_file():
        return _grouped(labels, affinity, job, folder, notes)
    request = RunSettings.from_json(read_record(folder)["request"])
    strategy = {
        "factor": request.factor,
        "max_size": request.max_size,
        "cap_from": request.decides_from,
        "strategy": request.strategy,
        "strategy_options": request.options_of("strategy"),
    }
    return _grouped(labels, affinity, job or request, folder, notes, **strategy)


def _grouped(
    labels: Mapping[int, str],
    affinity: Affinity | None,
    job: Any,
    source: Path,
    notes: tuple[str, ...],
    **balance: Any,
) -> EvaluatedResult:
    from rebalance.clusterings import from_labels
    from rebalance.model.class_numbers import count_classes

    particles, problem = _particles(job)
    class_id = np.array(sorted(labels), dtype=np.int64) if affinity is None else affinity.class_id
    counts = None
    if particles is not None:
        found = count_classes(particles.class_id)
        counts = np.array([found.get(int(number), 0) for number in class_id], dtype=np.int64)
        if not counts.any():
            raise InputError(
                "None of its class numbers is in the particle table.",
                path=source,
                location=f"classes {class_id.min()} to {class_id.max()}",
                hint="Give the classification that was grouped as `job`"
                + (f", instead of {job}." if isinstance(job, str | Path) else "."),
            )
    is_empty = None if affinity is None else affinity.is_empty
    superclasses = from_labels(Classes.of(class_id, counts, is_empty=is_empty), labels, affinity)
    return EvaluatedResult(
        superclasses=superclasses,
        affinity=affinity,
        particles=particles,
        mirrors=mirrors_of(affinity),
        name=source.name if source.is_dir() else source.stem,
        source=source,
        job=_path_of(job),
        notes=(*notes, problem) if problem else notes,
        **balance,
    )


def _path_of(job: Any) -> Path | None:
    if job is None:
        return None
    return Path(job) if isinstance(job, str | Path) else Path(job.path)


def _particles(job: Any) -> tuple[ParticleTable | None, str]:
    """The particle table of a classification, or why there is none."""
    from rebalance import formats

    if job is None:
        return None, ""
    if isinstance(job, str | Path):
        return formats.read(job, need_class_averages=False).particles, ""
    try:
        dataset = formats.read(
            job.path,
            job.class_averages,
            format=job.format,
            passthrough=job.passthrough,
            project=job.project,
            pixel_size=job.pixel_size,
            need_class_averages=False,
        )
    except RebalanceError as error:
        # The particles may be gone since; labels and affinity can be scored without them.
        return None, f"The particles of the run can't be read: {error.problem}"
    return dataset.particles, ""
