"""`rebalance scan` as a job: read, compare, try numbers of superclasses, write table and figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.curation.junk import about_quality
from rebalance.model import AverageQuality, Classes, Dataset, Scan
from rebalance.model.class_numbers import count_classes
from rebalance.pipeline.prepare import prepare
from rebalance.pipeline.steps import try_numbers, without_junk
from rebalance.progress import Progress
from rebalance.record.results_folder import JUNK_TABLE, RUN_RECORD, SCAN_TABLE
from rebalance.record.run_record import build_record, plugin_facts, write_json
from rebalance.record.summary import about_set_aside, about_the_scan, suspected
from rebalance.record.summary_text import set_aside
from rebalance.record.tables import write_junk_table, write_scan_table
from rebalance.settings import RunSettings, plugin_name, with_flags
from rebalance.settings.signature import ScanCall, takes_scan
from rebalance.strategies.messages import about_unmatched
from rebalance.system_errors import system_errors_told

SCAN = "scan"


@dataclass(frozen=True, eq=False)
class ScanResult:
    """What a scan found and wrote.

    Parameters
    ----------
    scan : Scan
    folder : Path
    files : tuple of Path
    content : mapping
        Of `scan.json`.
    """

    scan: Scan
    folder: Path
    files: tuple[Path, ...]
    content: Mapping[str, Any]


@takes_scan(ScanCall)
def scan_job(
    settings: RunSettings,
    *,
    numbers: Sequence[int] | None = None,
    progress: Progress | None = None,
) -> ScanResult:
    """Read a 2D classification, try numbers of superclasses, and write what was found.

    Returns
    -------
    ScanResult

    Raises
    ------
    RebalanceError
        A mistake in a file or a setting; nothing was written.
    """
    return execute_scan(settings, numbers, progress=progress)


@system_errors_told()
def execute_scan(
    settings: RunSettings,
    numbers: Sequence[int] | None = None,
    *,
    progress: Progress | None = None,
) -> ScanResult:
    """Try numbers of superclasses on the job that settings name, and write what was found.

    Parameters
    ----------
    settings : RunSettings
        With ``n_superclasses="auto"``.
    numbers : sequence of int, optional
        Each number to try.
    progress : Progress, optional

    Raises
    ------
    RebalanceError
        A mistake in a file or a setting; nothing was written.
    """
    progress = progress or Progress()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    prepared = prepare(settings, progress)
    dataset = prepared.dataset
    _check_numbers(numbers, prepared.classes)
    with prepared.results_folder(prepared.settings.scan_folder_name(dataset.job)) as folder:
        found = prepared.affinity()
        prepared = prepared.advised_by(found.affinity)
        settings = prepared.settings
        affinity = found.affinity
        quality, classes = without_junk(prepared, affinity)
        _check_numbers(numbers, classes)
        scan = try_numbers(prepared, classes, affinity, numbers)
        assert affinity is not None
        one = scan.superclasses[int(scan.numbers[0])]
        aside = about_set_aside(one, None, quality)
        warnings = [*prepared.warnings(affinity), *_about_unmatched(dataset, classes)]
        notes = [
            *prepared.notes(affinity),
            *about_quality(settings, quality),
            *set_aside({"set_aside": aside, "balance": None}),
        ]
        content = {
            "job": dataset.job,
            "class_averages": len(classes.class_id),
            "used": int((one.label >= 0).sum()),
            "set_aside": aside,
            "particles": None if classes.n_particles is None else scan.total,
            "clustering": scan.clustering,
            "clustering_options": dict(scan.options),
            "metric": affinity.metric,
            "factor": settings.factor,
            "max_size": settings.max_size,
            **about_the_scan(scan),
            **suspected(quality),
            "numbers": rows(scan),
            "warnings": [with_flags(text) for text in dict.fromkeys(warnings)],
            "notes": [with_flags(text) for text in dict.fromkeys(notes)],
        }
        progress.stage("write", "Writing table and figure")
        files = _write(scan, quality, content, dataset.job, folder.work, settings.pdf)
        plugins = {
            kind: plugin_facts(kind, getattr(settings, kind), plugin_name(getattr(settings, kind)))
            for kind in ("metric", "clustering")
        }
        record = build_record(
            request=settings.to_json(),
            plugins=plugins,
            inputs=[path for path in dict.fromkeys(prepared.inputs) if path.is_file()],
            folder=folder.work,
            outputs=files,
            affinity={"source": found.source, "key": affinity.key},
            started=started,
            seconds=progress.seconds,
        )
        write_json({"command": SCAN, **record}, folder.work / RUN_RECORD)
        names = [path.relative_to(folder.work) for path in files]
        folder.finish()
    progress.stage("")
    return ScanResult(
        scan,
        folder.place,
        tuple(folder.place / name for name in names),
        {**content, "folder": str(folder.place), "files": [name.as_posix() for name in names]},
    )


def _check_numbers(numbers: Sequence[int] | None, classes: Classes) -> None:
    """A number that can't be tried is found before the averages are compared."""
    from rebalance.scanning import check_numbers

    check_numbers(numbers, int(classes.takes_part.sum()))


def rows(scan: Scan) -> list[dict[str, Any]]:
    """One mapping a number, JSON values only."""
    columns = {
        "score": scan.score,
        "silhouette": scan.silhouette,
        "silhouette_without_groups": scan.expected,
        "stability": scan.stability,
        "contrast": scan.contrast,
        "eigengap": scan.eigengap,
    }
    return [
        {
            "n_superclasses": number,
            **{
                name: None if np.isnan(value[at]) else round(float(value[at]), 6)
                for name, value in columns.items()
            },
            "smallest": int(scan.smallest[at]),
            "small": 0 if scan.small is None else int(scan.small[at]),
            "kept": int(scan.kept[at]),
        }
        for at, number in enumerate(scan.numbers.tolist())
    ]


def _write(
    scan: Scan,
    quality: AverageQuality | None,
    content: Mapping[str, Any],
    job: str,
    folder: Path,
    pdf: bool,
) -> list[Path]:
    from rebalance import figures
    from rebalance.figures.scan import scan_of_numbers

    table, summary = folder / SCAN_TABLE, folder / "scan.json"
    write_scan_table(scan, table)
    write_json(content, summary)
    files = [table, summary]
    if quality is not None:
        files.append(folder / JUNK_TABLE)
        write_junk_table(quality, files[-1])
    return [*files, *figures.save(scan_of_numbers(scan, job=job), folder, SCAN, pdf=pdf)]


def _about_unmatched(dataset: Dataset, classes: Classes) -> list[str]:
    if dataset.particles is None:
        return []
    known = {*classes.class_id.tolist(), *classes.left_out}
    return about_unmatched(count_classes(dataset.particles.class_id), known)
