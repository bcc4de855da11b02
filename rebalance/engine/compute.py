"""One affinity: what the metric needs first, then its tiles, then the matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from rebalance.contracts import ALIGNMENT, Metric
from rebalance.engine.assemble import Assembly, no_motion, spread_alignment, spread_matrix
from rebalance.engine.cache_key import affinity_key
from rebalance.engine.checkpoint import Checkpoint, Checkpoints
from rebalance.engine.device import resolve_device
from rebalance.engine.executor import Executor, check_place, find_executor
from rebalance.engine.requirements import (
    all_reads,
    handed_down,
    lasting_version,
    required,
)
from rebalance.engine.schedule import TILE_SHAPE, tiles
from rebalance.engine.threads import current_threads, use_threads
from rebalance.engine.tile_work import TileWork
from rebalance.errors import PluginError
from rebalance.model import Affinity, Alignment, ClassAverages, FloatArray
from rebalance.options import Options
from rebalance.registry import Bound, bind


class AffinityStore(Protocol):
    """Where affinities are kept between runs, by key."""

    def load(self, key: str) -> Affinity | None:
        """The affinity of a key, None if it is not there."""
        ...

    def store(self, affinity: Affinity) -> None:
        """Keep an affinity under its key."""
        ...


@dataclass(frozen=True)
class Setup:
    """Who computes, who hears of it, and what is kept: the same for all that a metric requires."""

    executor: Executor
    threads: int | None = None
    progress: Callable[[int, int], None] | None = None
    cache: AffinityStore | None = None
    checkpoints: Checkpoints | None = None


@dataclass(frozen=True)
class _Chosen:
    """A metric with its options, ready to be asked for tiles."""

    bound: Bound[Metric]
    version: str
    device: str

    @property
    def metric(self) -> Metric:
        return self.bound.plugin

    @property
    def name(self) -> str:
        return self.bound.name

    @property
    def options(self) -> Options:
        return self.bound.options

    @property
    def is_lasting(self) -> bool:
        """Whether its results may be kept: a metric installed nowhere has no version."""
        return bool(self.version)

    def key_of(self, averages: ClassAverages) -> str:
        """By which the affinity of these averages is known."""
        return affinity_key(
            averages,
            self.name,
            self.version,
            self.bound.recorded_options,
            self.device,
            all_reads(self.metric, self.options),
        )


def find_kept(
    averages: ClassAverages,
    metric: str | Metric,
    *,
    options: Mapping[str, Any] | Options | None,
    device: str,
    executor: Any,
    cache: AffinityStore,
) -> Affinity | None:
    """See `rebalance.engine.kept_affinity`."""
    chosen = _choose(metric, options, _place(find_executor(executor), device))
    return _kept(chosen, chosen.key_of(averages), cache)


def compute_affinity(
    averages: ClassAverages,
    metric: str | Metric,
    *,
    options: Mapping[str, Any] | Options | None,
    device: str,
    setup: Setup,
) -> Affinity:
    """See `rebalance.affinity`."""
    chosen = _choose(metric, options, _place(setup.executor, device))
    key = chosen.key_of(averages)
    kept = _kept(chosen, key, setup.cache)
    if kept is not None:
        return kept

    # A boolean index copies; without empties the images are used where they are.
    used = averages.subset(~averages.is_empty) if averages.is_empty.any() else averages
    needed = _requirements(chosen, averages, setup)
    assembly = Assembly(len(used), chosen.name, chosen.metric.returns)
    stated = _Stated()
    with ExitStack() as stack:
        stack.enter_context(use_threads(setup.threads))
        # Results of a metric without a version may be those of other code.
        checkpoint = (
            stack.enter_context(setup.checkpoints.open(key))
            if setup.checkpoints is not None and chosen.is_lasting
            else None
        )
        if len(used):
            features = chosen.metric.prepare(used, chosen.options, chosen.device)
            work = TileWork(chosen.metric, features, needed.alignment, needed.others)
            _run_tiles(work, assembly, chosen.device, checkpoint, setup)
            stated = _stated(chosen, features)
        values, raw, mapping = assembly.finish()
        own = assembly.alignment or needed.alignment or needed.inherited
        result = Affinity(
            values=spread_matrix(values, averages.is_empty, diagonal=1.0),
            class_id=averages.class_id,
            is_empty=averages.is_empty,
            metric=chosen.name,
            options=chosen.bound.recorded_options,
            alignment=None if own is None else spread_alignment(own, averages.is_empty),
            raw=None if raw is None else spread_matrix(raw, averages.is_empty, diagonal=0.0),
            facts={**needed.facts, **stated.facts, **mapping, "device": chosen.device},
            key=key,
            notes=(*needed.notes, *stated.notes),
            results=stated.results,
        )
        if setup.cache is not None and chosen.is_lasting:
            setup.cache.store(result)
    return result


def _place(executor: Executor, device: str) -> str:
    check_place(executor, device)
    return "cpu" if device == "auto" and not executor.is_here else device


def _choose(metric: Any, options: Mapping[str, Any] | Options | None, device: str) -> _Chosen:
    bound = bind("metric", metric, options)
    version = str(bound.plugin.version)
    if bound.registered is not None:
        version = lasting_version(bound.registered, bound.options)
    return _Chosen(bound, version, resolve_device(device, bound.plugin, bound.name))


def _kept(chosen: _Chosen, key: str, cache: AffinityStore | None) -> Affinity | None:
    return cache.load(key) if cache is not None and chosen.is_lasting else None


@dataclass(frozen=True)
class _Needed:
    """What a metric asks for, of the averages that are not empty."""

    alignment: Alignment | None = None
    """The shared alignment, if it was requested."""
    inherited: Alignment | None = None
    """That of the first other metric that has one; used to show results."""
    others: Mapping[str, FloatArray] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def _requirements(chosen: _Chosen, averages: ClassAverages, setup: Setup) -> _Needed:
    alignment: Alignment | None = None
    inherited: Alignment | None = None
    others: dict[str, FloatArray] = {}
    facts: dict[str, Any] = {}
    notes: tuple[str, ...] = ()
    used = np.flatnonzero(~averages.is_empty)
    if setup.cache is None:
        # Two that are required may require the same: the search runs once, cache or not.
        setup = replace(setup, cache=_ThisCall())
    for word in chosen.metric.requirements(chosen.options):
        found = required(word)
        name, provider = found.name, found.load()
        needed = compute_affinity(
            averages,
            name,
            options=handed_down(chosen.options, provider.options_model, name),
            device=chosen.device if "cuda" in provider.devices else "cpu",
            setup=setup,
        )
        facts |= {**needed.facts}
        notes += tuple(note for note in needed.notes if note not in notes)
        if word.partition(":")[0] == ALIGNMENT:
            if needed.alignment is not None:
                alignment = _without_empties(needed.alignment, used)
            elif len(used) < 2:
                # Of no pair at all nothing was computed.
                alignment = no_motion(len(used))
            else:
                raise PluginError(f"The metric {name!r} provides no alignment.")
            facts["aligned_by"] = name
        else:
            others[word] = needed.values[np.ix_(used, used)]
            if inherited is None and needed.alignment is not None:
                inherited = _without_empties(needed.alignment, used)
    return _Needed(alignment, inherited, others, facts, notes)


def _without_empties(alignment: Alignment, used: np.ndarray) -> Alignment:
    if len(used) == alignment.n:
        return alignment
    i, j = np.triu_indices(len(used), 1)
    at = alignment.index(used[i], used[j])
    return Alignment(alignment.rotation[at], alignment.shift[at], alignment.mirror[at], len(used))


class _ThisCall:
    """Affinities that required metrics share, for as long as one call."""

    def __init__(self) -> None:
        self._kept: dict[str, Affinity] = {}

    def load(self, key: str) -> Affinity | None:
        return self._kept.get(key)

    def store(self, affinity: Affinity) -> None:
        self._kept[affinity.key] = affinity


@dataclass(frozen=True)
class _Stated:
    """What a metric states of its features beside the values."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    results: Mapping[str, Any] = field(default_factory=dict)


