"""How good are superclasses, and of which method? Runs a study, and writes docs/science.md from it.

    python -m benchmarks.quality [--page]

The study is benchmarks/quality/study.toml: methods on known views from clean to bad, on RELION's
classification, and on a mixture of structures. It is run as `rebalance compare` runs it: finished
cells are kept in benchmarks/work, and the same command goes on after a kill or a change. Then
benchmarks/results/full/quality.csv, its summary benchmarks/results/quality.json, and the tables and
figures of the page are written anew; with ``--page`` only the tables and figures, from the summary
that is there.

Data whose files are absent are left out; results and page then stay as they are.
"""

from __future__ import annotations

import argparse

from benchmarks.quality import science_figures, science_page
from benchmarks.quality.run_study import run


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--page", action="store_true", help="only write the page")
    parser.add_argument("--threads", type=int)
    given = parser.parse_args()
    if given.page or run(given.threads):
        science_page.main()
        science_figures.main()


if __name__ == "__main__":
    main()
