"""The street: read, compare, group, select, write; and nothing else.

    formats.read ─► Dataset ─► engine ─► Affinity ─► clusterings ─► Superclasses
                 ─► strategies ─► Selection ─► formats.write, figures, report, record

Each step is another room's; here they meet, and what each decided is collected for the summary
and the record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.cache import AffinityCache
from rebalance.errors import InputError, OptionError
from rebalance.left_out import count_classes, left_out_classes
from rebalance.model import (
    NO_SUCH_AVERAGE,
    REASONS,
    Affinity,
    Dataset,
    IntArray,
    RunResult,
    Selection,
    Superclasses,
)
from rebalance.progress import Progress
from rebalance.record.results_folder import RUN_RECORD, ResultsFolder
from rebalance.record.summary import summarise
from rebalance.request import KINDS_WITH_OPTIONS, RunRequest, plugin_name
from rebalance.seeds import generator
from rebalance.strategies.caps import decide_cap

AFFINITY_FILE = "affinity.npz"
SUPERCLASS_TABLE = "superclasses.csv"
SUMMARY = "summary.json"
REPORT = "report.md"
FIGURES = "figures"

COMPUTED, CACHED, FROM_FILE = "computed", "cache", "file"
"""Where an affinity came from."""


@dataclass(frozen=True, eq=False)
class Classes:
    """The classes of a data set, with or without images.

    Parameters
    ----------
    class_id : int64 (N,)
    n_particles : int64 (N,), optional
        None without a particle table.
    is_empty : bool (N,)
    left_out : tuple of int
        Class numbers that the request leaves out.
    """

    class_id: IntArray
    n_particles: IntArray | None
    is_empty: np.ndarray[Any, np.dtype[np.bool_]]
    left_out: tuple[int, ...]


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
        The other fields of `rebalance.request.RunRequest`.

    Returns
    -------
    RunResult

    Raises
    ------
    RebalanceError
        A mistake in a file or a setting; nothing was written.
    """
    return execute(RunRequest.of(path, class_averages, **settings), progress=progress)


def execute(request: RunRequest, *, progress: Progress | None = None) -> RunResult:
    """`run`, for a request that is made already."""
    progress = progress or Progress()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    check_early(request)
    progress.stage("read", f"Reading {request.path}")
    dataset = read(request)
    classes = find_classes(request, dataset)
    with _results_folder(request, dataset) as folder:
        cache = AffinityCache() if request.use_cache else None
        affinity, source = find_affinity(request, dataset, cache, progress)
        progress.stage("group", "Grouping class averages")
        superclasses = group(request, classes, affinity)
        progress.stage("select", "Selecting particles")
        selection = select(request, dataset, superclasses)
        warnings, notes = _said(dataset, cache, superclasses, selection)
        result = RunResult(
            dataset=dataset,
            superclasses=superclasses,
            affinity=affinity,
            selection=selection,
            folder=folder.work,
            summary=summarise(
                request,
                dataset,
                superclasses,
                affinity,
                selection,
                warnings=warnings,
                notes=notes,
            ),
        )
        result = _write(request, result, progress)
        progress.stage("record", "Writing the run record")
        _write_record(request, result, source, started, progress)
        folder.finish()
    progress.stage("")
    files = tuple(
        folder.place / path.relative_to(result.folder or folder.place) for path in result.files
    )
    return replace(result, folder=folder.place, files=files)


def read(request: RunRequest) -> Dataset:
    """The data set of a request."""
    from rebalance import formats

    return formats.read(
        request.path,
        request.class_averages,
        format=request.format,
        passthrough=request.passthrough,
        project=request.project,
        pixel_size=request.pixel_size,
        need_class_averages=not request.is_off,
    )


def check_early(request: RunRequest) -> None:
    """Find mistakes in names, options and the results folder before the work, not after."""
    from rebalance.options import parse_options
    from rebalance.registry import registry

    for kind in KINDS_WITH_OPTIONS:
        plugin = getattr(request, kind)
        if isinstance(plugin, str):
            name, plugin = plugin, registry().load(kind, plugin)
        else:
            name = plugin_name(plugin)
        parse_options(
            plugin.options_model, request.options_of(kind), owner=f"{kind} {name}", prefix=kind
        )
        if kind == "clustering":
            _check_number_is_given(request, plugin, name)
    decide_cap(1, request.factor, request.max_size)
    generator(request.seed)
    for path in (request.labels, request.affinity_file, *request.passthrough):
        if path is not None and not path.is_file():
            raise InputError("there is no such file.", path=path)
    if request.output is not None:
        ResultsFolder(request.output, overwrite=request.overwrite, inputs=_named(request))


