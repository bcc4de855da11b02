"""`rebalance scan` as a job: read, compare, try numbers of superclasses, write table and figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rebalance.cache import AffinityCache
from rebalance.clusterings.n_superclasses import usable_averages
from rebalance.curation.junk_policy import about_junk, judge
from rebalance.left_out import count_classes
from rebalance.model import AverageQuality, Dataset, Scan
from rebalance.pipeline.check_settings import (
    Classes,
    check_early,
    check_grouping,
    find_classes,
    unused_settings,
)
from rebalance.pipeline.run_job import find_affinity, read, scan_numbers
from rebalance.progress import Progress
from rebalance.record.junk_table import write_junk_table
from rebalance.record.results_folder import RUN_RECORD, ResultsFolder
from rebalance.record.run_record import build_record, plugin_facts, write_json
from rebalance.record.scan_table import write_scan_table
from rebalance.record.summary import about_the_metric, about_the_scan, suspected
from rebalance.settings import RunSettings, named_files, plugin_name
from rebalance.strategies.messages import about_strangers

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


def scan_job(
    request: RunSettings,
    numbers: Sequence[int] | None = None,
    *,
    progress: Progress | None = None,
) -> ScanResult:
    """Try numbers of superclasses on the job of a request, and write what was found.

    Parameters
    ----------
    request : RunSettings
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
    check_early(request)
    progress.stage("read", f"Reading {request.path}")
    dataset = read(request)
    classes = find_classes(request, dataset)
    check_grouping(request, classes)
    _check_numbers(numbers, classes)
    place = request.output or Path(request.scan_folder_name(dataset.job))
    inputs = [*named_files(request), *dataset.sources]
    with ResultsFolder(place, overwrite=request.overwrite, inputs=inputs) as folder:
        cache = AffinityCache() if request.use_cache else None
        affinity, source = find_affinity(request, dataset, cache, progress)
        quality, classes = judge(request, dataset, classes, affinity)
        if quality is not None:
            _check_numbers(numbers, classes)
        scan = scan_numbers(request, classes, affinity, progress, numbers)
        assert scan is not None
        assert affinity is not None
        warnings = [
            *unused_settings(request, dataset),
            *dataset.warnings,
            *_about_strangers(dataset, classes),
            *([] if cache is None else cache.problems),
        ]
        content = {
            "job": dataset.job,
            "class_averages": len(classes.class_id),
            "used": int((scan.superclasses[int(scan.numbers[0])].label >= 0).sum()),
            "particles": None if classes.n_particles is None else scan.total,
            "clustering": scan.clustering,
            "clustering_options": dict(scan.options),
            "metric": affinity.metric,
            "factor": request.factor,
            "max_size": request.max_size,
            **about_the_scan(scan),
            **suspected(quality),
            "numbers": rows(scan),
            "warnings": list(dict.fromkeys(warnings)),
            "notes": list(
                dict.fromkeys(
                    [*dataset.notes, *about_the_metric(affinity), *about_junk(request, quality)]
                )
            ),
        }
        progress.stage("write", "Writing table and figure")
        files = _write(scan, quality, content, dataset.job, folder.work)
        plugins = {
            kind: plugin_facts(kind, getattr(request, kind), plugin_name(getattr(request, kind)))
            for kind in ("metric", "clustering")
        }
        record = build_record(
            request=request.to_json(),
            plugins=plugins,
            inputs=[path for path in dict.fromkeys(inputs) if path.is_file()],
            folder=folder.work,
            outputs=files,
            affinity={"source": source, "key": affinity.key},
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

    usable = usable_averages(
        classes.class_id, classes.is_empty, classes.n_particles, classes.left_out
    )
    check_numbers(numbers, int(usable.sum()))


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
                name: None if value[at] != value[at] else round(float(value[at]), 6)
                for name, value in columns.items()
            },
            "smallest": int(scan.smallest[at]),
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
) -> list[Path]:
    from rebalance import figures
    from rebalance.figures.scan import scan_of_numbers

    table, summary = folder / "scan.csv", folder / "scan.json"
    write_scan_table(scan, table)
    write_json(content, summary)
    files = [table, summary]
    if quality is not None:
        files.append(folder / "junk.csv")
        write_junk_table(quality, files[-1])
    return [*files, *figures.save(scan_of_numbers(scan, job=job), folder, SCAN)]


def _about_strangers(dataset: Dataset, classes: Classes) -> list[str]:
    if dataset.particles is None:
        return []
    known = {*classes.class_id.tolist(), *classes.left_out}
    return about_strangers(count_classes(dataset.particles.class_id), known)
