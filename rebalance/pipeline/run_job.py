"""The street: read, compare, group, select, write; and nothing else.

    formats.read ─► Dataset ─► engine ─► Affinity ─► clusterings ─► Superclasses
                 ─► strategies ─► Selection ─► formats.write, figures, report, record

Each step is another room's; here they meet, and what each decided is collected for the summary
and the record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.cache import AffinityCache
from rebalance.curation.decisions import about_decisions, with_decisions
from rebalance.curation.junk_policy import about_junk, judge
from rebalance.errors import InputError
from rebalance.model import Affinity, Dataset, RunResult, Scan, Selection, Superclasses
from rebalance.pipeline.check_settings import (
    Classes,
    check_early,
    check_grouping,
    find_classes,
    fit_affinity,
    unused_settings,
)
from rebalance.progress import Progress
from rebalance.record.results_folder import ResultsFolder
from rebalance.record.summary import about_the_metric, summarise
from rebalance.settings import AUTO, IDENTITY, RunSettings, named_files, plugin_name

COMPUTED, CACHED, FROM_FILE = "computed", "cache", "file"
"""Where an affinity came from."""


def run(
    path: Path | str,
    class_averages: Path | str | None = None,
    *,
    progress: Progress | None = None,
    **settings: Any,
) -> RunResult:
    """Read a 2D classification, group its averages, balance its particles, write the results.

    >>> result = rebalance.run("Class2D/job013", n_superclasses=8, factor=0.8)
    >>> result.folder
    PosixPath('/project/rebalance_job013_k8_f0.8')

    Parameters
    ----------
    path : Path or str
        Job folder, optimiser, particle table, or stack of class averages.
    class_averages : Path or str, optional
        Stack, or star/cs of class averages, when given apart.
    progress : Progress, optional
        Told where the run is.
    **settings
        The other fields of `rebalance.settings.RunSettings`.

    Returns
    -------
    RunResult

    Raises
    ------
    RebalanceError
        A mistake in a file or a setting; nothing was written.
    """
    return execute(RunSettings.of(path, class_averages, **settings), progress=progress)


def execute(request: RunSettings, *, progress: Progress | None = None) -> RunResult:
    """`run`, for a request that is made already."""
    from rebalance.record.results import write_record, write_results

    progress = progress or Progress()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    request = with_decisions(request)
    check_early(request)
    progress.stage("read", f"Reading {request.path}")
    dataset = read(request)
    classes = find_classes(request, dataset)
    check_grouping(request, classes)
    with results_folder(request, dataset) as folder:
        cache = AffinityCache() if request.use_cache else None
        affinity, source = find_affinity(request, dataset, cache, progress)
        quality, classes = judge(request, dataset, classes, affinity)
        asked, scan = request, scan_numbers(request, classes, affinity, progress)
        request = with_number(request, scan)
        progress.stage("group", "Grouping class averages")
        superclasses = group(request, classes, affinity)
        progress.stage("select", "Selecting particles")
        selection = select(request, dataset, superclasses)
        warnings, notes = _said(request, dataset, affinity, cache, scan, superclasses, selection)
        notes += about_junk(request, quality)
        result = RunResult(
            dataset=dataset,
            superclasses=superclasses,
            affinity=affinity,
            selection=selection,
            scan=scan,
            quality=quality,
            folder=folder.work,
            summary=summarise(
                request,
                dataset,
                superclasses,
                affinity,
                selection,
                scan=scan,
                quality=quality,
                warnings=warnings,
                notes=notes,
            ),
        )
        result = write_results(request, result, progress)
        progress.stage("record", "Writing the run record")
        write_record(asked, result, source, started, progress)
        folder.finish()
    progress.stage("")
    files = tuple(
        folder.place / path.relative_to(result.folder or folder.place) for path in result.files
    )
    return replace(result, folder=folder.place, files=files)


def read(request: RunSettings) -> Dataset:
    """The data set of a request."""
    from rebalance import formats

    return formats.read(
        request.path,
        request.class_averages,
        format=request.format,
        passthrough=request.passthrough,
        project=request.project,
        pixel_size=request.pixel_size,
        need_class_averages=request.needs_affinity,
    )


def results_folder(request: RunSettings, dataset: Dataset) -> ResultsFolder:
    """Where the results go; OutputError if that place is taken."""
    place = request.output or Path(request.folder_name(dataset.job))
    return ResultsFolder(
        place, overwrite=request.overwrite, inputs=[*named_files(request), *dataset.sources]
    )


def find_affinity(
    request: RunSettings,
    dataset: Dataset,
    cache: AffinityCache | None,
    progress: Progress,
) -> tuple[Affinity | None, str]:
    """The affinity of a data set, and where it came from; None where none is needed."""
    averages = dataset.class_averages
    if request.is_off or averages is None:
        return None, ""
    if request.affinity_file is not None:
        from rebalance.record.affinity_file import read_affinity

        progress.stage("affinity", f"Reading {request.affinity_file}")
        read_back = read_affinity(request.affinity_file)
        return fit_affinity(read_back, averages, request.affinity_file), FROM_FILE
    if not request.compares:
        return None, ""
    from rebalance import engine
    from rebalance.engine.executor import find_executor

    used = int(np.count_nonzero(~averages.is_empty))
    progress.stage(
        "affinity",
        f"Comparing {used:,} class averages ({used * (used - 1) // 2:,} pairs)",
        unit="pairs",
    )
    checkpoints = None
    if cache is not None:
        from rebalance.engine.checkpoint import Checkpoints

        checkpoints = Checkpoints(cache.unfinished, limit=cache.limit, say=progress.say)
    affinity = engine.affinity(
        averages,
        request.metric,
        options=request.options_of("metric"),
        threads=request.threads,
        device=request.device,
        executor=find_executor(request.executor, request.scheduler),
        progress=progress.advance,
        cache=cache,
        checkpoints=checkpoints,
    )
    if cache is not None and checkpoints is not None:
        cache.problems += checkpoints.problems
    found = cache is not None and affinity.key in cache.served
    return affinity, CACHED if found else COMPUTED


def scan_numbers(
    request: RunSettings,
    classes: Classes,
    affinity: Affinity | None,
    progress: Progress,
    numbers: Sequence[int] | None = None,
) -> Scan | None:
    """Numbers of superclasses tried, where the request leaves the number open; else None."""
    if request.n_superclasses != AUTO:
        return None
    if affinity is None:
        raise InputError(
            "No class averages were found, and numbers of superclasses are tried on them.",
            path=request.path,
            hint="Give the stack as second argument, or -k as a number.",
        )
    from rebalance.scanning import scan

    progress.stage("scan", "Trying numbers of superclasses")
    return scan(
        affinity,
        numbers,
        clustering=request.clustering,
        options=request.options_of("clustering"),
        seed=request.seed,
        n_particles=classes.n_particles,
        left_out=classes.left_out,
        is_empty=classes.is_empty,
        factor=request.factor,
        max_size=request.max_size,
        progress=progress.advance,
    )


def with_number(request: RunSettings, scan: Scan | None) -> RunSettings:
    """The request with the number of superclasses that a scan suggests."""
    return request if scan is None else replace(request, n_superclasses=scan.suggestion.number)


def group(request: RunSettings, classes: Classes, affinity: Affinity | None) -> Superclasses:
    """Superclasses by the labels, the clustering, or of one class average each."""
    return replace(_group(request, classes, affinity), junk=classes.junk)


def _group(request: RunSettings, classes: Classes, affinity: Affinity | None) -> Superclasses:
    from rebalance import clusterings

    usable = ~classes.is_empty
    if request.is_off:
        # Without particles each average counts for itself.
        counts = usable.astype(np.int64)
        if classes.n_particles is not None:
            counts = np.where(usable, classes.n_particles, 0)
        return clusterings.identity_superclasses(
            classes.class_id,
            counts,
            n_superclasses=request.number,
            left_out=classes.left_out,
            clustering=plugin_name(request.clustering) if request.superclasses else IDENTITY,
        )
    labels: Mapping[int, str] | None = None
    if request.labels is not None:
        from rebalance.clusterings.labels import read_labels

        labels = read_labels(request.labels)
    elif classes.decided is not None:
        labels = classes.decided.labels
    if labels is not None:
        return clusterings.from_labels(
            classes.class_id if affinity is None else affinity,
            labels,
            n_particles=classes.n_particles,
            left_out=classes.left_out,
        )
    if affinity is None and request.needs_affinity:
        raise InputError(
            "No class averages were found, and superclasses are made of them.",
            path=request.path,
            hint="Give the stack as second argument, or balance the classes themselves with "
            "--no-superclasses.",
        )
    return clusterings.cluster(
        classes.class_id if affinity is None else affinity,
        request.number,
        clustering=request.clustering,
        options=request.options_of("clustering"),
        seed=request.seed,
        n_particles=classes.n_particles,
        left_out=classes.left_out,
        is_empty=classes.is_empty,
    )


def select(request: RunSettings, dataset: Dataset, superclasses: Superclasses) -> Selection | None:
    """Particles that stay; None where there are none."""
    if dataset.particles is None:
        return None
    from rebalance import strategies

    return strategies.select(
        dataset.particles,
        superclasses,
        factor=request.factor,
        max_size=request.max_size,
        strategy=request.strategy,
        options=request.options_of("strategy"),
        seed=request.seed,
        exclude_classes=request.exclude_classes,
        only_classes=request.only_classes,
        min_class_particles=request.min_class_particles,
        junk_classes=request.junk_classes,
    )


def _said(
    request: RunSettings,
    dataset: Dataset,
    affinity: Affinity | None,
    cache: AffinityCache | None,
    scan: Scan | None,
    superclasses: Superclasses,
    selection: Selection | None,
) -> tuple[list[str], list[str]]:
    """What every step had to say: warnings, notes."""
    warnings = [*unused_settings(request, dataset), *dataset.warnings]
    notes = [*dataset.notes, *about_the_metric(affinity)]
    notes += [*about_decisions(request), *superclasses.notes]
    if cache is not None:
        warnings += cache.problems
    if scan is not None:
        (notes if scan.suggestion.has_structure else warnings).append(scan.suggestion.reason)
    if selection is not None:
        warnings += selection.warnings
        notes += selection.notes
    return _once(warnings), _once(notes)


def _once(sentences: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(sentences))
