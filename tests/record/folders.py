"""Results of an earlier run, and what is in a folder."""

from __future__ import annotations

import json
from pathlib import Path

from rebalance.record.results_folder import ResultsFolder


def make_results(place: Path, text: str = "first") -> None:
    """An earlier run of ours."""
    with ResultsFolder(place, overwrite=True) as folder:
        (folder.work / "figures").mkdir()
        (folder.work / "table.csv").write_text(text)
        (folder.work / "figures" / "a.png").write_text(text)
        record = {"outputs": [{"name": "table.csv"}, {"name": "figures/a.png"}]}
        (folder.work / "run.json").write_text(json.dumps(record))
        folder.finish()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def end_early(folder: ResultsFolder, ending: type[BaseException]) -> None:
    """A run that something ends half-way."""
    with folder:
        (folder.work / "table.csv").write_text("half")
        raise ending
