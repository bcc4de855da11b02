"""The variants of the ablation: the default, and the default with one thing changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.quality.ablation.particle_weighted_linkage import ParticleWeightedLinkage
from benchmarks.quality.classifications import KnownClassification
from rebalance import engine
from rebalance.api import cluster
from rebalance.clusterings import cluster_each
from rebalance.contracts import Clustering
from rebalance.evaluation.known_views import KnownViews
from rebalance.metrics.search_options import SearchOptions, resolve_search
from rebalance.model import Affinity, ClassAverages, Classes, DoubleArray, Superclasses
from rebalance.registry import registry


@dataclass(frozen=True)
class Variant:
    """A metric and a clustering, under the name of what is changed.

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
        """The same for variants that cluster the same affinity."""
        return repr((self.metric, sorted(self.search.items()), self.shift, self.times))


def affinity_of(averages: ClassAverages, variant: Variant) -> Affinity:
    """What the variant clusters."""
    if callable(variant.metric):
        found = np.asarray(variant.metric(averages))
        values = ((found + found.T) / 2).astype(np.float32)
        np.fill_diagonal(values, 1.0)
        return Affinity(values, averages.class_id, np.zeros(len(averages), dtype=np.bool_))
    search = dict(variant.search)
    if variant.shift is not None:
        search["max_shift"] = f"{variant.shift * averages.box:g}px"
    if variant.times:
        facts = resolve_search(averages, SearchOptions()).facts
        for name, times in variant.times.items():
            pixels = min(max(facts[f"{name}_px"] * times, 2.0), averages.box)
            search[name] = f"{pixels:g}px"
    return engine.affinity(averages, metric=variant.metric, options=search)


def group(averages: ClassAverages, variant: Variant, affinity: Affinity, n: int) -> Superclasses:
    """Superclasses of one set."""
    return cluster(
        affinity,
        n,
        clustering=variant.clustering,
        options=variant.options,
        n_particles=averages.n_particles,
    )


def rows_correlated(averages: ClassAverages) -> DoubleArray:
    """Correlation of the rows of the affinity: averages are alike that are alike to others."""
    values = engine.affinity(averages, "rotational-cc").values.astype(np.float64)
    return np.clip(np.corrcoef(values), 0.0, 1.0)


def mutual_ranks(averages: ClassAverages) -> DoubleArray:
    """Mean of the ranks that two averages have for each other, 1 for the nearest."""
    values = engine.affinity(averages, "rotational-cc").values.astype(np.float64)
    np.fill_diagonal(values, 2.0)
    rank = values.argsort(axis=1).argsort(axis=1) / (len(values) - 1)
    return np.asarray((rank + rank.T) / 2)


def above_background(averages: ClassAverages) -> DoubleArray:
    """Scores relative to the affinities that each average has to all, as a logistic of them."""
    values = engine.affinity(averages, "rotational-cc").values.astype(np.float64)
    off = values[~np.eye(len(values), dtype=bool)].reshape(len(values), -1)
    score = (values - off.mean(axis=1, keepdims=True)) / off.std(axis=1, keepdims=True)
    return np.asarray(1.0 / (1.0 + np.exp(-(score + score.T) / 2)))


def true_angles(averages: ClassAverages, known: KnownViews) -> DoubleArray:
    """1 − the angle between the true views ÷ 90°: all that an affinity could tell."""
    return np.asarray(1.0 - known.angles_of_modal_views(averages.class_id) / 90.0)


def cut_at_resolution(averages: ClassAverages) -> DoubleArray:
    """Affinity of averages that are low-passed at their own resolution, Butterworth of order 4."""
    if averages.resolution is None or averages.pixel_size is None:
        return engine.affinity(averages, "rotational-cc").values.astype(np.float64)
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
        replace(averages, images=images),
        "rotational-cc",
        options={"mask_diameter": f"{mask}px", **options},
    ).values.astype(np.float64)


def mean_of_settings(averages: ClassAverages) -> DoubleArray:
    """Consensus of affinities: the mean over three whitenings and three masks."""
    mask = resolve_search(averages, SearchOptions()).facts["mask_diameter_px"]
    options: list[dict[str, Any]] = [{"whitening": w} for w in (0.25, 0.5, 0.65)]
    options += [{"mask_diameter": f"{min(mask * t, averages.box)}px"} for t in (0.9, 1.1)]
    found = [engine.affinity(averages, "rotational-cc", options=each).values for each in options]
    return np.asarray(np.mean(found, axis=0, dtype=np.float64))


