"""The rows of `benchmarks.ablation`: the default, and the default with one thing changed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.ablation_method import Method
from benchmarks.by_particles import ByParticles
from benchmarks.known_sets import KnownSet
from rebalance import engine
from rebalance.clusterings import cluster_each
from rebalance.evaluation.known_views import KnownViews
from rebalance.metrics.search_options import SearchOptions, resolve_search
from rebalance.model import ClassAverages, Classes, DoubleArray
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


def true_angles(averages: ClassAverages, known: KnownViews) -> DoubleArray:
    """1 − the angle between the true views ÷ 90°: all that an affinity could tell."""
    return np.asarray(1.0 - known.angles_of_modal_views(averages.class_id) / 90.0)


def cut_at_resolution(averages: ClassAverages) -> DoubleArray:
    """Affinity of averages that are low-passed at their own resolution, Butterworth of order 4."""
    if averages.resolution is None or averages.pixel_size is None:
        return engine.affinity(averages).values.astype(np.float64)
    resolution = averages.resolution
    known = np.isfinite(resolution) & (resolution > 0)
    highest = np.where(known, averages.pixel_size / np.where(known, resolution, 1.0), 0.5)
    ratio = _frequency(averages.box) / highest[:, None, None]
    return _affinity_as_found(averages, 1.0 / np.sqrt(1.0 + ratio**8))


def whitened_alike(averages: ClassAverages) -> DoubleArray:
    """All averages whitened by the same spectrum, the mean of all, by half."""
    frequency = _frequency(averages.box)
    ring = np.round(frequency * averages.box).astype(np.int64)
    spectra = np.abs(np.fft.rfft2(averages.images)).astype(np.float64) ** 2
    power = spectra / spectra.sum(axis=(1, 2), keepdims=True)
    density = np.bincount(ring.ravel(), power.mean(axis=0).ravel()) / np.bincount(ring.ravel())
    weight = np.maximum(density / density.max(), 1e-6) ** -0.25
    return _affinity_as_found(averages, weight[ring][None], whitening=0.0)


def _frequency(box: int) -> DoubleArray:
    """Cycles per pixel of the samples of a real FFT."""
    return np.hypot(np.fft.fftfreq(box)[:, None], np.fft.rfftfreq(box))


def _affinity_as_found(
    averages: ClassAverages, transfer: DoubleArray, **options: Any
) -> DoubleArray:
    """Affinity of filtered averages in the mask that was found without the filter."""
    mask = resolve_search(averages, SearchOptions()).facts["mask_diameter_px"]
    box = (averages.box, averages.box)
    images = np.fft.irfft2(np.fft.rfft2(averages.images) * transfer, s=box).astype(np.float32)
    return engine.affinity(
        replace(averages, images=images), options={"mask_diameter": f"{mask}px", **options}
    ).values.astype(np.float64)


def mean_of_settings(averages: ClassAverages) -> DoubleArray:
    """Consensus of affinities: the mean over three whitenings and three masks."""
    mask = resolve_search(averages, SearchOptions()).facts["mask_diameter_px"]
    options: list[dict[str, Any]] = [{"whitening": w} for w in (0.25, 0.5, 0.65)]
    options += [{"mask_diameter": f"{min(mask * t, averages.box)}px"} for t in (0.9, 1.1)]
    found = [engine.affinity(averages, options=each).values for each in options]
    return np.asarray(np.mean(found, axis=0, dtype=np.float64))


def how_often_together(averages: ClassAverages) -> DoubleArray:
    """Consensus of clusterings: how often two averages go together, for 4 to 24 superclasses.

    By evidence accumulation (Fred and Jain, IEEE Trans. Pattern Anal. Mach. Intell. 27 (2005) 835).
    """
    together = np.zeros((len(averages), len(averages)))
    numbers = [k for k in range(4, 25, 2) if k < len(averages)]
    for whitening in (0.25, 0.5, 0.65):
        affinity = engine.affinity(averages, options={"whitening": whitening})
        classes = Classes.of(affinity.class_id, is_empty=affinity.is_empty)
        for linkage in ("average", "ward"):
            options = {"linkage": linkage}
            for found in cluster_each(classes, affinity, numbers, options=options).values():
                together += found.label[:, None] == found.label
    return together / together.max()


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


_DIRECT = {"path_neighbors": 0}
_METHODS = (
    Method("default"),
    Method("no paths", options=_DIRECT),
    *(Method(f"paths through {k} neighbours", options={"path_neighbors": k})
      for k in (2, 3, 6, 10)),
    *(Method(f"path power {p:g}", options={"path_power": p}) for p in (2.0, 2.6, 4.0)),
    *(Method(f"size weight {w:g}", options={"size_weight": w}) for w in (0.05, 0.2, 0.4)),
    *(Method(f"linkage {name}", options={"linkage": name})
      for name in ("average", "complete", "weighted", "single", "ward")),
    *(Method(f"linkage {name}, no paths", options={"linkage": name, **_DIRECT})
      for name in ("average", "ward")),
    Method("averages count by their particles", clustering=ByParticles()),
    *(Method(f"whitening {w:g}", search={"whitening": w}) for w in (0.0, 0.25, 0.35, 0.65, 1.0)),
    Method("whitening ½, all averages alike", whitened_alike),
    Method("low-pass at each average's resolution", cut_at_resolution),
    *(Method(f"low-pass {t:g} times", times={"low_pass": t}) for t in (1.5, 2.0, 3.0)),
    *(Method(f"mask {t:g} times", times={"mask_diameter": t}) for t in (0.8, 1.2)),
    *(Method(f"shift {100 * s:g} %", shift=s) for s in (0.0, 0.02, 0.04, 0.08)),
    Method("no centring, shift 8 %", search={"center": False}),
    Method("no centring, shift 1 %", search={"center": False}, shift=0.01),
    Method("no mirror", search={"mirror": False}),
    Method("frc", "frc"),
    Method("blend of cc and frc", "blend", needs="blend"),
    Method("mean of five settings", mean_of_settings),
    Method("how often together", how_often_together),
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
    if found.known is not None:
        angles = partial(true_angles, known=found.known)
        rows += [
            Method(
                "true angles, average, no paths", angles, options=_DIRECT | {"linkage": "average"}
            ),
            Method("true angles", angles),
            Method("true angles, ward, no paths", angles, options=_DIRECT | {"linkage": "ward"}),
        ]
    if found.clean is not None:
        rows.append(
            Method(
                "divided by √(rᵢ rⱼ), true r", partial(divided_by_reliability, clean=found.clean)
            )
        )
    return [method for method in rows if not names or method.name in names]