def _stated(chosen: _Chosen, features: Any) -> _Stated:
    metric = chosen.metric
    results = {name: np.asarray(value) for name, value in metric.results(features).items()}
    for name, array in results.items():
        # What is no array of numbers can't be kept in a file without pickle.
        if array.dtype.kind not in "fiub":
            raise PluginError(
                f"The metric {chosen.name!r} returned {name!r} among its results as "
                f"{array.dtype}; an array of numbers was expected.",
                hint="Report it to the authors of the metric.",
            )
    return _Stated(dict(metric.facts(features)), tuple(metric.notes(features)), results)


def _run_tiles(
    work: TileWork, assembly: Assembly, device: str, checkpoint: Checkpoint | None, setup: Setup
) -> None:
    on_gpu = device == "cuda"
    n = assembly.n
    waiting = dict.fromkeys(tiles(n, work.metric.tile_shapes.get(device, TILE_SHAPE)))
    total = n * (n - 1) // 2
    done = 0
    if checkpoint is not None:
        for tile, block in checkpoint.finished(tuple(waiting)):
            assembly.add(tile, block)
            done += tile.n_pairs
            del waiting[tile]
        if done:
            checkpoint.say(
                f"Resuming an interrupted run: {done:,} of {total:,} pairs were already compared"
            )
    if setup.progress is not None:
        setup.progress(done, total)
    # A GPU is kept busy by one tile while a second thread finishes the one before.
    with (
        use_threads(2 if on_gpu else current_threads()),
        closing(setup.executor.run(work, tuple(waiting))) as results,
    ):
        for tile, block in results:
            assembly.add(tile, block)
            if checkpoint is not None:
                checkpoint.add(tile, block)
            done += tile.n_pairs
            if setup.progress is not None:
                setup.progress(done, total)
