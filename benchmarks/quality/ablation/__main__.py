"""What each part of the comparison is worth: the default with one thing changed, on small sets.

    python -m benchmarks.quality.ablation [--seeds 4] [--summary]

Scores are those of `benchmarks.quality`, data sets those of `sets`. Every row is kept in
benchmarks/results/full/ablation.json, where rows of other sets and variants stay, so that a part
can be measured anew. With ``--summary`` the means of all rows that are there are written to
benchmarks/results/ablation.json, and the tables of docs/science.md from them.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmarks.paths import DATA
from benchmarks.quality import science_page
from benchmarks.quality.ablation import tables
from benchmarks.quality.ablation.scores import keep, kept, measure
from benchmarks.quality.ablation.sets import sets
from benchmarks.quality.ablation.variants import variants_for
from benchmarks.quality.classifications import MOLECULES


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seeds", type=int, default=4, help="copies of each simulated set")
    parser.add_argument("--first-seed", type=int, default=400)
    parser.add_argument("--drops", type=int, default=3, help="random selections at each size")
    parser.add_argument("--molecules", nargs="+", default=list(MOLECULES), choices=list(MOLECULES))
    parser.add_argument("--variants", nargs="+", help="names of rows")
    parser.add_argument("--match", default="", help="only sets whose name has this in it")
    parser.add_argument("--summary", action="store_true", help="write the summary and the page")
    given = parser.parse_args()
    start = time.monotonic()
    for found in sets(given.data, given.seeds, given.first_seed, given.molecules):
        if given.match not in found.name:
            continue
        new = measure(found, variants_for(found, given.variants), given.drops)
        print(f"{time.monotonic() - start:5.0f} s  {found.name}: {len(new)} rows", flush=True)
        keep(new)
    if given.summary:
        tables.write(tables.summarise(kept()))
        science_page.main()


if __name__ == "__main__":
    main()