def _check_number_is_given(request: RunRequest, clustering: Any, name: str) -> None:
    needed = not (request.is_off or request.labels is not None or clustering.finds_number)
    if needed and request.n_superclasses is None:
        raise OptionError(
            f"The clustering {name} needs the number of superclasses.",
            cure="Give -k, or turn superclassification off with --no-superclasses.",
        )


def _named(request: RunRequest) -> list[Path]:
    given = (
        request.path,
        request.class_averages,
        request.labels,
        request.affinity_file,
        *request.passthrough,
    )
    return [path for path in given if path is not None]


def _results_folder(request: RunRequest, dataset: Dataset) -> ResultsFolder:
    place = request.output or Path(request.folder_name(dataset.job))
    return ResultsFolder(
        place, overwrite=request.overwrite, inputs=[*_named(request), *dataset.sources]
    )


def find_classes(request: RunRequest, dataset: Dataset) -> Classes:
    """The classes that there are, and which of them the request leaves out.

    Raises
    ------
    OptionError
        If a class number in the request is not there, or if a balance is asked for where there
        are no particles.
    """
    particles, averages = dataset.particles, dataset.class_averages
    wanted = decide_cap(1, request.factor, request.max_size).rule != "off"
    if particles is None and wanted:
        raise OptionError(
            f"There are no particles to balance: {request.path} holds class averages alone.",
            cure="Give the particle table first and the class averages second, or leave out -f "
            "and --max-size.",
        )
    if averages is not None:
        class_id, is_empty = averages.class_id, averages.is_empty
    elif particles is not None:
        class_id = np.array(list(count_classes(particles.class_id)), dtype=np.int64)
        is_empty = np.zeros(len(class_id), dtype=np.bool_)
    else:
        raise InputError("it holds neither particles nor class averages.", path=request.path)
    counts = {} if particles is None else count_classes(particles.class_id)
    n_particles = np.array([counts.get(number, 0) for number in class_id.tolist()], dtype=np.int64)
    left_out = left_out_classes(
        {number: counts.get(number, 0) for number in {*class_id.tolist(), *counts}},
        exclude_classes=request.exclude_classes,
        only_classes=request.only_classes,
        min_class_particles=request.min_class_particles,
    )
    return Classes(class_id, None if particles is None else n_particles, is_empty, left_out)


def find_affinity(
    request: RunRequest,
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
        return fit_affinity(read_affinity(request.affinity_file), averages, request), FROM_FILE
    from rebalance import engine

    used = int(np.count_nonzero(~averages.is_empty))
    progress.stage(
        "affinity", f"Comparing {used:,} class averages ({used * (used - 1) // 2:,} pairs)"
    )
    affinity = engine.affinity(
        averages,
        request.metric,
        options=request.options_of("metric"),
        threads=request.threads,
        device=request.device,
        progress=progress.advance,
        cache=cache,
    )
    found = cache is not None and affinity.key in cache.served
    return affinity, CACHED if found else COMPUTED


def fit_affinity(affinity: Affinity, averages: Any, request: RunRequest) -> Affinity:
    """An affinity that was read, checked against the class averages that it is said to be of.

    Raises
    ------
    InputError
        If its class numbers are others, or if it lacks an average.
    """
    path = request.affinity_file
    if not np.array_equal(affinity.class_id, averages.class_id):
        raise InputError(
            f"it is of {len(affinity)} class averages, numbers {_span(affinity.class_id)}; the "
            f"data set has {len(averages)}, numbers {_span(averages.class_id)}"
            + (
                ", in another order."
                if set(affinity.class_id.tolist()) == set(averages.class_id.tolist())
                else "."
            ),
            path=path,
            cure="Leave out --affinity, and it is computed.",
        )
    lacking = affinity.is_empty & ~averages.is_empty
    if lacking.any():
        raise InputError(
            f"class {affinity.class_id[lacking][0]} is empty in it, but not in the data set.",
            path=path,
            cure="Leave out --affinity, and it is computed.",
        )
    empty = averages.is_empty
    values = affinity.values.copy()
    values[empty, :] = 0
    values[:, empty] = 0
    np.fill_diagonal(values, 1)
    return replace(affinity, values=values, is_empty=empty)


def _span(class_id: IntArray) -> str:
    return f"{class_id.min()} to {class_id.max()}" if len(class_id) else "none"


def group(request: RunRequest, classes: Classes, affinity: Affinity | None) -> Superclasses:
    """Superclasses by the labels, the clustering, or of one class average each."""
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
            n_superclasses=request.n_superclasses,
            left_out=classes.left_out,
        )
    if request.labels is not None:
        from rebalance.clusterings.labels import read_labels

        return clusterings.from_labels(
            classes.class_id if affinity is None else affinity,
            read_labels(request.labels),
            n_particles=classes.n_particles,
            left_out=classes.left_out,
        )
    if affinity is None:
        raise InputError(
            "no class averages were found, and superclasses are made of them.",
            path=request.path,
            cure="Give the stack as second argument, or balance the classes themselves with "
            "--no-superclasses.",
        )
    return clusterings.cluster(
        affinity,
        request.n_superclasses,
        clustering=request.clustering,
        options=request.options_of("clustering"),
        seed=request.seed,
        n_particles=classes.n_particles,
        left_out=classes.left_out,
    )


