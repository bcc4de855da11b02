"""From class averages to their affinity: what every metric is given without asking."""

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
    """How alike every pair of class averages is.

    Parameters
    ----------
    averages : ClassAverages
        Empty averages are left out; their affinity with all others is 0.
    metric : str or Metric
        Name of an installed metric, or an instance of a class that is installed nowhere.
    options : mapping or Options, optional
        The metric's options; lengths as in ``{"max_shift": "10px"}``.
    threads : int, optional
        All processors of this process by default, or ``NUMBA_NUM_THREADS``.
    device : {"auto", "cpu", "cuda"}
    executor : str, distributed.Client, Cluster or Executor
        Who computes: the threads of this process (``"local"``), or the workers of a Dask cluster
        (its client, or ``"dask"`` for the client of this process). The bytes are the same on
        processors of one kind.
    progress : callable, optional
        Called with (pairs done, pairs in all), first with those of a checkpoint.
    cache : AffinityStore, optional
        Looked up first, and filled; by default nothing is kept.
    checkpoints : Checkpoints, optional
        Where finished tiles are kept until the affinity is complete, so that the same call goes
        on after a kill; by default nowhere.

    Returns
    -------
    Affinity
        ``values`` float32 (N, N), symmetric, unit diagonal, in [0, 1]. It carries the particle
        counts of the averages.

    Raises
    ------
    OptionError
        An option of the metric is wrong, or a length in Å has no pixel size to be measured by.
    DeviceError
        A GPU is asked for and none is there.
    ExecutorError
        Workers are asked for and can't be reached, are lost, or have other versions.
    PluginError
        There is no such metric, or it breaks its contract.
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
