"""`rebalance orientations` as a job: read poses, bin them, thin crowded bins, write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from rebalance import strategies
from rebalance.formats.unchanged_file import begin_looks
from rebalance.model import (
    KEPT,
    NO_ORIENTATION,
    NOT_SELECTED,
    REASONS,
    FourierSampling,
    IntArray,
    OrientationsResult,
    Posed,
    Selection,
)
from rebalance.orientations.bins import bin_of, sphere_bins
from rebalance.orientations.sampling import fourier_sampling, thinned_sizes
from rebalance.pipeline.read_posed import read_posed
from rebalance.pipeline.write_orientations import write_orientations
from rebalance.progress import Progress
from rebalance.record.orientation_summary import summarise_orientations
from rebalance.record.results_folder import RUN_RECORD, ResultsFolder
from rebalance.record.run_record import build_record, plugin_facts, write_json
from rebalance.settings import OrientationSettings, plugin_name
from rebalance.settings.signature import OrientationCall, takes_orientation
from rebalance.system_errors import system_errors_told

_SCORE = "alignments3D/error"
"""Scores that ``best`` uses if the table has them, before columns of a 2D classification."""


@takes_orientation(OrientationCall)
def balance_orientations(
    settings: OrientationSettings, *, progress: Progress | None = None
) -> OrientationsResult:
    """Drop particles of crowded viewing directions, after a 3D refinement.

    >>> result = rebalance.balance_orientations("Refine3D/job021", percentile=80)
    >>> result.selection.selected.sum()
    41203

    Returns
    -------
    OrientationsResult

    Raises
    ------
    RebalanceError
        A mistake in a file or a setting; nothing was written.
    """
    return execute_orientations(settings, progress=progress)


@system_errors_told()
def execute_orientations(
    settings: OrientationSettings,
    *,
    progress: Progress | None = None,
    into: type[ResultsFolder] = ResultsFolder,
) -> OrientationsResult:
    """`balance_orientations`, for existing settings; ``into`` as for a run."""
    begin_looks()
    progress = progress or Progress()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    progress.stage("read", f"Reading {settings.path}")
    posed = read_posed(
        settings.path,
        symmetry=settings.symmetry,
        only_classes=settings.only_classes,
        format=settings.format,
        passthrough=settings.passthrough,
        project=settings.project,
    )
    dataset = posed.dataset
    assert dataset.particles is not None
    place = settings.output or Path(settings.folder_name(dataset.job))
    with into(
        place,
        overwrite=settings.overwrite,
        inputs=[*settings.named_files, *dataset.sources],
    ) as folder:
        progress.stage("bin", "Sorting viewing directions into bins")
        direction = posed.direction
        bins = sphere_bins(
            settings.n_bins,
            posed.operations,
            symmetry=posed.symmetry,
            antipodal=settings.antipodal,
            scheme=settings.binning,
        )
        bin_ = bin_of(bins, direction, threads=settings.threads)
        progress.stage("select", "Selecting particles")
        selection = _select(settings, posed, bin_, len(bins))
        progress.stage("sampling", "Analyzing the sampling of Fourier space")
        before, after = _sampling(settings, posed, selection)
        warnings = (*posed.warnings, *selection.warnings)
        notes = (*posed.notes, *selection.notes)
        result = OrientationsResult(
            dataset,
            posed,
            bins,
            bin_,
            selection,
            before,
            after,
            folder.work,
            (),
            summarise_orientations(
                settings,
                posed,
                bins,
                selection,
                before,
                after,
                warnings=list(dict.fromkeys(warnings)),
                notes=list(dict.fromkeys(notes)),
            ),
        )
        files = write_orientations(settings, result, progress)
        progress.stage("record", "Writing the run record")
        write_json(_record(settings, result, files, started, progress), folder.work / RUN_RECORD)
        names = [path.relative_to(folder.work) for path in files]
        folder.finish()
    progress.stage("")
    return replace(result, folder=folder.place, files=tuple(folder.place / name for name in names))


def _select(settings: OrientationSettings, posed: Posed, bin_: IntArray, n_bins: int) -> Selection:
    particles = posed.dataset.particles
    assert particles is not None
    reason = np.full(len(bin_), REASONS.index(KEPT), dtype=np.uint8)
    reason[bin_ < 0] = REASONS.index(NO_ORIENTATION)
    reason[~posed.is_of_class] = REASONS.index(NOT_SELECTED)
    options = dict(settings.options.get("strategy", {}))
    if settings.strategy == "best" and _SCORE in particles.column_names:
        options.setdefault("column", _SCORE)
    return strategies.select_by_group(
        particles,
        bin_,
        n_groups=n_bins,
        word="bin",
        percentile=settings.cut_at,
        factor=settings.factor,
        max_size=settings.max_size,
        strategy=settings.strategy,
        options=options,
        seed=settings.seed,
        reason=reason,
    )


def _sampling(
    settings: OrientationSettings, posed: Posed, selection: Selection
) -> tuple[FourierSampling, FourierSampling]:
    """Of all particles with a pose, and of those selected; the first also of as many at random."""
    direction, used = posed.orientations.direction, posed.is_used
    n_kept = int(np.count_nonzero(selection.selected))
    arguments: dict[str, Any] = {
        "operations": posed.operations,
        "symmetry": posed.symmetry,
        "seed": settings.seed,
        "threads": settings.threads,
    }
    sizes = thinned_sizes(int(np.count_nonzero(used)))
    before = fourier_sampling(direction[used], thinned_to=sorted({*sizes, n_kept}), **arguments)
    after = fourier_sampling(direction[selection.selected], thinned_to=(), **arguments)
    return before, after


def _record(
    settings: OrientationSettings,
    result: OrientationsResult,
    files: list[Path],
    started: str,
    progress: Progress,
) -> dict[str, Any]:
    request = replace(settings, options={"strategy": dict(result.selection.options)}).to_json()
    record = build_record(
        request=request,
        plugins={
            "strategy": plugin_facts("strategy", settings.strategy, plugin_name(settings.strategy)),
            "format": plugin_facts("format", result.dataset.format, result.dataset.format),
        },
        inputs=[path for path in dict.fromkeys(result.dataset.sources) if path.is_file()],
        folder=result.folder,
        outputs=files,
        affinity=None,
        started=started,
        seconds=progress.seconds,
    )
    return {"command": settings.command, **record}
