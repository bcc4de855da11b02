"""From class averages to their affinity: what every metric is given without asking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from rebalance import defaults

if TYPE_CHECKING:
    from rebalance.contracts import Metric
    from rebalance.engine.checkpoint import Checkpoints
    from rebalance.model import Affinity, ClassAverages
    from rebalance.options import Options


class AffinityStore(Protocol):
    """Where affinities are kept between runs, by key."""

    def load(self, key: str) -> Affinity | None:
        """The affinity of a key, None if it is not there."""
        ...

    def store(self, affinity: Affinity) -> None:
        """Keep an affinity under its key."""
        ...


def affinity(
    class_averages: ClassAverages,
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
    class_averages : ClassAverages
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
        ``values`` float32 (N, N), symmetric, unit diagonal, in [0, 1].

    Raises
    ------
    OptionError
        An option of the metric is wrong, or a length in Å has no pixel size to be measured by.
    DeviceError
        A card is asked for and none is there.
    ExecutorError
        Workers are asked for and can't be reached, are lost, or have other versions.
    PluginError
        There is no such metric, or it breaks its contract.
    """
    from rebalance.engine.compute import compute_affinity

    return compute_affinity(
        class_averages,
        metric,
        options=options,
        threads=threads,
        device=device,
        executor=executor,
        progress=progress,
        cache=cache,
        checkpoints=checkpoints,
    )
