"""The first half of every job: settings checked, files read, classes found, and the affinity.

The affinity is asked for when it is needed, since it may take hours; whether it is there without
that work can be asked first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rebalance.cache import AffinityCache
from rebalance.clusterings.advice import about_advice, advice_of
from rebalance.contracts import Advice
from rebalance.curation.classes import find_classes
from rebalance.curation.decisions import (
    Decisions,
    about_decisions,
    check_decisions,
    read_decisions,
    with_decisions,
)
from rebalance.curation.evidence import of_verdicts
from rebalance.formats.unchanged_file import begin_looks
from rebalance.model import Affinity, ClassAverages, Classes, Dataset, Evidence
from rebalance.pipeline.check_more import check_more, check_subsets
from rebalance.pipeline.check_settings import (
    check_balance,
    check_grouping,
    check_number_is_given,
    check_settings,
    is_used,
    unused_settings,
)
from rebalance.pipeline.given_affinity import fit_affinity
from rebalance.progress import Progress
from rebalance.record.affinity_file import images_digest, read_affinity
from rebalance.record.results_folder import ResultsFolder
from rebalance.record.summary import about_the_metric, doubts_of_views
from rebalance.registry import bind
from rebalance.settings import AUTO, RunSettings, named_files, plugin_name

if TYPE_CHECKING:
    from rebalance.pipeline.posed_superclasses import MatchedPoses

COMPUTED, CACHED, FROM_FILE = "computed", "cache", "file"
"""Where an affinity came from."""


@dataclass(frozen=True, eq=False)
class FoundAffinity:
    """An affinity, None where none is needed, and where it came from (empty without one)."""

    affinity: Affinity | None = None
    source: str = ""


@dataclass(frozen=True, eq=False)
class Prepared:
    """All that is known before class averages are compared.

    Parameters
    ----------
    settings : RunSettings
        After what a decisions file adds to them, and the metric's advice where it is followed.
    dataset : Dataset
    classes : Classes
    decisions : Decisions, optional
        Where a file of them is given.
    given : Affinity, optional
        Where a file of one is given, as it was read.
    cache : AffinityCache, optional
        None where settings forbid it.
    progress : Progress
    advice : tuple of str
        What is said of the metric's advice, where it is followed.
    verdicts : Evidence, optional
        Of a file of them, where one is given and counts.
    poses : MatchedPoses, optional
        Of the particles, where a refinement is given.
    into : type
        The kind of folder that results go to.
    """

    settings: RunSettings
    dataset: Dataset
    classes: Classes
    decisions: Decisions | None
    given: Affinity | None
    cache: AffinityCache | None
    progress: Progress
    advice: tuple[str, ...] = ()
    verdicts: Evidence | None = None
    poses: MatchedPoses | None = None
    into: type[ResultsFolder] = ResultsFolder

    def advised_by(self, affinity: Affinity | None) -> Prepared:
        """With the metric's advice followed where it holds for this affinity alone."""
        if self.advice or affinity is None:
            return self
        settings, advice = with_advice(self.settings, self.given, affinity)
        return replace(self, settings=settings, advice=advice)

    @property
    def inputs(self) -> list[Path]:
        """Every file that was named or read."""
        posed = () if self.poses is None else self.poses.files
        return [*named_files(self.settings), *self.dataset.sources, *posed]

    def results_folder(self, name: str) -> ResultsFolder:
        """Where the results go, if settings name no other place; OutputError if it is taken."""
        place = self.settings.output or Path(name)
        return self.into(
            place,
            overwrite=self.settings.overwrite,
            inputs=self.inputs,
            noted=self.cache is not None,
        )

    def kept_affinity(self) -> FoundAffinity | None:
        """The affinity, if it is there without comparing averages; None if it is not."""
        averages, settings = self.dataset.class_averages, self.settings
        if averages is None:
            return FoundAffinity()
        if self.given is not None and settings.affinity_file is not None:
            fitted = fit_affinity(self.given, averages, settings.affinity_file)
            return FoundAffinity(fitted, FROM_FILE)
        if not settings.compares:
            return FoundAffinity()
        if self.cache is None:
            return None
        from rebalance import engine

        kept = engine.kept_affinity(averages, cache=self.cache, **self._how_to_compare())
        return None if kept is None else FoundAffinity(kept, CACHED)

    def affinity(self, doing: str = "Comparing") -> FoundAffinity:
        """The affinity, computed if it is not there; ``doing`` is said of the class averages."""
        averages = self.dataset.class_averages
        if averages is not None and self.settings.compares:
            used = int(np.count_nonzero(~averages.is_empty))
            self.progress.stage(
                "affinity",
                f"{doing} {used:,} class averages ({used * (used - 1) // 2:,} pairs)",
                unit="pairs",
            )
        kept = self.kept_affinity()
        if kept is not None:
            return kept
        assert averages is not None
        return FoundAffinity(self._compare(averages), COMPUTED)

    def _how_to_compare(self) -> dict[str, Any]:
        from rebalance.engine.executor import find_executor

        return {
            "metric": self.settings.metric,
            "options": self.settings.options_of("metric"),
            "device": self.settings.device,
            "executor": find_executor(self.settings.executor, self.settings.scheduler),
        }

    def _compare(self, averages: ClassAverages) -> Affinity:
        from rebalance import engine
        from rebalance.engine.checkpoint import Checkpoints
        from rebalance.kernels.compiled_code import has_compiled

        # Of other packages it isn't known whether they have anything to compile.
        if _is_ours(self.settings) and not has_compiled():
            self.progress.say(
                "Compiling for this computer (about half a minute, the first time only)"
            )
        cache, checkpoints = self.cache, None
        if cache is not None:
            checkpoints = Checkpoints(cache.unfinished, limit=cache.limit, say=self.progress.say)
        affinity = engine.affinity(
            averages,
            threads=self.settings.threads,
            progress=self.progress.advance,
            cache=cache,
            checkpoints=checkpoints,
            **self._how_to_compare(),
        )
        if cache is not None and checkpoints is not None:
            cache.problems += checkpoints.problems
        return affinity

    def warnings(self, affinity: Affinity | None = None) -> list[str]:
        """What looks wrong so far, in settings, files and cache, and in what an affinity says."""
        kept = [] if self.cache is None else self.cache.problems
        unused = unused_settings(self.settings, self.dataset)
        posed = () if self.poses is None else self.poses.warnings
        return [*unused, *self.dataset.warnings, *kept, *doubts_of_views(affinity), *posed]

    def notes(self, affinity: Affinity | None) -> list[str]:
        """What was found or decided so far, in files, by the metric and by a person."""
        said = [*self.dataset.notes, *self.advice, *about_the_metric(affinity)]
        if self.decisions is not None and self.settings.decisions is not None:
            said += about_decisions(self.settings, self.decisions, self.settings.decisions.name)
        return [*said, *(() if self.poses is None else self.poses.notes)]


