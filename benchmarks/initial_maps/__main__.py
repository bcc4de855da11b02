"""Ab initio maps before and after balancing: is the map better, and by how much?

    python -m benchmarks.initial_maps [--seeds 5] [--jobs 1] [--work FOLDER]

Particles with two preferred views are simulated; RELION makes an initial model, by stochastic
gradient descent from nothing, of all of them, of those that balancing by superclasses keeps, of as
many balanced by the true views, and of as many at random, with the same seed each time. Each map
is laid on the molecule, its hand left free, and compared with it. "No effect" is a result like any
other.

Maps and scores are kept in the work folder, so that a run goes on where it was stopped. RELION 3.1
has to be there.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

import rebalance
from benchmarks.initial_maps import align_map, relion, scores
from benchmarks.initial_maps.align_map import Volume
from benchmarks.initial_maps.particles import (
    ALL,
    FACTORS,
    FROM_VIEWS,
    SETTINGS,
    UNIFORM,
    kept_of,
    random_at,
    superclasses_at,
    true_views_at,
)
from benchmarks.initial_maps.pictures import draw
from benchmarks.initial_maps.start_map import start_map
from benchmarks.initial_maps.summary import MEASURES, said, summary
from benchmarks.paths import RESULTS, ROOT, write_json
from benchmarks.poses import density
from benchmarks.results_table import machine
from rebalance.model import BoolArray
from rebalance.simulate import SimulatedClassification, simulate_class_averages, write_relion
from rebalance.simulate.blobs import Blobs
from rebalance.simulate.relion_writer import RelionFiles

FIRST_SEED = 101
WORK = RESULTS / "full" / "initial_maps"


@dataclass(frozen=True, eq=False)
class Job:
    """One simulated job on disk, and the particles and start of each condition.

    Parameters
    ----------
    seed : int
    simulated : SimulatedClassification
    digest : str
        Of the particles.
    files : RelionFiles
    models : mapping of condition to (rows, start)
    facts : mapping
        Of the balancing, for the record.
    """

    seed: int
    simulated: SimulatedClassification
    digest: str
    files: RelionFiles
    models: dict[str, tuple[BoolArray, Volume | None]]
    facts: dict[str, Any]

    @cached_property
    def truth(self) -> Volume:
        """The molecule."""
        molecule = self.simulated.molecule.density
        assert isinstance(molecule, Blobs)
        return density(molecule, self.simulated.options.box, self.simulated.optics.pixel_size)

    @property
    def radius(self) -> float:
        """Of the molecule, voxels."""
        return self.simulated.molecule.diameter / self.simulated.optics.pixel_size / 2


def uneven(seed: int, work: Path) -> Job:
    """A job with preferred views."""
    simulated, digest, files = _written({**SETTINGS, "seed": seed}, work)
    kept = kept_of(rebalance.read(files.job), simulated.particle_view, seed)
    models: dict[str, tuple[BoolArray, Volume | None]] = {
        name: (rows, None) for name, rows in kept.rows.items()
    }
    if kept.views.trusted:
        start = start_map(simulated.class_averages, kept.views)
        for name in (ALL, superclasses_at(FACTORS[0])):
            models[f"{name}, {FROM_VIEWS}"] = (kept.rows[name], start)
    facts = {"seed": seed, "superclasses": kept.n_superclasses, "trusted": kept.views.trusted}
    return Job(seed, simulated, digest, files, models, facts)


def even(seed: int, work: Path) -> Job:
    """A job without preferred views: what can be reached."""
    simulated, digest, files = _written({**SETTINGS, "preferred_share": 0.0, "seed": seed}, work)
    rows = np.ones(len(simulated.particle_class), dtype=np.bool_)
    return Job(seed, simulated, digest, files, {UNIFORM: (rows, None)}, {})


def _written(
    settings: dict[str, Any], work: Path
) -> tuple[SimulatedClassification, str, RelionFiles]:
    """A simulated job, and where it is on disk: as it was left there, or written now."""
    simulated = simulate_class_averages(settings)
    images = simulated.particle_images
    assert images is not None
    digest = relion.digest(json.dumps(settings).encode() + images.tobytes())
    project = work / f"job_{digest}"
    files = project / "files.json"
    if not files.is_file():
        shutil.rmtree(project, ignore_errors=True)
        write_json([str(path) for path in write_relion(simulated, project)], files)
    return simulated, digest, RelionFiles(*map(Path, json.loads(files.read_text(encoding="utf-8"))))


def result_of(job: Job, condition: str, work: Path, version: str) -> dict[str, Any]:
    """The scores of one model: kept, or made now."""
    rows, start = job.models[condition]
    recipe = relion.Recipe(
        job=job.digest,
        chosen=relion.digest(rows.tobytes()),
        seed=job.seed,
        diameter=round(1.1 * job.simulated.molecule.diameter),
        start="" if start is None else relion.digest(start.astype(np.float32).tobytes()),
        version=version,
    )
    source = b"".join(Path(str(one.__file__)).read_bytes() for one in (align_map, scores))
    kept = work / f"{recipe.name}_{relion.digest(source)}.json"
    if not kept.is_file():
        began = time.monotonic()
        volume = relion.map_of(recipe, job.files.project, job.files.data, rows, start, work)
        made = time.monotonic() - began
        found, laid = scores.score(volume, job.truth, job.simulated.optics.pixel_size, job.radius)
        np.save(work / f"{recipe.name}.npy", laid.astype(np.float32))
        row = {
            "condition": condition,
            "seed": job.seed,
            "particles": int(rows.sum()),
            "seconds": round(made),
            "map": f"{recipe.name}.npy",
            **found.as_json(),
        }
        write_json(row, kept)
        print(f"seed {job.seed} {condition:52s} {show(row)} {made:.0f} s", flush=True)
    return dict(json.loads(kept.read_text(encoding="utf-8")))


def show(row: dict[str, Any]) -> str:
    """The scores of one model."""
    return (
        f"{row['particles']:5d} particles, {row['resolution']:5.1f} Å, area {row['area']:.2f}, "
        f"cFAR {row['cfar']:.2f}, streaks {row['streaks']:.2f}"
    )


def order(jobs: list[Job]) -> Iterator[tuple[Job, str]]:
    """What to make first: what says most."""
    first = [UNIFORM, ALL]
    for factor in FACTORS:
        first += [superclasses_at(factor), random_at(factor), true_views_at(factor)]
    last = [name for job in jobs for name in job.models if name not in first]
    for condition in [*first, *dict.fromkeys(last)]:
        for job in jobs:
            if condition in job.models:
                yield job, condition


def table(rows: list[dict[str, Any]]) -> str:
    """What is printed in the end."""
    lines = []
    for row in rows:
        lines.append(f"{row['condition']} ({row['particles']:,} particles, {row['seeds']} seeds)")
        for label, of in (
            ("", row),
            ("− all", row["to_all"]),
            ("− as many at random", row["to_random"]),
        ):
            if of is not None:
                cells = [f"{m} {said(of[m], d, sign=bool(label))}" for m, d in MEASURES.items()]
                lines.append(f"    {label:20s} {'   '.join(cells)}")
    return "\n".join(lines)


def main() -> None:
    """Make what is not there yet, print the table, write results and picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--jobs", type=int, default=1, help="models that RELION makes at once")
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--json", type=Path, default=RESULTS / "initial_maps.json")
    parser.add_argument("--picture", type=Path, default=ROOT / "docs/images/initial_maps.png")
    asked = parser.parse_args()
    version = relion.version()
    if not version:
        print(f"skipped: {relion.PROGRAM} is not installed")
        return
    work = asked.work.resolve()
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    jobs = [make(seed, work) for make in (even, uneven) for seed in seeds]
    with ThreadPoolExecutor(asked.jobs) as pool:
        make_one = partial(result_of, work=work, version=version)
        rows = list(pool.map(lambda one: make_one(*one), order(jobs)))
    summed = summary(rows)
    print(table(summed))
    write_json(
        {
            "machine": machine(),
            "relion": version,
            "options": relion.OPTIONS,
            "settings": SETTINGS,
            "jobs": [job.facts for job in jobs if job.facts],
            "rows": summed,
            "models": rows,
        },
        asked.json,
    )
    draw(
        rows,
        {row["map"]: np.load(work / row["map"]) for row in rows},
        jobs[-1].truth,
        asked.picture,
    )


if __name__ == "__main__":
    main()
