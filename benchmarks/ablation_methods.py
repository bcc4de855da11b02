"""The rows of `benchmarks.ablation`: the default, and the default with one thing changed."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.quality_methods import Method
from benchmarks.quality_sets import KnownSet
from rebalance import engine
from rebalance.metrics.search_options import SearchOptions, resolve_search
from rebalance.model import ClassAverages, DoubleArray
from rebalance.registry import registry


def rows_correlated(averages: ClassAverages) -> DoubleArray:
    """Correlation of the rows of the affinity: averages are alike that are alike to others."""
    values = engine.affinity(averages).values.astype(np.float64)
    return np.clip(np.corrcoef(values), 0.0, 1.0)


def mutual_ranks(averages: ClassAverages) -> DoubleArray:
    """Mean of the ranks that two averages have for each other, 1 for the nearest."""
    values = engine.affinity(averages).values.astype(np.float64)
    np.fill_diagonal(values, 2.0)
    rank = values.argsort(axis=1).argsort(axis=1) / (len(values) - 1)
    return np.asarray((rank + rank.T) / 2)


def above_background(averages: ClassAverages) -> DoubleArray:
    """Scores relative to the affinities that each average has to all, as a logistic of them."""
    values = engine.affinity(averages).values.astype(np.float64)
    off = values[~np.eye(len(values), dtype=bool)].reshape(len(values), -1)
    score = (values - off.mean(axis=1, keepdims=True)) / off.std(axis=1, keepdims=True)
    return np.asarray(1.0 / (1.0 + np.exp(-(score + score.T) / 2)))


def divided_by_reliability(averages: ClassAverages, clean: ClassAverages) -> DoubleArray:
    """Affinity over √(rᵢ rⱼ): √r is that of an average with its own copy without noise."""
    n = len(averages)
    mask = resolve_search(averages, SearchOptions()).facts["mask_diameter_px"]
    both = ClassAverages(
        np.concatenate([averages.images, clean.images]), np.arange(1, 2 * n + 1),
        averages.pixel_size,
    )  # fmt: skip
    values = engine.affinity(both, options={"mask_diameter": f"{mask}px"}).values.astype(np.float64)
    root = np.maximum(np.diag(values[:n, n:]), 0.05)
    divided = values[:n, :n] / np.outer(root, root)
    # Noise takes some above 1; clipping those would make them all the same.
    return np.asarray(divided / max(1.0, float(divided[~np.eye(n, dtype=bool)].max())))


_METHODS = (
    Method("default"),
    *(Method(f"whitening {w:g}", search={"whitening": w}) for w in (0.0, 0.25, 0.35, 0.65, 1.0)),
    *(Method(f"shift {100 * s:g} %", shift=s) for s in (0.0, 0.02, 0.04, 0.08)),
    Method("no centring, shift 8 %", search={"center": False}),
    Method("no centring, shift 1 %", search={"center": False}, shift=0.01),
    Method("no mirror", search={"mirror": False}),
    *(Method(f"mask {t:g} times", times={"mask_diameter": t}) for t in (0.8, 1.2)),
    *(Method(f"low-pass {t:g} times", times={"low_pass": t}) for t in (1.5, 2.0, 3.0)),
    *(Method(f"linkage {name}", options={"linkage": name})
      for name in ("average", "complete", "weighted", "single", "ward")),
    *(Method(f"size weight {w:g}", options={"size_weight": w}) for w in (0.05, 0.2, 0.4)),
    Method("frc", "frc"),
    Method("blend of cc and frc", "blend", needs="blend"),
    Method("rows of the affinity correlated", rows_correlated),
    Method("mutual ranks", mutual_ranks),
    Method("relative to an average's background", above_background),
    Method("spectral", clustering="spectral"),
    Method("spectral, local scaling", clustering="spectral", options={"scaling": "local"}),
)  # fmt: skip


def methods_for(found: KnownSet, names: list[str] | None = None) -> list[Method]:
    """The rows for a set, without plugins that are not installed."""
    there = {plugin.name for plugin in registry().of_kind("metric")}
    rows = [method for method in _METHODS if not method.needs or method.needs in there]
    if found.clean is not None:
        rows.append(
            Method(
                "divided by √(rᵢ rⱼ), true r", partial(divided_by_reliability, clean=found.clean)
            )
        )
    return [method for method in rows if not names or method.name in names]
