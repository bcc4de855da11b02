"""What `benchmarks.quality` compares: ours, plain baselines, and the plugins that are installed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance import engine
from rebalance.clusterings import cluster, from_labels, identity_superclasses
from rebalance.imaging.masks import estimate_radius, mask_about, radius_of_pixels
from rebalance.metrics.search_options import SearchOptions, resolve_search
from rebalance.model import Affinity, ClassAverages, DoubleArray, Superclasses
from rebalance.registry import registry


@dataclass(frozen=True)
class Method:
    """A metric and a clustering.

    Parameters
    ----------
    name : str
    metric : str or callable
        Of the package, or averages → float64 (N, N) affinity. Empty for ``identity``.
    clustering : str
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
    clustering: str = "hierarchical"
    options: dict[str, Any] = field(default_factory=dict)
    search: dict[str, Any] = field(default_factory=dict)
    shift: float | None = None
    needs: str = ""
    times: dict[str, float] = field(default_factory=dict)

    @property
    def affinity_key(self) -> str:
        """The same for methods that cluster the same affinity."""
        return repr((self.metric, sorted(self.search.items()), self.shift, self.times))


def _masked(averages: ClassAverages) -> npt.NDArray[np.float64]:
    radius = estimate_radius(averages.images)
    flat = mask_about(averages.images, np.zeros((len(averages), 2)), radius)
    return flat.reshape(len(averages), -1).astype(np.float64)


def _correlated(rows: DoubleArray) -> DoubleArray:
    rows = rows - rows.mean(axis=1, keepdims=True)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-30)
    return np.clip(rows @ rows.T, 0.0, 1.0)


def unaligned(averages: ClassAverages) -> DoubleArray:
    """Correlation of the masked images as they lie."""
    return _correlated(_masked(averages))


def euclidean(averages: ClassAverages) -> DoubleArray:
    """Distance of the images as they were read, 1 − d / largest d."""
    from scipy.spatial.distance import pdist, squareform

    distance = squareform(pdist(averages.images.reshape(len(averages), -1).astype(np.float64)))
    return np.asarray(1.0 - distance / distance.max())


def profile(averages: ClassAverages) -> DoubleArray:
    """Correlation of the rotational averages of the masked images."""
    ring = radius_of_pixels(averages.box).astype(np.int64).ravel()
    rows = [np.bincount(ring, image)[: averages.box // 2] for image in _masked(averages)]
    return _correlated(np.stack(rows) / np.bincount(ring)[: averages.box // 2])


def principal_components(averages: ClassAverages, n_groups: int, n_components: int = 10) -> Any:
    """Labels by k-means in the leading principal components of the masked images."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA

    rows = _masked(averages)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-30)
    n = min(n_components, len(rows) - 1)
    scores = PCA(n, svd_solver="full").fit_transform(rows)
    return KMeans(n_groups, n_init=10, random_state=0).fit_predict(scores)


_PLAIN = {"whitening": 0.0}
_AVERAGE, _WARD = {"linkage": "average"}, {"linkage": "ward"}
METHODS = (
    Method("default"),
    Method("default, average linkage", options=_AVERAGE),
    Method("default, ward linkage", options=_WARD),
    Method("default, spectral", clustering="spectral"),
    Method("default, spectral local", clustering="spectral", options={"scaling": "local"}),
    Method("default, shift 4 %", shift=0.04),
    Method("default, shift 8 %", shift=0.08),
    Method("no whitening", search=_PLAIN),
    Method("no whitening, shift 8 %, ward", options=_WARD, search=_PLAIN, shift=0.08),
    Method("no whitening, no shift, average", options=_AVERAGE, search=_PLAIN, shift=0.0),
    Method("no whitening, no shift, spectral a⁴", clustering="spectral", options={"power": 4},
           search=_PLAIN, shift=0.0),
    Method("frc", "frc"),
    Method("k-medoids", clustering="k-medoids", needs="k-medoids"),
    Method("simple-hybrid, k-medoids", "simple-hybrid", "k-medoids", needs="simple-hybrid"),
    Method("common lines, average", "common-lines", options=_AVERAGE, needs="common-lines"),
    Method("each class", "", "identity"),
    Method("Euclidean, average", euclidean, options=_AVERAGE),
    Method("rotational profile, average", profile, options=_AVERAGE),
    Method("unaligned correlation, average", unaligned, options=_AVERAGE),
    Method("PCA, k-means", "", "PCA"),
)  # fmt: skip


def available(names: list[str] | None = None) -> list[Method]:
    """Those whose plugins are installed."""
    found = registry()
    there = {plugin.name for kind in ("metric", "clustering") for plugin in found.of_kind(kind)}
    return [
        m for m in METHODS if (not m.needs or m.needs in there) and (not names or m.name in names)
    ]


def affinity_of(averages: ClassAverages, method: Method) -> Affinity | None:
    """What the method clusters, None where it needs none."""
    if callable(method.metric):
        values = np.asarray(method.metric(averages), dtype=np.float32)
        np.fill_diagonal(values, 1.0)
        plain = engine.affinity(averages.subset(np.arange(2)))
        return replace(
            plain, values=(values + values.T) / 2, class_id=averages.class_id,
            is_empty=np.zeros(len(averages), dtype=np.bool_), alignment=None, raw=None,
        )  # fmt: skip
    if not method.metric:
        return None
    search = dict(method.search)
    if method.shift is not None:
        search["max_shift"] = f"{method.shift * averages.box:g}px"
    if method.times:
        found = resolve_search(averages, SearchOptions()).facts
        for name, times in method.times.items():
            pixels = min(max(found[f"{name}_px"] * times, 2.0), averages.box)
            search[name] = f"{pixels:g}px"
    return engine.affinity(averages, metric=method.metric, options=search)


def group(
    averages: ClassAverages, method: Method, affinity: Affinity | None, n: int
) -> Superclasses:
    """Superclasses of one set."""
    counts = averages.n_particles
    if method.clustering == "identity":
        return identity_superclasses(averages.class_id, counts)
    if method.clustering == "PCA":
        labels = principal_components(averages, n)
        named = dict(zip(averages.class_id.tolist(), labels.tolist(), strict=True))
        return from_labels(averages.class_id, named, n_particles=counts)
    assert affinity is not None
    return cluster(
        affinity, n, clustering=method.clustering, options=method.options, n_particles=counts
    )
