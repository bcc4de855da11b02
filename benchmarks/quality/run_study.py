"""Runs the study on the data whose files are there, and keeps its results and their summary."""
# ruff: noqa: T201

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.paths import ROOT
from benchmarks.quality import results, summary
from benchmarks.quality.methods import STUDY
from rebalance.comparison import compare, read_study
from rebalance.comparison.data_sets import list_data_sets
from rebalance.comparison.study import Data, Study

WORK = ROOT / "benchmarks" / "work" / "quality"


def available(study: Study, base: Path) -> tuple[Study, list[str]]:
    """The study of the data whose files are there, and the names of the others."""
    found: list[Data] = []
    absent: list[Data] = []
    for data in study.data:
        source = (data.simulate or {}).get("source")
        needed = data.path or (None if source is None else Path(source))
        is_there = needed is None or (base / needed).exists()
        (found if is_there else absent).append(data)
    names = [data.name or str(data.path) for data in absent]
    return study.model_copy(update={"data": tuple(found)}), names


def run(threads: int | None) -> bool:
    """Run the study and keep its results; False if any are missing."""
    study, absent = available(read_study(STUDY), STUDY.parent)
    start = time.monotonic()
    comparison = compare(study, WORK, base=STUDY.parent, threads=threads, figures=False)
    print(
        f"{comparison.n_cells:,} cells: {comparison.n_kept:,} kept from before, "
        f"{comparison.n_done:,} done in {time.monotonic() - start:.0f} s"
    )
    for failure in comparison.failures:
        print(f"Failed: {failure.method} on {failure.data}: {failure.error}")
    for name in absent:
        print(f"Left out, its files are absent: {name}")
    if absent:
        print("The page and its results are of all data, and stay as they are.")
        return False
    found = results.condensed(comparison, list_data_sets(study, STUDY.parent))
    results.write(found)
    # From the file, so that the same summary can be made of it again.
    summary.write(summary.summarise(results.read()))
    return True
