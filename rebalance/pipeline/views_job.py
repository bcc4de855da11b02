"""`rebalance views` as a job: read, find where every class average looks from, write it down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.errors import PluginError
from rebalance.model import Dataset, ViewBalance, Views, views_of
from rebalance.pipeline.prepare import FoundAffinity, Prepared, prepare
from rebalance.pipeline.write_views import write_views
from rebalance.progress import Progress
from rebalance.record.results_folder import RUN_RECORD, SUMMARY
from rebalance.record.run_record import build_record, plugin_facts, write_json
from rebalance.record.summary import about_the_metric
from rebalance.record.views_summary import summarise_views
from rebalance.settings import RunSettings, plugin_name
from rebalance.system_errors import system_errors_told

VIEWS = "views"
"""The command, in its records."""


@dataclass(frozen=True, eq=False)
class ViewsResult:
    """What was found of the views of class averages, and written.

    Parameters
    ----------
    dataset : Dataset
    views : Views
    folder : Path
    files : tuple of Path
        Every file that was written, but for `run.json`.
    summary : mapping
        The content of `summary.json`.
    """

    dataset: Dataset
    views: Views
    folder: Path
    files: tuple[Path, ...]
    summary: Mapping[str, Any]


@system_errors_told()
def execute_views(settings: RunSettings, *, progress: Progress | None = None) -> ViewsResult:
    """Find the views of the class averages of the job that settings name, and write them down.

    Parameters
    ----------
    settings : RunSettings
        With a metric that finds views, and ``n_superclasses=1``: nothing is grouped.
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
    with prepared.results_folder(settings.views_folder_name(dataset.job)) as folder:
        found = prepared.affinity("Finding the views of")
        assert found.affinity is not None
        views = views_of(found.affinity)
        if views is None:
            raise PluginError(
                f"The metric {plugin_name(settings.metric)} found no views.",
                hint="Report it to the authors of the metric.",
            )
        balance = _balance(dataset, views)
        files, warnings = write_views(prepared, found.affinity, views, balance, folder.work)
        summary = summarise_views(
            dataset,
            views,
            options=found.affinity.options,
            uniformity=balance.uniformity,
            warnings=list(dict.fromkeys([*prepared.warnings(), *warnings])),
            notes=list(dict.fromkeys([*dataset.notes, *about_the_metric(found.affinity)])),
        )
        files.append(folder.work / SUMMARY)
        write_json(summary, files[-1])
        _write_record(prepared, found, files, folder.work, started)
        names = [path.relative_to(folder.work) for path in files]
        folder.finish()
    progress.stage("")
    return ViewsResult(
        dataset, views, folder.place, tuple(folder.place / name for name in names), summary
    )


def _balance(dataset: Dataset, views: Views) -> ViewBalance:
    """Of the particles; of the averages, where there is no table of particles."""
    from rebalance.views.distribution import view_balance

    averages = dataset.class_averages
    counts = None if averages is None else averages.n_particles
    return view_balance(views, np.ones(len(views), dtype=np.int64) if counts is None else counts)


def _write_record(
    prepared: Prepared, found: FoundAffinity, files: list[Path], folder: Path, started: str
) -> None:
    settings, affinity = prepared.settings, found.affinity
    assert affinity is not None
    options = {"metric": dict(affinity.options)}
    # What the metric advises is for superclasses.
    asked = replace(settings, clustering=RunSettings.clustering, options=options)
    metric = settings.metric
    record = build_record(
        request=asked.to_json(),
        plugins={"metric": plugin_facts("metric", metric, plugin_name(metric))},
        inputs=[path for path in dict.fromkeys(prepared.inputs) if path.is_file()],
        folder=folder,
        outputs=files,
        affinity={"source": found.source, "key": affinity.key},
        started=started,
        seconds=prepared.progress.seconds,
    )
    write_json({"command": VIEWS, **record}, folder / RUN_RECORD)
