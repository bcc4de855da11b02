"""What a run would do, found out without the long work and without writing anything."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rebalance.cache import AffinityCache
from rebalance.curation.decisions import with_decisions
from rebalance.curation.junk_policy import about_junk, judge
from rebalance.model import Affinity, AverageQuality, Dataset, Selection, Superclasses
from rebalance.pipeline.check_settings import (
    Classes,
    check_early,
    check_grouping,
    find_classes,
    unused_settings,
)
from rebalance.pipeline.run_job import (
    COMPUTED,
    find_affinity,
    group,
    read,
    results_folder,
    scan_numbers,
    select,
    with_number,
)
from rebalance.progress import Progress
from rebalance.settings import RunSettings


@dataclass(frozen=True, eq=False)
class Plan:
    """What a run would do.

    Parameters
    ----------
    request : RunSettings
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
        Likewise, where the request asks what looks like junk.
    warnings : tuple of str
    """

    request: RunSettings
    dataset: Dataset
    classes: Classes
    folder: Path
    affinity_source: str
    n_pairs: int
    superclasses: Superclasses | None
    selection: Selection | None
    quality: AverageQuality | None
    warnings: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found or decided on the way, one sentence each."""
        return (*self.dataset.notes, *about_junk(self.request, self.quality))


class _NotKept(Exception):
    """The cache has no such affinity, and it would take work to make one."""


class _LookOnly(AffinityCache):
    def load(self, key: str) -> Affinity | None:
        found = super().load(key)
        if found is None:
            raise _NotKept
        return found

    def store(self, affinity: Affinity) -> None:
        return


def plan(request: RunSettings, *, progress: Progress | None = None) -> Plan:
    """Read, check, and say what would happen.

    Raises
    ------
    RebalanceError
        Whatever the run would stop for.
    """
    progress = progress or Progress()
    request = with_decisions(request)
    check_early(request)
    progress.stage("read", f"Reading {request.path}")
    dataset = read(request)
    classes = find_classes(request, dataset)
    check_grouping(request, classes)
    folder = results_folder(request, dataset).place
    used = int(np.count_nonzero(~classes.is_empty))
    affinity, source = None, COMPUTED
    # Without a cache, an affinity that must be computed is not looked for.
    if request.use_cache or not request.compares or dataset.class_averages is None:
        with contextlib.suppress(_NotKept):
            affinity, source = find_affinity(request, dataset, _LookOnly(), progress)
    superclasses = selection = quality = None
    if source != COMPUTED:
        quality, classes = judge(request, dataset, classes, affinity)
        request = with_number(request, scan_numbers(request, classes, affinity, progress))
        superclasses = group(request, classes, affinity)
        selection = select(request, dataset, superclasses)
    progress.stage("")
    return Plan(
        request,
        dataset,
        classes,
        folder,
        source,
        used * (used - 1) // 2 if source == COMPUTED else 0,
        superclasses,
        selection,
        quality,
        (
            *unused_settings(request, dataset),
            *dataset.warnings,
            *(() if selection is None else selection.warnings),
        ),
    )
