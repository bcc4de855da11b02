"""The end of the street: all that a run made, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rebalance.model.affinity import Affinity
from rebalance.model.average_quality import AverageQuality
from rebalance.model.dataset import Dataset
from rebalance.model.in_a_notebook import shown_in_a_notebook
from rebalance.model.scan import Scan
from rebalance.model.selection import Selection
from rebalance.model.superclasses import Superclasses


@dataclass(frozen=True, eq=False)
class RunResult:
    """All that a run made."""

    dataset: Dataset
    superclasses: Superclasses
    affinity: Affinity | None = None
    selection: Selection | None = None
    folder: Path | None = None
    files: tuple[Path, ...] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)
    scan: Scan | None = None
    quality: AverageQuality | None = None

    def _repr_html_(self) -> str:
        return shown_in_a_notebook(self)
