"""Writes what a run writes on request: subsets, superclasses as classes, templates for picking."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rebalance.contracts import Format
from rebalance.model import FloatArray, ParticleTable, RunResult, Selection
from rebalance.pipeline.superclass_pictures import picking_templates, superclass_pictures
from rebalance.record.tables import write_visit_table
from rebalance.registry import registry
from rebalance.settings import RunSettings
from rebalance.settings.fields import AVERAGES, CLASSES, TABLES
from rebalance.strategies.subsets import Subsets

SUBSETS, SUPERCLASS_TABLES = "subsets", "superclasses"
"""Folders within a results folder."""

VISIT_TABLE = "visits.csv"
"""In the folder of the subsets."""


def write_more(settings: RunSettings, result: RunResult, subsets: Subsets | None) -> list[Path]:
    """Write all that settings ask for beside the usual results.

    Parameters
    ----------
    settings : RunSettings
        That `check_more` found nothing wrong with.
    result : RunResult
        With its folder, which exists.
    subsets : Subsets or None

    Returns
    -------
    list of Path
        Every file that was written.

    Raises
    ------
    OutputError, OSError
        If a file can't be written.
    """
    files: list[Path] = []
    if subsets is not None:
        files += _write_subsets(result, subsets)
    if CLASSES in settings.also:
        files += _write_classes(result)
    if TABLES in settings.also:
        files += _write_tables(result)
    if AVERAGES in settings.also:
        pictures = superclass_pictures(result, "mean")
        files += _write_pictures(
            result, pictures, "superclass_averages", "Mean images of superclasses"
        )
    if settings.picking_templates is not None:
        pictures = picking_templates(result, settings.picking_templates)
        title = "Picking templates, one per superclass"
        files += _write_pictures(result, pictures, "picking_templates", title)
    return files


def _write_subsets(result: RunResult, subsets: Subsets) -> list[Path]:
    folder, writer = _new_folder(result, SUBSETS), _writer(result)
    particles, selection = _particles(result)
    files: list[Path] = []
    for number in range(len(subsets)):
        stem = f"particles_subset_{_padded(number + 1, len(subsets))}"
        title = f"Subset {number + 1} of {len(subsets)}, balanced"
        keep = subsets.member(number)
        files += writer.write_particles(result.dataset, keep, folder, stem, title=title)
    write_visit_table(particles, selection, subsets, folder / VISIT_TABLE)
    return [*files, folder / VISIT_TABLE]


def _write_classes(result: RunResult) -> tuple[Path, ...]:
    _, selection = _particles(result)
    return _writer(result).write_particles(
        result.dataset,
        selection.superclass >= 0,
        _folder(result),
        "particles_superclasses",
        title="Particles, with superclasses as class numbers",
        class_id=selection.superclass,
    )


def _write_tables(result: RunResult) -> list[Path]:
    folder, writer = _new_folder(result, SUPERCLASS_TABLES), _writer(result)
    _, selection = _particles(result)
    k = len(selection.before)
    files: list[Path] = []
    for number in range(k):
        stem, keep = (
            f"particles_superclass_{_padded(number, k - 1)}",
            selection.superclass == number,
        )
        title = f"Superclass {number}"
        files += writer.write_particles(result.dataset, keep, folder, stem, title=title)
    return files


def _write_pictures(
    result: RunResult, pictures: FloatArray, stem: str, title: str
) -> tuple[Path, ...]:
    images = np.ascontiguousarray(pictures, dtype=np.float32)
    return _writer(result).write_pictures(
        result.dataset, images, _folder(result), stem, title=title
    )


def _padded(number: int, largest: int) -> str:
    """As many digits as the largest has, and two at least: names sort as numbers do."""
    return f"{number:0{max(2, len(str(largest)))}d}"


def _writer(result: RunResult) -> Format:
    writer: Format = registry().load("format", result.dataset.format)
    return writer


def _particles(result: RunResult) -> tuple[ParticleTable, Selection]:
    particles, selection = result.dataset.particles, result.selection
    assert particles is not None
    assert selection is not None
    return particles, selection


def _folder(result: RunResult) -> Path:
    assert result.folder is not None
    return result.folder


def _new_folder(result: RunResult, name: str) -> Path:
    folder = _folder(result) / name
    folder.mkdir()
    return folder
