"""One affinity: what the metric needs first, then its tiles, then the matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from rebalance.contracts import ALIGNMENT, Metric
from rebalance.engine import AffinityStore
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

ProgressCall = Callable[[int, int], None]


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
    def reads(self) -> tuple[str, ...]:
        """What it, or a metric that it requires, reads of the averages beside their images."""
        return all_reads(self.metric, self.options)

    @property
    def is_lasting(self) -> bool:
        """Whether its results may be kept: a metric installed nowhere has no version."""
        return bool(self.version)


def compute_affinity(
    averages: ClassAverages,
    metric: Any,
    *,
    options: Mapping[str, Any] | Options | None = None,
    threads: int | None = None,
    device: str = "auto",
    executor: Any = "local",
    progress: ProgressCall | None = None,
    cache: AffinityStore | None = None,
    checkpoints: Checkpoints | None = None,
) -> Affinity:
    """See `rebalance.affinity`."""
    executor = find_executor(executor)
    check_place(executor, device)
    if device == "auto" and not executor.is_here:
        device = "cpu"
    chosen = _choose(metric, options, device)
    recorded = chosen.bound.recorded_options
    key = affinity_key(averages, chosen.name, chosen.version, recorded, chosen.device, chosen.reads)
    if cache is not None and chosen.is_lasting:
        found = cache.load(key)
        if found is not None:
            return found

    # A boolean index copies; without empties the images are used where they are.
    used = averages.subset(~averages.is_empty) if averages.is_empty.any() else averages
    alignment, inherited, others, needed = _requirements(
        chosen,
        averages,
        threads=threads,
        executor=executor,
        progress=progress,
        # Two that are required may require the same: the search runs once, cache or not.
        cache=_ThisCall() if cache is None else cache,
        checkpoints=checkpoints,
    )
    with ExitStack() as stack:
        stack.enter_context(use_threads(threads))
        # Results of a metric without a version may be those of other code.
        checkpoint = (
            stack.enter_context(checkpoints.open(key))
            if checkpoints is not None and chosen.is_lasting
            else None
        )
        assembly, facts = _run_tiles(
            chosen, used, alignment, others, _Run(executor, progress, checkpoint)
        )
        values, raw, mapping = assembly.finish()
        own = assembly.alignment or alignment or inherited
        result = Affinity(
            values=spread_matrix(values, averages.is_empty, diagonal=1.0),
            class_id=averages.class_id,
            is_empty=averages.is_empty,
            metric=chosen.name,
            options=recorded,
            alignment=None if own is None else spread_alignment(own, averages.is_empty),
            raw=None if raw is None else spread_matrix(raw, averages.is_empty, diagonal=0.0),
            facts={**needed, **facts, **mapping, "device": chosen.device},
            key=key,
        )
        if cache is not None and chosen.is_lasting:
            cache.store(result)
    return result


def _choose(metric: Any, options: Mapping[str, Any] | Options | None, device: str) -> _Chosen:
    bound = bind("metric", metric, options)
    version = str(bound.plugin.version)
    if bound.registered is not None:
        version = lasting_version(bound.registered, bound.options)
    return _Chosen(bound, version, resolve_device(device, bound.plugin, bound.name))


def _requirements(
    chosen: _Chosen,
    averages: ClassAverages,
    *,
    threads: int | None,
    executor: Executor,
    progress: ProgressCall | None,
    cache: AffinityStore | None,
    checkpoints: Checkpoints | None,
) -> tuple[Alignment | None, Alignment | None, dict[str, FloatArray], dict[str, Any]]:
    """What this metric asks for.

    The shared alignment, if it is asked for; else that of the first other metric which has one,
    by which results can be shown; the affinities of other metrics; and the facts of all.
    """
    alignment: Alignment | None = None
    inherited: Alignment | None = None
    others: dict[str, FloatArray] = {}
    facts: dict[str, Any] = {}
    used = np.flatnonzero(~averages.is_empty)
    for word in chosen.metric.requirements(chosen.options):
        found = required(word)
        name, provider = found.name, found.load()
        needed = compute_affinity(
            averages,
            name,
            options=handed_down(chosen.options, provider.options_model, name),
            threads=threads,
            device=chosen.device if "cuda" in provider.devices else "cpu",
            executor=executor,
            progress=progress,
            cache=cache,
            checkpoints=checkpoints,
        )
        facts |= {**needed.facts}
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
    return alignment, inherited, others, facts


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
class _Run:
    """How tiles are computed, and who hears of it."""

    executor: Executor
    progress: ProgressCall | None
    checkpoint: Checkpoint | None


def _run_tiles(
    chosen: _Chosen,
    used: ClassAverages,
    alignment: Alignment | None,
    others: Mapping[str, FloatArray],
    run: _Run,
) -> tuple[Assembly, dict[str, Any]]:
    assembly = Assembly(len(used), chosen.name, chosen.metric.returns)
    if len(used) == 0:
        return assembly, {}
    features = chosen.metric.prepare(used, chosen.options, chosen.device)
    work = TileWork(chosen.metric, features, alignment, others)
    on_card = chosen.device == "cuda"
    shape = chosen.metric.tile_shapes.get(chosen.device, TILE_SHAPE)
    waiting = dict.fromkeys(tiles(len(used), shape))
    total = len(used) * (len(used) - 1) // 2
    done = 0
    if run.checkpoint is not None:
        for tile, block in run.checkpoint.finished(tuple(waiting)):
            assembly.add(tile, block)
            done += tile.n_pairs
            del waiting[tile]
        if done:
            run.checkpoint.say(
                f"{done:,} of {total:,} pairs were compared by a run that was stopped; "
                "going on from there"
            )
    if run.progress is not None:
        run.progress(done, total)
    # A card is kept busy by one tile while a second thread finishes the one before.
    with (
        use_threads(2 if on_card else current_threads()),
        closing(run.executor.run(work, tuple(waiting))) as results,
    ):
        for tile, block in results:
            assembly.add(tile, block)
            if run.checkpoint is not None:
                run.checkpoint.add(tile, block)
            done += tile.n_pairs
            if run.progress is not None:
                run.progress(done, total)
    return assembly, dict(chosen.metric.facts(features))
