"""What a run would do, found out without the long work and without writing anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rebalance.curation.junk import about_quality
from rebalance.model import AverageQuality, Classes, Dataset, Selection, Superclasses
from rebalance.pipeline.check_settings import unused_settings
from rebalance.pipeline.prepare import COMPUTED, prepare
from rebalance.pipeline.steps import draw_subsets, group_and_select
from rebalance.progress import Progress
from rebalance.record.summary import doubts_of_views
from rebalance.settings import RunSettings
from rebalance.system_errors import system_errors_told


@dataclass(frozen=True, eq=False)
class Plan:
    """What a run would do.

    Parameters
    ----------
    settings : RunSettings
    dataset : Dataset
    classes : Classes
    folder : Path
        Where the results would go.
    affinity_source : str
        ``computed``, ``cache``, ``file``; empty where no affinity is needed.
    n_pairs : int
        Pairs of class averages that would be compared.
    superclasses : Superclasses, optional
        Known beforehand unless an affinity must be computed.
    selection : Selection, optional
        Likewise.
    quality : AverageQuality, optional
        Likewise, where settings ask what looks like junk.
    advice : tuple of str
        What is said of the metric's advice, where it is followed.
    warnings : tuple of str
    """

    settings: RunSettings
    dataset: Dataset
    classes: Classes
    folder: Path
    affinity_source: str
    n_pairs: int
    superclasses: Superclasses | None
    selection: Selection | None
    quality: AverageQuality | None
    advice: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found or decided on the way, one sentence each."""
        said = about_quality(self.settings, self.quality)
        return (*self.dataset.notes, *self.advice, *said)


@system_errors_told()
def plan(settings: RunSettings, *, progress: Progress | None = None) -> Plan:
    """Read, check, and say what would happen.

    Raises
    ------
    RebalanceError
        Whatever the run would stop for.
    """
    progress = progress or Progress()
    prepared = prepare(settings, progress)
    settings, dataset = prepared.settings, prepared.dataset
    folder = prepared.results_folder(settings.folder_name(dataset.job)).place
    found = prepared.kept_affinity()
    if found is not None:
        prepared = prepared.advised_by(found.affinity)
        settings = prepared.settings
    grouped = None if found is None else group_and_select(prepared, found.affinity)
    selection = None if grouped is None else grouped.selection
    if grouped is not None:
        draw_subsets(prepared, grouped)
    used = int(np.count_nonzero(~prepared.classes.is_empty))
    progress.stage("")
    return Plan(
        settings=settings if grouped is None else grouped.settings,
        dataset=dataset,
        classes=prepared.classes if grouped is None else grouped.classes,
        folder=folder,
        affinity_source=COMPUTED if found is None else found.source,
        n_pairs=used * (used - 1) // 2 if found is None else 0,
        superclasses=None if grouped is None else grouped.superclasses,
        selection=selection,
        quality=None if grouped is None else grouped.quality,
        advice=(
            *prepared.advice,
            *(() if grouped is None or grouped.for_width is None else (grouped.for_width.reason,)),
        ),
        warnings=(
            *unused_settings(settings, dataset),
            *dataset.warnings,
            *doubts_of_views(None if found is None else found.affinity),
            *(() if selection is None else selection.warnings),
        ),
    )
