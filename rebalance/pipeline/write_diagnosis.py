"""Writes a diagnosis into a folder: tables of all curves, pictures, report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.half_maps.tables import (
    DIRECTION_COLUMNS,
    curve_columns,
    curve_rows,
    direction_rows,
)
from rebalance.model import Diagnosis, DiagnosisResult
from rebalance.progress import Progress
from rebalance.record.orientation_tables import (
    curves_of,
    write_bin_table,
    write_rows,
    write_sampling_table,
    write_thinned_table,
)
from rebalance.record.results_folder import (
    BIN_TABLE,
    CURVE_TABLE,
    CURVES,
    DIRECTION_TABLE,
    FIGURES,
    SAMPLING_TABLE,
    SUMMARY,
    THINNED_TABLE,
)
from rebalance.record.run_record import write_json
from rebalance.report.diagnosis_report import diagnosis_document
from rebalance.report.write_document import write_document
from rebalance.settings import DiagnoseSettings

COMPARED = "compared_"
"""Before the name of a table of the second input."""


def write_diagnosis(
    settings: DiagnoseSettings, result: DiagnosisResult, progress: Progress
) -> list[Path]:
    """Write tables, pictures and report into the folder of a result.

    Parameters
    ----------
    settings : DiagnoseSettings
    result : DiagnosisResult
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
    folder = result.folder
    progress.stage("write", "Writing tables")
    files = _tables(result.first, folder, "")
    if result.second is not None:
        files += _tables(result.second, folder, COMPARED)
    files.append(folder / SUMMARY)
    write_json(result.summary, files[-1])
    pictures: list[Path] = []
    if settings.figures:
        from rebalance import figures

        progress.stage("figures", "Drawing figures")
        drawn = figures.draw_diagnosis(result)
        for paths in figures.save_each(drawn, folder / FIGURES, pdf=settings.pdf):
            pictures += paths
    progress.stage("page", "Writing the report")
    document = diagnosis_document(settings, replace(result, files=tuple(files)))
    return [*files, *pictures, *write_document(document, folder, pictures)]


def _tables(one: Diagnosis, folder: Path, prefix: str) -> list[Path]:
    written = []
    if one.bins is not None and one.bin is not None and one.sampling is not None:
        counts = np.bincount(one.bin[one.bin >= 0], minlength=len(one.bins))
        written = [
            folder / f"{prefix}{name}" for name in (BIN_TABLE, SAMPLING_TABLE, THINNED_TABLE)
        ]
        write_bin_table(one.bins, counts.astype(np.int64), None, written[0])
        write_sampling_table(one.sampling, written[1])
        write_thinned_table(one.sampling, written[2])
    if one.half_maps is not None:
        curves = [folder / f"{prefix}{name}" for name in (CURVE_TABLE, DIRECTION_TABLE)]
        write_rows(curves[0], curve_columns(one.half_maps), _cells(curve_rows(one.half_maps)))
        write_rows(curves[1], DIRECTION_COLUMNS, _cells(direction_rows(one.half_maps)))
        written += curves
    written.append(folder / f"{prefix}{CURVES}")
    write_json(curves_of(one.sampling, one.half_maps), written[-1])
    return written


def _cells(rows: list[list[Any]]) -> list[list[Any]]:
    """As they are written: six digits, blank for none."""
    return [
        ["" if cell is None else f"{cell:.6g}" if isinstance(cell, float) else cell for cell in row]
        for row in rows
    ]
