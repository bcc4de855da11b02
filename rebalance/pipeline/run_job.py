"""What a run does, in order: prepare, compare, group, select, write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from rebalance.curation.decisions import about_decided
from rebalance.curation.junk import about_quality
from rebalance.model import Affinity, RunResult
from rebalance.pipeline.prepare import Prepared, prepare
from rebalance.pipeline.steps import Grouped, draw_subsets, group_and_select
from rebalance.pipeline.superclass_pictures import about_means
from rebalance.progress import Progress
from rebalance.record.results_folder import ResultsFolder
from rebalance.record.summary import summarise
from rebalance.record.summary_text import about_subsets
from rebalance.settings import RunSettings
from rebalance.settings.signature import RunCall, takes
from rebalance.system_errors import system_errors_told


@takes(RunCall)
def run(settings: RunSettings, *, progress: Progress | None = None) -> RunResult:
    """Read a 2D classification, group its averages, balance its particles, write the results.

    >>> result = rebalance.run("Class2D/job013", n_superclasses=8, factor=0.8)
    >>> result.folder
    PosixPath('/project/rebalance_job013_k8_f0.8')

    Returns
    -------
    RunResult

    Raises
    ------
    RebalanceError
        A mistake in a file or a setting; nothing was written.
    """
    return execute(settings, progress=progress)


@system_errors_told()
def execute(
    settings: RunSettings,
    *,
    progress: Progress | None = None,
    into: type[ResultsFolder] = ResultsFolder,
) -> RunResult:
    """`run`, for existing settings; ``into``, the kind of folder for results."""
    from rebalance.pipeline.write_results import write_record, write_results

    progress = progress or Progress()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    prepared = prepare(settings, progress, into=into)
    dataset = prepared.dataset
    with prepared.results_folder(prepared.settings.folder_name(dataset.job)) as folder:
        found = prepared.affinity()
        prepared = prepared.advised_by(found.affinity)
        grouped = group_and_select(prepared, found.affinity)
        warnings, notes = _said(prepared, found.affinity, grouped)
        orientations = None
        if prepared.poses is not None and grouped.selection is not None:
            from rebalance.pipeline.posed_superclasses import superclass_orientations

            progress.stage("sampling", "Analyzing the sampling of Fourier space")
            orientations = superclass_orientations(
                prepared.poses,
                grouped.selection,
                len(grouped.superclasses),
                threads=settings.threads,
            )
        subsets = draw_subsets(prepared, grouped)
        if subsets is not None:
            notes += about_subsets(subsets)
        result = RunResult(
            dataset=dataset,
            superclasses=grouped.superclasses,
            affinity=found.affinity,
            selection=grouped.selection,
            scan=grouped.scan,
            quality=grouped.quality,
            orientations=orientations,
            folder=folder.work,
            summary=summarise(
                grouped.settings,
                dataset,
                grouped.superclasses,
                found.affinity,
                grouped.selection,
                scan=grouped.scan,
                quality=grouped.quality,
                for_width=grouped.for_width,
                orientations=orientations,
                subsets=subsets,
                decided=None if prepared.decisions is None else about_decided(prepared.decisions),
                warnings=warnings,
                notes=notes,
            ),
        )
        result = write_results(grouped.settings, result, progress, subsets)
        progress.stage("record", "Writing the run record")
        # The number that a scan suggested is not what was asked for.
        is_advised = bool(prepared.advice)
        write_record(prepared.settings, result, found.source, started, progress, is_advised)
        folder.finish()
    progress.stage("")
    files = tuple(
        folder.place / path.relative_to(result.folder or folder.place) for path in result.files
    )
    return replace(result, folder=folder.place, files=files)


def _said(
    prepared: Prepared, affinity: Affinity | None, grouped: Grouped
) -> tuple[list[str], list[str]]:
    """What every step had to say: warnings, notes."""
    warnings, notes = prepared.warnings(affinity), prepared.notes(affinity)
    if grouped.for_width is not None:
        notes.append(grouped.for_width.reason)
    notes += grouped.superclasses.notes
    if grouped.scan is not None:
        from rebalance.scanning.suggestion import about_the_choice

        suggestion = grouped.scan.suggestion
        said = notes if suggestion.has_structure else warnings
        said += [suggestion.reason, about_the_choice(suggestion)]
    if grouped.selection is not None:
        warnings += grouped.selection.warnings
        notes += grouped.selection.notes
    warnings += about_means(grouped.settings, grouped.superclasses, affinity)
    notes += about_quality(grouped.settings, grouped.quality)
    if grouped.settings.figures:
        from rebalance.report.html import why_not_made

        without_page = why_not_made(grouped.superclasses)
        notes += [] if without_page is None else [without_page]
    return _once(warnings), _once(notes)


def _once(sentences: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(sentences))