def how_often_together(averages: ClassAverages) -> DoubleArray:
    """Consensus of clusterings: how often two averages go together, for 4 to 24 superclasses.

    By evidence accumulation (Fred and Jain, IEEE Trans. Pattern Anal. Mach. Intell. 27 (2005) 835).
    """
    together = np.zeros((len(averages), len(averages)))
    numbers = [k for k in range(4, 25, 2) if k < len(averages)]
    for whitening in (0.25, 0.5, 0.65):
        affinity = engine.affinity(averages, "rotational-cc", options={"whitening": whitening})
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
    values = engine.affinity(
        both, "rotational-cc", options={"mask_diameter": f"{mask}px"}
    ).values.astype(np.float64)
    root = np.maximum(np.diag(values[:n, n:]), 0.05)
    divided = values[:n, :n] / np.outer(root, root)
    # Noise takes some above 1; clipping those would make them all the same.
    return np.asarray(divided / max(1.0, float(divided[~np.eye(n, dtype=bool)].max())))


_DIRECT = {"path_neighbors": 0}
_VARIANTS = (
    Variant("default"),
    Variant("no paths", options=_DIRECT),
    *(Variant(f"paths through {k} neighbours", options={"path_neighbors": k})
      for k in (2, 3, 6, 10)),
    *(Variant(f"path power {p:g}", options={"path_power": p}) for p in (2.0, 2.6, 4.0)),
    *(Variant(f"size weight {w:g}", options={"size_weight": w}) for w in (0.05, 0.2, 0.4)),
    *(Variant(f"linkage {name}", options={"linkage": name})
      for name in ("average", "complete", "weighted", "single", "ward")),
    *(Variant(f"linkage {name}, no paths", options={"linkage": name, **_DIRECT})
      for name in ("average", "ward")),
    Variant("averages count by their particles", clustering=ParticleWeightedLinkage()),
    *(Variant(f"whitening {w:g}", search={"whitening": w}) for w in (0.0, 0.25, 0.35, 0.65, 1.0)),
    Variant("whitening ½, all averages alike", whitened_alike),
    Variant("low-pass at each average's resolution", cut_at_resolution),
    *(Variant(f"low-pass {t:g} times", times={"low_pass": t}) for t in (1.5, 2.0, 3.0)),
    *(Variant(f"mask {t:g} times", times={"mask_diameter": t}) for t in (0.8, 1.2)),
    *(Variant(f"shift {100 * s:g} %", shift=s) for s in (0.0, 0.02, 0.04, 0.08)),
    Variant("no centring, shift 8 %", search={"center": False}),
    Variant("no centring, shift 1 %", search={"center": False}, shift=0.01),
    Variant("no mirror", search={"mirror": False}),
    Variant("frc", "frc"),
    Variant("blend of cc and frc", "blend", needs="blend"),
    Variant("mean of five settings", mean_of_settings),
    Variant("how often together", how_often_together),
    Variant("rows of the affinity correlated", rows_correlated),
    Variant("mutual ranks", mutual_ranks),
    Variant("relative to an average's background", above_background),
    Variant("spectral", clustering="spectral"),
    Variant("spectral, local scaling", clustering="spectral", options={"scaling": "local"}),
)  # fmt: skip


def variants_for(found: KnownClassification, names: list[str] | None = None) -> list[Variant]:
    """The rows for a set, without plugins that are not installed."""
    there = {plugin.name for plugin in registry().of_kind("metric")}
    rows = [variant for variant in _VARIANTS if not variant.needs or variant.needs in there]
    if found.known is not None:
        angles = partial(true_angles, known=found.known)
        rows += [
            Variant(
                "true angles, average, no paths", angles, options=_DIRECT | {"linkage": "average"}
            ),
            Variant("true angles", angles),
            Variant("true angles, ward, no paths", angles, options=_DIRECT | {"linkage": "ward"}),
        ]
    if found.clean is not None:
        rows.append(
            Variant(
                "divided by √(rᵢ rⱼ), true r", partial(divided_by_reliability, clean=found.clean)
            )
        )
    return [variant for variant in rows if not names or variant.name in names]
