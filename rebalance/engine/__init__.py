"""From class averages to their affinity: cache, tiles, threads and checkpoints for every metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rebalance import defaults
from rebalance.contracts import Metric
from rebalance.engine.checkpoint import Checkpoints
from rebalance.engine.compute import AffinityStore, Setup, compute_affinity, find_kept
from rebalance.engine.executor import find_executor
from rebalance.model import Affinity, ClassAverages
from rebalance.options import Options

__all__ = ["AffinityStore", "affinity", "kept_affinity"]


def affinity(
    averages: ClassAverages,
    metric: str | Metric = defaults.METRIC,
    *,
    options: Mapping[str, Any] | Options | None = None,
    threads: int | None = None,
    device: str = "auto",
    executor: Any = "local",
    progress: Callable[[int, int], None] | None = None,
    cache: AffinityStore | None = None,
    checkpoints: Checkpoints | None = None,
) -> Affinity:
    """How alike every pair of class averages is; `rebalance.affinity`, which takes paths too.

    Parameters
    ----------
    averages : ClassAverages
        Empty averages are left out; their affinity with all others is 0.
    metric, options, threads, device, executor, progress, cache, checkpoints
        As for `rebalance.affinity`.

    Returns
    -------
    Affinity
        It carries the particle counts of the averages.

    Raises
    ------
    OptionError, DeviceError, ExecutorError, PluginError
        As `rebalance.affinity` does.
    """
    found = compute_affinity(
        averages,
        metric,
        options=options,
        device=device,
        setup=Setup(find_executor(executor), threads, progress, cache, checkpoints),
    )
    return replace(found, n_particles=averages.n_particles)


def kept_affinity(
    class_averages: ClassAverages,
    metric: str | Metric = defaults.METRIC,
    *,
    cache: AffinityStore,
    options: Mapping[str, Any] | Options | None = None,
    device: str = "auto",
    executor: Any = "local",
) -> Affinity | None:
    """What `affinity` would find in the cache; None where it would have to compare.

    Parameters
    ----------
    class_averages : ClassAverages
    metric, cache, options, device, executor
        As for `affinity`.

    Raises
    ------
    OptionError, DeviceError, ExecutorError, PluginError
        As `affinity` does.
    """
    found = find_kept(
        class_averages, metric, options=options, device=device, executor=executor, cache=cache
    )
    return None if found is None else replace(found, n_particles=class_averages.n_particles)