def select(request: RunRequest, dataset: Dataset, superclasses: Superclasses) -> Selection | None:
    """Particles that stay; None where there are none.

    Raises
    ------
    InputError
        With ``strict``, if particles belong to no class average.
    """
    if dataset.particles is None:
        return None
    from rebalance import strategies

    selection = strategies.select(
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
    )
    homeless = selection.reason == REASONS.index(NO_SUCH_AVERAGE)
    if request.strict and homeless.any():
        numbers = np.unique(dataset.particles.class_id[homeless])
        shown = ", ".join(map(str, numbers[:10])) + (", …" if len(numbers) > 10 else "")
        raise InputError(
            f"{np.count_nonzero(homeless):,} particles belong to classes without a class average "
            f"({shown}).",
            path=dataset.particles.path,
            cure="Leave out --strict to exclude them, or give all class averages.",
        )
    return selection


def _said(
    dataset: Dataset,
    cache: AffinityCache | None,
    superclasses: Superclasses,
    selection: Selection | None,
) -> tuple[list[str], list[str]]:
    warnings, notes = [*dataset.warnings], [*dataset.notes, *superclasses.notes]
    if selection is not None:
        warnings += selection.warnings
        notes += selection.notes
    return _once(warnings), _once(notes)


def _once(sentences: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(sentences))


def _write(request: RunRequest, result: RunResult, progress: Progress) -> RunResult:
    from rebalance.record.affinity_file import write_affinity
    from rebalance.record.run_record import write_json
    from rebalance.record.superclass_table import write_superclass_table
    from rebalance.registry import registry
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
            copy_templates=request.copy_templates,
        )
    )
    write_superclass_table(
        folder / SUPERCLASS_TABLE, dataset, result.superclasses, result.affinity, result.selection
    )
    files.append(folder / SUPERCLASS_TABLE)
    if result.affinity is not None:
        write_affinity(result.affinity, folder / AFFINITY_FILE)
        files.append(folder / AFFINITY_FILE)
    write_json(result.summary, folder / SUMMARY)
    files.append(folder / SUMMARY)
    if request.figures:
        files += _draw(request, replace(result, files=tuple(files)), progress)
    (folder / REPORT).write_text(
        markdown(replace(result, files=tuple(files))), encoding="utf-8", newline="\n"
    )
    return replace(result, files=(*files, folder / REPORT))


def _draw(request: RunRequest, result: RunResult, progress: Progress) -> list[Path]:
    from rebalance import figures

    assert result.folder is not None
    progress.stage("figures", "Drawing figures")
    folder = result.folder / FIGURES
    folder.mkdir()
    drawn = figures.draw_all(result, scale=request.scale)
    paths: list[Path] = []
    for done, (name, figure) in enumerate(drawn.items(), start=1):
        paths += figures.save(figure, folder, name)
        progress.advance(done, len(drawn))
    return paths


def _write_record(
    request: RunRequest, result: RunResult, source: str, started: str, progress: Progress
) -> None:
    from rebalance.record.run_record import build_record, plugin_facts, write_json

    assert result.folder is not None
    dataset, affinity = result.dataset, result.affinity
    after_defaults: dict[str, Mapping[str, Any]] = {
        "clustering": result.superclasses.options,
        "strategy": {} if result.selection is None else result.selection.options,
        "metric": {} if affinity is None else affinity.options,
    }
    record = build_record(
        request=replace(request, options=after_defaults).to_json(),
        plugins={
            **{
                kind: plugin_facts(
                    kind, getattr(request, kind), plugin_name(getattr(request, kind))
                )
                for kind in KINDS_WITH_OPTIONS
            },
            "format": plugin_facts("format", dataset.format, dataset.format),
        },
        inputs=_files_read(request, dataset),
        folder=result.folder,
        outputs=result.files,
        affinity=None if affinity is None else {"source": source, "key": affinity.key},
        started=started,
        seconds=progress.seconds,
    )
    write_json(record, result.folder / RUN_RECORD)


def _files_read(request: RunRequest, dataset: Dataset) -> list[Path]:
    paths = [*dataset.sources, *(path for path in _named(request) if path.is_file())]
    return list({path.resolve(): path for path in reversed(paths)}.values())[::-1]
