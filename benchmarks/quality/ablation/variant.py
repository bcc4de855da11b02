"""A metric and a clustering, as `benchmarks.quality.ablation` names and applies them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from rebalance import engine
from rebalance.clusterings import cluster
from rebalance.hookspecs import Clustering
from rebalance.metrics.search_options import SearchOptions, resolve_search
from rebalance.model import Affinity, ClassAverages, DoubleArray, Superclasses


@dataclass(frozen=True)
class Method:
    """A metric and a clustering.

    Parameters
    ----------
    name : str
    metric : str or callable
        Of the package, or averages → float64 (N, N) affinity.
    clustering : str or Clustering
    options, search : dict
        Of the clustering, of the metric.
    shift : float, optional
        ``max_shift`` as a fraction of the box.
    times : dict
        Lengths of the search as multiples of what it finds by itself.
    needs : str
        Clustering or metric that has to be installed.
    """

    name: str
    metric: str | Callable[[ClassAverages], DoubleArray] = "rotational-cc"
    clustering: str | Clustering = "hierarchical"
    options: dict[str, Any] = field(default_factory=dict)
    search: dict[str, Any] = field(default_factory=dict)
    shift: float | None = None
    needs: str = ""
    times: dict[str, float] = field(default_factory=dict)

    @property
    def affinity_key(self) -> str:
        """The same for methods that cluster the same affinity."""
        return repr((self.metric, sorted(self.search.items()), self.shift, self.times))


def affinity_of(averages: ClassAverages, method: Method) -> Affinity:
    """What the method clusters."""
    if callable(method.metric):
        found = np.asarray(method.metric(averages))
        values = ((found + found.T) / 2).astype(np.float32)
        np.fill_diagonal(values, 1.0)
        plain = engine.affinity(averages.subset(np.arange(2)))
        return replace(
            plain, values=values, class_id=averages.class_id,
            is_empty=np.zeros(len(averages), dtype=np.bool_), alignment=None, raw=None,
        )  # fmt: skip
    search = dict(method.search)
    if method.shift is not None:
        search["max_shift"] = f"{method.shift * averages.box:g}px"
    if method.times:
        facts = resolve_search(averages, SearchOptions()).facts
        for name, times in method.times.items():
            pixels = min(max(facts[f"{name}_px"] * times, 2.0), averages.box)
            search[name] = f"{pixels:g}px"
    return engine.affinity(averages, metric=method.metric, options=search)


def group(averages: ClassAverages, method: Method, affinity: Affinity, n: int) -> Superclasses:
    """Superclasses of one set."""
    return cluster(
        affinity,
        n,
        clustering=method.clustering,
        options=method.options,
        n_particles=averages.n_particles,
    )
