"""Writes balanced orientations into a folder: particles, tables, pictures, report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rebalance.model import OrientationsResult
from rebalance.progress import Progress
from rebalance.record.orientation_tables import (
    write_bin_table,
    write_sampling_table,
    write_thinned_table,
)
from rebalance.record.results_folder import (
    BIN_TABLE,
    FIGURES,
    SAMPLING_TABLE,
    SUMMARY,
    THINNED_TABLE,
)
from rebalance.record.run_record import write_json
from rebalance.registry import registry
from rebalance.report.orientation_report import orientation_document
from rebalance.report.write_document import write_document
from rebalance.settings import OrientationSettings


def write_orientations(
    settings: OrientationSettings, result: OrientationsResult, progress: Progress
) -> list[Path]:
    """Write particles, tables, pictures and report into the folder of a result.

    Parameters
    ----------
    settings : OrientationSettings
    result : OrientationsResult
        With its folder, which exists and is empty.
    progress : Progress

    Returns
    -------
    list of Path

    Raises
    ------
    OutputError, OSError
        If a file can't be written.
    """
    folder, dataset, selection = result.folder, result.dataset, result.selection
    progress.stage("write", "Writing particles")
    writer = registry().load("format", dataset.format)
    files = list(writer.write(dataset, selection, None, folder))
    write_bin_table(result.bins, selection.before, selection.after, folder / BIN_TABLE)
    write_sampling_table(result.before, folder / SAMPLING_TABLE)
    write_sampling_table(result.after, folder / f"selected_{SAMPLING_TABLE}")
    write_thinned_table(result.before, folder / THINNED_TABLE)
    write_json(result.summary, folder / SUMMARY)
    files += [
        folder / name
        for name in (
            BIN_TABLE,
            SAMPLING_TABLE,
            f"selected_{SAMPLING_TABLE}",
            THINNED_TABLE,
            SUMMARY,
        )
    ]
    pictures: list[Path] = []
    if settings.figures:
        from rebalance import figures

        progress.stage("figures", "Drawing figures")
        drawn = figures.draw_orientations(result)
        for paths in figures.save_each(drawn, folder / FIGURES, pdf=settings.pdf):
            pictures += paths
    progress.stage("page", "Writing the report")
    document = orientation_document(settings, replace(result, files=tuple(files)))
    return [*files, *pictures, *write_document(document, folder, pictures)]