def _is_ours(settings: RunSettings) -> bool:
    metric = settings.metric
    bound = bind("metric", metric, settings.options_of("metric"))
    where = (
        type(metric).__module__
        if bound.registered is None
        else bound.registered.spec.implementation
    )
    return where.startswith("rebalance.")


def prepare(
    settings: RunSettings, progress: Progress, *, into: type[ResultsFolder] = ResultsFolder
) -> Prepared:
    """Check settings, read files, and find out which classes are used.

    Parameters
    ----------
    settings : RunSettings
    progress : Progress
    into : type
        The kind of folder that results go to.

    Raises
    ------
    RebalanceError
        A mistake in a file or a setting, found before the long work.
    """
    begin_looks()
    decisions = None if settings.decisions is None else read_decisions(settings.decisions)
    if decisions is not None:
        settings = with_decisions(settings, decisions)
    check_settings(settings, into)
    check_subsets(settings)
    given = None
    if settings.affinity_file is not None:
        progress.stage("affinity", f"Reading {settings.affinity_file}")
        given = read_affinity(settings.affinity_file)
    settings, advice = with_advice(settings, given)
    check_number_is_given(settings)
    progress.stage("read", f"Reading {settings.path}")
    dataset = _read(settings)
    check_balance(settings, dataset)
    check_more(settings, dataset)
    classes = find_classes(settings, dataset)
    if decisions is not None and settings.decisions is not None:
        averages = dataset.class_averages
        digest = None if averages is None else images_digest(averages)
        check_decisions(decisions, settings.decisions, classes, digest)
    check_grouping(settings, classes)
    verdicts = None
    if settings.verdicts is not None and settings.judges and dataset.class_averages is not None:
        from rebalance.formats.verdicts import read_verdicts

        read = read_verdicts(settings.verdicts)
        verdicts = of_verdicts(read, dataset.class_averages, settings.verdicts)
    poses = None
    if settings.poses is not None:
        from rebalance.pipeline.posed_superclasses import match_poses

        progress.stage("poses", f"Reading poses from {settings.poses}")
        poses = match_poses(
            dataset, settings.poses, symmetry=_symmetry_given(settings), project=settings.project
        )
    cache = AffinityCache() if settings.use_cache else None
    return Prepared(
        settings,
        dataset,
        classes,
        decisions,
        given,
        cache,
        progress,
        advice,
        verdicts,
        poses,
        into,
    )


def _symmetry_given(settings: RunSettings) -> str | None:
    """The point group that the metric is told, if any: the molecule has it in 3D, too."""
    given = settings.options_of("metric").get("symmetry")
    return None if given is None or str(given).lower() == AUTO else str(given)


def _read(settings: RunSettings) -> Dataset:
    from rebalance import formats

    return formats.read(
        settings.path,
        settings.class_averages,
        format=settings.format,
        passthrough=settings.passthrough,
        project=settings.project,
        pixel_size=settings.pixel_size,
        need_class_averages=settings.needs_affinity,
    )


def with_advice(
    settings: RunSettings, given: Affinity | None, found: Affinity | None = None
) -> tuple[RunSettings, tuple[str, ...]]:
    """The clustering that the metric advises, where no one names one; and what is said of it.

    Parameters
    ----------
    settings : RunSettings
    given : Affinity, optional
        Where a file of one is given: the metric is that of the file.
    found : Affinity, optional
        Once it is there. Before, only advice that holds for every affinity is followed.
    """
    advice = advice_on(settings, given)
    known = given if found is None else found
    if advice is None or not advice.holds({} if known is None else known.facts):
        return settings, ()
    metric = settings.metric if given is None else given.metric
    return following(settings, advice), (about_advice(plugin_name(metric), advice),)


def advice_on(settings: RunSettings, given: Affinity | None) -> Advice | None:
    """What the metric advises; None where a person names the clustering, or none is used."""
    is_named = settings.clustering != RunSettings.clustering or settings.options_of("clustering")
    if is_named or not is_used(settings, "clustering"):
        return None
    metric: Any = settings.metric if given is None else given.metric
    options: Mapping[str, Any] = settings.options_of("metric") if given is None else given.options
    return advice_of(metric, options, tries_numbers=settings.tries_numbers)


def following(settings: RunSettings, advice: Advice) -> RunSettings:
    """Settings with the clustering that is advised."""
    return replace(
        settings,
        clustering=advice.clustering,
        options={**settings.options, "clustering": dict(advice.options)},
    )
