"""How well are views found from class averages? A table of simulated and real classifications.

    python -m benchmarks.views [--rows TEXT] [--seeds 4] [--processes 2]

Each row is simulated with other seeds than any setting was chosen on; what is compared is paired.
Results of single sets are kept in benchmarks/results/full/views.json, and not measured again; the
summary, from which the page is written, is benchmarks/results/views.json.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from benchmarks.paths import DATA, FULL_RESULTS, RESULTS, write_json
from benchmarks.views.jobs import one
from benchmarks.views.sets import FIRST_SEED, MOLECULES, ROWS
from benchmarks.views.summary import summarise, table

FULL = FULL_RESULTS / "views.json"
SUMMARY = RESULTS / "views.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", default="", help="only rows whose names contain this")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    kept: dict[str, Any] = json.loads(FULL.read_text()) if FULL.is_file() else {}
    names = [row.name for row in ROWS] + ["phase-randomised", "coloured noise"]
    jobs = [
        (name, molecule, seed)
        for seed in range(FIRST_SEED, FIRST_SEED + given.seeds)
        for name in names
        for molecule in MOLECULES
    ]
    jobs += [("real", name, 0) for name in ("relion31_70s", "relion31_junk70s", "slicem_ribosomes")
             if (DATA / name).is_dir()]  # fmt: skip
    todo = [job for job in jobs if given.rows in job[0] and _key(job) not in kept]
    with ProcessPoolExecutor(given.processes, mp_context=get_context("spawn")) as pool:
        for job, result in zip(todo, pool.map(one, *zip(*todo, strict=True)), strict=True):
            kept[_key(job)] = result
            print(_key(job), json.dumps(result), flush=True)
            write_json(kept, FULL)
    summary = summarise(kept)
    write_json(summary, SUMMARY)
    print(table(summary))


def _key(job: tuple[str, str, int]) -> str:
    return " | ".join(map(str, job))


if __name__ == "__main__":
    main()
