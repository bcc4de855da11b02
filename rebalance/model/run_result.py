"""All results of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.display import Displayed
from rebalance.model.affinity import Affinity
from rebalance.model.average_quality import AverageQuality
from rebalance.model.counting import counted
from rebalance.model.dataset import Dataset
from rebalance.model.scan import Scan
from rebalance.model.selection import Selection
from rebalance.model.superclass_orientations import SuperclassOrientations
from rebalance.model.superclasses import Superclasses


@dataclass(frozen=True, eq=False)
class RunResult(Displayed):
    """All results of a run.

    Parameters
    ----------
    dataset : Dataset
        What was read.
    superclasses : Superclasses
        One for each class average if superclassification is off.
    affinity : Affinity, optional
        None if class averages were not compared.
    selection : Selection, optional
        None without particles.
    folder : Path, optional
        The results folder; None if nothing was written.
    files : tuple of Path
        All files written, except `run.json`.
    summary : mapping
        The content of `summary.json`.
    scan : Scan, optional
        All numbers of superclasses tried, if a scan chose the number.
    quality : AverageQuality, optional
        Which class averages look like junk, if this was requested.
    orientations : SuperclassOrientations, optional
        Viewing directions of the superclasses, if poses of the particles were given.
    """

    dataset: Dataset
    superclasses: Superclasses
    affinity: Affinity | None = None
    selection: Selection | None = None
    folder: Path | None = None
    files: tuple[Path, ...] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)
    scan: Scan | None = None
    quality: AverageQuality | None = None
    orientations: SuperclassOrientations | None = None

    def __repr__(self) -> str:
        parts = [counted(len(self.superclasses), "superclass", "superclasses")]
        if self.selection is not None:
            kept = int(np.count_nonzero(self.selection.selected))
            parts.append(f"{kept:,} of {len(self.selection):,} particles")
        if self.folder is not None:
            parts.append(self.folder.name)
        return f"RunResult({self.dataset.job}: {', '.join(parts)})"
