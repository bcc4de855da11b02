"""What a format read of one job: particles, class averages, or both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rebalance.display import Displayed
from rebalance.model.class_averages import ClassAverages
from rebalance.model.counting import counted
from rebalance.model.particles import ParticleTable


@dataclass(frozen=True, eq=False)
class Dataset(Displayed):
    """What a format read: particles, class averages, or both.

    Parameters
    ----------
    format : str
        Name of the format plugin that reads and writes it.
    particles, class_averages : optional
        At least one of the two.
    job : str
        Short name for folders and titles, e.g. ``job013``.
    sources : tuple of Path
        All files that were read, the most important first.
    notes : tuple of str
        What was guessed or left out, one sentence each; shown in log, summary and report.
    warnings : tuple of str
        What looks wrong, but does not stop the job.
    handle : object
        Private to the format; used to write the templates.
    """

    format: str
    particles: ParticleTable | None = None
    class_averages: ClassAverages | None = None
    job: str = "job"
    sources: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    handle: Any = None

    def __repr__(self) -> str:
        parts = []
        if self.particles is not None:
            parts.append(counted(len(self.particles), "particle"))
        if self.class_averages is not None:
            parts.append(counted(len(self.class_averages), "class average"))
        return f"Dataset({self.job}: {', '.join([*parts, self.format])})"
