"""How good are superclasses, and of which method? Runs a study, and writes docs/science.md from it.

    python -m benchmarks.quality [--page]

The study is benchmarks/studies/quality.toml: methods on known views from clean to bad, on RELION's
classification, and on a mixture of structures. It is run as `rebalance compare` runs it: finished
cells are kept in benchmarks/work, and the same command goes on after a kill or a change. Then
benchmarks/results/quality.csv, the tables and the figures of the page are written anew; with
``--page`` only the tables and figures, from the results that are there.

Data whose files are absent are left out; results and page then stay as they are.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmarks.quality.results import condensed, write
from rebalance.comparison import compare, read_study
from rebalance.comparison.data_sets import list_data_sets
from rebalance.comparison.study import Data, Study

HERE = Path(__file__).parent
STUDY, WORK = HERE / "studies" / "quality.toml", HERE / "work" / "quality"


def there(study: Study, base: Path) -> tuple[Study, list[str]]:
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
    study, absent = there(read_study(STUDY), STUDY.parent)
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
    write(condensed(comparison, list_data_sets(study, STUDY.parent)))
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--page", action="store_true", help="only write the page")
    parser.add_argument("--threads", type=int)
    given = parser.parse_args()
    if given.page or run(given.threads):
        from benchmarks import quality_figures, quality_page

        quality_page.main()
        quality_figures.main()


if __name__ == "__main__":
    main()
