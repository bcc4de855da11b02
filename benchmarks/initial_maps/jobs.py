"""Simulated jobs on disk, each with what every condition uses of it; made once."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

import rebalance
from benchmarks.initial_maps.align_map import Volume
from benchmarks.initial_maps.particles import (
    ALL,
    FACTORS,
    FROM_VIEWS,
    SETTINGS,
    UNIFORM,
    kept_of,
    superclasses_at,
)
from benchmarks.initial_maps.relion import digest
from benchmarks.initial_maps.start_map import start_map
from benchmarks.paths import ROOT, write_json
from benchmarks.poses import density
from benchmarks.uncurated import digest_of
from rebalance.model import BoolArray
from rebalance.simulate import SimulatedClassification, simulate_class_averages, write_relion
from rebalance.simulate.blobs import Blobs

VIEWS_ITSELF = "the map of views itself"
"""A condition in which RELION has no part."""
Models = dict[str, tuple[BoolArray, Volume | None]]


@dataclass(frozen=True, eq=False)
class Job:
    """One simulated job on disk.

    Parameters
    ----------
    seed : int
    project, table : Path
        RELION's project folder and the table of all particles.
    digest : str
        Of the particles.
    models : mapping of condition to (bool (P,), float64 (L, L, L) or None)
        The particles it uses, and the map it starts from.
    molecule : Blobs
    box : int
    voxel_size : float
        Å.
    facts : mapping
        Of the balancing, for the record.
    """

    seed: int
    project: Path
    table: Path
    digest: str
    models: Models
    molecule: Blobs
    box: int
    voxel_size: float
    facts: dict[str, Any]

    @cached_property
    def truth(self) -> Volume:
        """The molecule."""
        return density(self.molecule, self.box, self.voxel_size)

    @property
    def radius(self) -> float:
        """Of the molecule, voxels."""
        return self.molecule.diameter / self.voxel_size / 2


def job_of(seed: int, work: Path, *, is_even: bool = False) -> Job:
    """The job of a seed, as it was left in the work folder or made now.

    Parameters
    ----------
    seed : int
    work : Path
    is_even : bool
        Without preferred views: what can be reached.
    """
    settings = {**SETTINGS, "seed": seed, **({"preferred_share": 0.0} if is_even else {})}
    source = digest_of(ROOT / "rebalance", Path(__file__).with_name("particles.py"))
    project = work / f"job_{digest(json.dumps([settings, source]).encode())}"
    done = project / "job.json"
    if not done.is_file():
        shutil.rmtree(project, ignore_errors=True)
        simulated = simulate_class_averages(settings)
        files = write_relion(simulated, project)
        models, facts = _models(simulated, files.job, is_even)
        arrays: dict[str, Any] = {name: rows for name, (rows, _) in models.items()}
        np.savez(project / "rows.npz", **arrays)
        for name, (_, start) in models.items():
            if start is not None:
                np.save(_start_file(project, name), start)
        images = simulated.particle_images
        assert images is not None
        content = json.dumps(settings).encode() + images.tobytes()
        kept = {"table": str(files.data), "digest": digest(content), "facts": facts}
        write_json(kept, done)
    kept = json.loads(done.read_text(encoding="utf-8"))
    with np.load(project / "rows.npz") as rows:
        found: Models = {name: (rows[name], _start(project, name)) for name in rows.files}
    for chosen, start in [one for one in found.values() if one[1] is not None][:1]:
        found[VIEWS_ITSELF] = (chosen, start)
    molecule = rebalance.simulate.load_molecule(settings).density
    assert isinstance(molecule, Blobs)
    size = float(settings["pixel_size"])
    return Job(
        seed, project, Path(kept["table"]), kept["digest"], found, molecule, settings["box"], size,
        kept["facts"],
    )  # fmt: skip


def _models(
    simulated: SimulatedClassification, job: Path, is_even: bool
) -> tuple[Models, dict[str, Any]]:
    seed = simulated.options.seed
    if is_even:
        return {UNIFORM: (np.ones(len(simulated.particle_class), dtype=np.bool_), None)}, {}
    kept = kept_of(rebalance.read(job), simulated.particle_view, seed)
    models: Models = {name: (rows, None) for name, rows in kept.rows.items()}
    trusted = kept.views is not None and kept.views.trusted
    if kept.views is not None and trusted:
        start = start_map(simulated.class_averages, kept.views)
        for name in (ALL, superclasses_at(FACTORS[0])):
            models[f"{name}, {FROM_VIEWS}"] = (kept.rows[name], start)
    return models, {"seed": seed, "superclasses": kept.n_superclasses, "trusted": trusted}


def _start_file(project: Path, name: str) -> Path:
    return project / f"start_{digest(name.encode())}.npy"


def _start(project: Path, name: str) -> Volume | None:
    path = _start_file(project, name)
    return np.load(path) if path.is_file() else None
