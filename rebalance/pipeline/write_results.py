"""Writes the results of a run into a folder: particles, tables, figures, report, record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rebalance.model import Dataset, FloatArray, RunResult
from rebalance.pipeline.view_pictures import pictures_of_run
from rebalance.pipeline.write_more import write_more
from rebalance.progress import Progress
from rebalance.record.affinity_file import IMAGES, images_digest, write_affinity
from rebalance.record.results_folder import (
    AFFINITY_FILE,
    FIGURES,
    JUNK_TABLE,
    PAGE,
    REPORT,
    RUN_RECORD,
    SCAN_TABLE,
    SUMMARY,
    SUPERCLASS_TABLE,
)
from rebalance.record.run_record import ADVISED, build_record, plugin_facts, write_json
from rebalance.record.tables import write_junk_table, write_scan_table, write_superclass_table
from rebalance.registry import registry
from rebalance.settings import KINDS_WITH_OPTIONS, RunSettings, named_files, plugin_name
from rebalance.strategies.subsets import Subsets

UNREADABLE_NAMES = "backslashreplace"
"""How a name that is not UTF-8 is shown in a report."""


def write_results(
    settings: RunSettings,
    result: RunResult,
    progress: Progress,
    subsets: Subsets | None = None,
) -> RunResult:
    """Write particles, templates, tables, summary, figures and report into the folder.

    Parameters
    ----------
    settings : RunSettings
    result : RunResult
        With its folder, which exists and is empty.
    progress : Progress
    subsets : Subsets, optional
        To be written too.

    Returns
    -------
    RunResult
        With every file that was written.

    Raises
    ------
    OutputError, OSError
        If a file can't be written.
    """
    from rebalance.report.markdown import markdown

    folder = result.folder
    assert folder is not None
    progress.stage("write", "Writing tables")
    dataset = result.dataset
    writer = registry().load("format", dataset.format)
    files = list(
        writer.write(
            dataset,
            result.selection,
            result.superclasses,
            folder,
            copy_templates=settings.copy_templates,
        )
    )
    files += write_more(settings, result, subsets)
    write_superclass_table(
        dataset, result.superclasses, result.affinity, result.selection, folder / SUPERCLASS_TABLE
    )
    files.append(folder / SUPERCLASS_TABLE)
    if result.affinity is not None and dataset.class_averages is not None:
        facts = {**result.affinity.facts, IMAGES: images_digest(dataset.class_averages)}
        write_affinity(replace(result.affinity, facts=facts), folder / AFFINITY_FILE)
        files.append(folder / AFFINITY_FILE)
    write_json(result.summary, folder / SUMMARY)
    files.append(folder / SUMMARY)
    if result.scan is not None:
        write_scan_table(result.scan, folder / SCAN_TABLE)
        files.append(folder / SCAN_TABLE)
    if result.quality is not None:
        write_junk_table(result.quality, folder / JUNK_TABLE)
        files.append(folder / JUNK_TABLE)
    pictures = pictures_of_run(result) if settings.figures else {}
    if settings.figures:
        files += _draw(settings, result, pictures, progress)
    (folder / REPORT).write_text(
        markdown(replace(result, files=tuple(files))),
        encoding="utf-8",
        errors=UNREADABLE_NAMES,
        newline="\n",
    )
    files.append(folder / REPORT)
    if settings.figures:
        result = replace(result, files=tuple(files))
        files += _write_page(settings, result, pictures.get("reprojections"), progress)
    return replace(result, files=tuple(files))


def _write_page(
    settings: RunSettings,
    result: RunResult,
    reprojections: FloatArray | None,
    progress: Progress,
) -> list[Path]:
    from rebalance.report.html import html, why_not_made

    assert result.folder is not None
    if why_not_made(result.superclasses) is not None:
        return []
    progress.stage("page", "Writing the report page")
    path = result.folder / PAGE
    text = html(settings, result, reprojections)
    path.write_text(text, encoding="utf-8", errors=UNREADABLE_NAMES, newline="\n")
    return [path]


def _draw(
    settings: RunSettings, result: RunResult, pictures: Mapping[str, Any], progress: Progress
) -> list[Path]:
    from rebalance import figures

    assert result.folder is not None
    progress.stage("figures", "Drawing figures")
    drawn = figures.draw_all(result, scale=settings.scale, **pictures)
    paths: list[Path] = []
    saved = figures.save_each(drawn, result.folder / FIGURES, pdf=settings.pdf)
    for done, files in enumerate(saved, start=1):
        paths += files
        progress.advance(done, len(drawn))
    return paths


def write_record(
    settings: RunSettings,
    result: RunResult,
    source: str,
    started: str,
    progress: Progress,
    is_advised: bool = False,
) -> None:
    """Write `run.json`, last of all: it lists every other file with its digest.

    Parameters
    ----------
    settings : RunSettings
    result : RunResult
        As `write_results` gives it.
    source : str
        Where the affinity came from: ``computed``, ``cache``, ``file``; empty without one.
    started : str
        Time of day, ISO 8601.
    progress : Progress
        Knows the seconds of each stage.
    is_advised : bool
        The clustering is what the metric advises, and no one named it.

    Raises
    ------
    OSError
        If it can't be written.
    """
    assert result.folder is not None
    dataset, affinity = result.dataset, result.affinity
    after_defaults: dict[str, Mapping[str, Any]] = {
        "clustering": result.superclasses.options,
        "strategy": {} if result.selection is None else result.selection.options,
        "metric": {} if affinity is None else affinity.options,
    }
    record = build_record(
        request=replace(settings, options=after_defaults).to_json(),
        plugins={
            **{
                kind: plugin_facts(
                    kind, getattr(settings, kind), plugin_name(getattr(settings, kind))
                )
                for kind in KINDS_WITH_OPTIONS
            },
            "format": plugin_facts("format", dataset.format, dataset.format),
        },
        inputs=_files_read(settings, dataset),
        folder=result.folder,
        outputs=result.files,
        affinity=None if affinity is None else {"source": source, "key": affinity.key},
        started=started,
        seconds=progress.seconds,
    )
    if is_advised:
        record[ADVISED] = True
    write_json(record, result.folder / RUN_RECORD)


def _files_read(settings: RunSettings, dataset: Dataset) -> list[Path]:
    paths = [*dataset.sources, *(path for path in named_files(settings) if path.is_file())]
    return list({path.resolve(): path for path in reversed(paths)}.values())[::-1]
