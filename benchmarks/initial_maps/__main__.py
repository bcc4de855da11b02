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
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks.initial_maps import align_map, relion, scores
from benchmarks.initial_maps.jobs import VIEWS_ITSELF, Job, job_of
from benchmarks.initial_maps.particles import (
    ALL,
    FACTORS,
    SETTINGS,
    UNIFORM,
    random_at,
    superclasses_at,
    true_views_at,
)
from benchmarks.initial_maps.pictures import draw
from benchmarks.initial_maps.summary import MEASURES, said, summary
from benchmarks.paths import RESULTS, ROOT, write_json
from benchmarks.results_table import machine

COMMAND = "python -m benchmarks.initial_maps"
FIRST_SEED = 101
WORK = RESULTS / "full" / "initial_maps"


def result_of(
    job: Job, condition: str, work: Path, version: str, *, only_kept: bool = False
) -> dict[str, Any] | None:
    """The scores of one model: kept, or made now; None if it would have to be made and mustn't."""
    rows, start = job.models[condition]
    recipe = relion.Recipe(
        job=job.digest,
        chosen=relion.digest(rows.tobytes()),
        seed=job.seed,
        diameter=round(1.1 * job.molecule.diameter),
        start="" if start is None else relion.digest(start.astype(np.float32).tobytes()),
        version="" if condition == VIEWS_ITSELF else version,
    )
    kept = work / f"{recipe.name}_{digest_of_files(align_map, scores)}.json"
    if not kept.is_file():
        laid = work / f"{recipe.name}_{digest_of_files(align_map)}.npz"
        if not laid.is_file():
            if only_kept:
                return None
            began = time.monotonic()
            if condition == VIEWS_ITSELF and start is not None:
                volume = start
            else:
                volume = relion.map_of(recipe, job.project, job.table, rows, start, work)
            seconds = time.monotonic() - began
            pose = align_map.align(volume, job.truth, radius=job.radius)
            _save(laid, map=align_map.turned(volume, pose), hand=pose.is_mirrored, seconds=seconds)
        with np.load(laid) as of:
            found = scores.score(
                of["map"], job.truth, job.voxel_size, job.radius, is_mirrored=bool(of["hand"])
            )
            seconds = float(of["seconds"])
        row = {
            "condition": condition,
            "seed": job.seed,
            "particles": int(rows.sum()),
            "seconds": round(seconds),
            "map": laid.name,
            **found.as_json(),
        }
        write_json(row, kept)
        print(f"seed {job.seed} {condition:52s} {show(row)} {seconds:.0f} s", flush=True)
    return dict(json.loads(kept.read_text(encoding="utf-8")))


def digest_of_files(*modules: ModuleType) -> str:
    """Of their source."""
    return relion.digest(b"".join(Path(str(one.__file__)).read_bytes() for one in modules))


def _save(path: Path, **arrays: Any) -> None:
    """Whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("wb") as stream:
        np.savez(stream, **arrays)
    part.replace(path)


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
    parser.add_argument(
        "--only-kept", action="store_true", help="make no model, sum up what is there"
    )
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
    jobs = [job_of(seed, work, is_even=even) for even in (True, False) for seed in seeds]
    with ThreadPoolExecutor(asked.jobs) as pool:
        make_one = partial(result_of, work=work, version=version, only_kept=asked.only_kept)
        made = list(pool.map(lambda one: make_one(*one), order(jobs)))
    rows = [row for row in made if row is not None]
    summed = summary(rows)
    print(table(summed))
    write_json(
        {
            "machine": {**machine(), "command": f"{COMMAND} --seeds {asked.seeds}"},
            "relion": version,
            "options": relion.OPTIONS,
            "settings": SETTINGS,
            "jobs": [job.facts for job in jobs if job.facts],
            "rows": summed,
            "models": rows,
        },
        asked.json,
    )
    maps = {}
    for row in rows:
        with np.load(work / row["map"]) as of:
            maps[row["map"]] = of["map"]
    draw(rows, maps, jobs[-1].truth, asked.picture)


if __name__ == "__main__":
    main()
